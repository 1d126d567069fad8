"""The runner of checks, and their JUnit XML."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

from zoo_core.errors import InvalidValueError, ZooError, did_you_mean, join_names, one_line
from zoo_core.testing.check import Check, NotApplicableError


class CheckStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CheckResult:
    """What became of a check.

    Attributes:
        check: its name.
        status: whether it holds.
        message: why not, or why it was not made; empty where it holds.
        seconds: that it took.
    """

    check: str
    status: CheckStatus
    message: str
    seconds: float


def run_checks(
    checks: Iterable[Check], *, skip: Mapping[str, str], save: Path | None
) -> Iterator[CheckResult]:
    """Make checks and yield what becomes of each; nothing that one raises stops the others.

    Args:
        checks: to be made.
        skip: name of a check -> the reason for which it is not to be made.
        save: folder for the arrays that failures are about; None to keep none.
    """
    for check in checks:
        started = time.perf_counter()
        status, message = _run(check, skip.get(check.name, ""), save)
        yield CheckResult(check.name, status, message, round(time.perf_counter() - started, 3))


def check_skips(skip: Mapping[str, str], checks: Sequence[Check]) -> None:
    """See that what is to be skipped is there, and that each has its reason.

    Raises:
        InvalidValueError: a check is unknown, or a reason empty.
    """
    names = [check.name for check in checks]
    for name, reason in skip.items():
        if name not in names:
            hint = did_you_mean(name, names) or f"There are: {join_names(names)}."
            raise InvalidValueError(f"there is no check {name!r} to be skipped", hint=hint)
        if not reason.strip():
            raise InvalidValueError(
                f"the check {name!r} is to be skipped without a reason",
                hint=f"Say why: --skip '{name}=REASON'",
            )


def junit(plugin: str, outcomes: Sequence[CheckResult]) -> bytes:
    """Return outcomes as JUnit's XML, which CI services show."""
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
    except Exception as exc:
        return CheckStatus.FAILED, f"it ends with {one_line(exc)}"
    return CheckStatus.PASSED, ""


def _printable(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)
