"""The runner of checks, and their JUnit XML."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from zoo_core.errors import InvalidValueError, ZooError, choose_from
from zoo_core.testing.check import Check, NotApplicableError


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CheckResult:
    """The result of a check.

    Attributes:
        check: name of the check.
        status: passed, failed or skipped.
        message: reason of a failure or a skip; empty for a passed check.
        seconds: duration in seconds.
    """

    check: str
    status: CheckStatus
    message: str
    seconds: float


def run_checks(
    checks: Iterable[Check], *, skip: Mapping[str, str], save: Path | None
) -> Iterator[CheckResult]:
    """Run checks and yield the result of each; an exception in one does not stop the others.

    Args:
        checks: the checks to run.
        skip: name of a check -> reason to skip it.
        save: folder for the arrays of failures; None to save none.
    """
    failed: set[str] = set()
    for check in checks:
        started = time.perf_counter()
        reason = skip.get(check.name, "")
        if not reason and (cause := failed_need(check, failed)):
            failed.add(check.name)  # so that one cause is reported once, over any distance
            reason = f"needs {cause}, which failed"
        status, message = _run(check, reason, save)
        if status is CheckStatus.FAILED:
            failed.add(check.name)
        yield CheckResult(check.name, status, message, round(time.perf_counter() - started, 3))


def failed_need(check: Check, failed: Container[str]) -> str:
    """Return the first check that a check needs and that failed, or an empty string."""
    return next((name for name in check.needs if name in failed), "")


def check_skips(skip: Mapping[str, str], checks: Sequence[Check]) -> None:
    """Check that all checks to skip exist, and that each has a reason.

    Raises:
        InvalidValueError: a check does not exist, or a reason is empty.
    """
    # Because a misspelled or outdated name would silently skip nothing.
    names = [check.name for check in checks]
    for name, reason in skip.items():
        if not reason.strip():
            raise InvalidValueError(f"--skip: expected CHECK=REASON, got {name!r}")
        if name not in names:
            hint = choose_from(name, names, command="zoo check PLUGIN")
            raise InvalidValueError(f"there is no check {name!r} to skip", hint=hint)


def junit(plugin: str, outcomes: Sequence[CheckResult]) -> bytes:
    """Return results as JUnit XML, the format that CI services display."""
    statuses = [outcome.status for outcome in outcomes]
    suite = ElementTree.Element(
        "testsuite",
        name=f"zoo check {plugin}",
        tests=str(len(outcomes)),
        failures=str(statuses.count(CheckStatus.FAILED)),
        skipped=str(statuses.count(CheckStatus.SKIPPED)),
        errors="0",
        time=f"{sum(outcome.seconds for outcome in outcomes):.3f}",
    )
    tags = {CheckStatus.FAILED: "failure", CheckStatus.SKIPPED: "skipped"}
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=plugin, name=outcome.check, time=f"{outcome.seconds:.3f}"
        )
        if tag := tags.get(outcome.status):
            ElementTree.SubElement(case, tag, message=_printable(outcome.message))
    content: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return content


def _run(check: Check, reason: str, save: Path | None) -> tuple[CheckStatus, str]:
    if reason:
        return CheckStatus.SKIPPED, reason
    try:
        check.run(save)
    except NotApplicableError as exc:
        return CheckStatus.SKIPPED, str(exc)
    except ZooError as exc:
        return CheckStatus.FAILED, str(exc)
    return CheckStatus.PASSED, ""


def _printable(text: str) -> str:
    """Return text without control characters."""
    # XML 1.0 has no escape for them, and parsers refuse the whole file.
    return "".join(c if c.isprintable() else " " for c in text)
