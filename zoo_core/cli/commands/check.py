"""`zoo check`: the conformance checks of a plugin."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.errors import DataError, VerificationError
from zoo_core.installation.installed import load_catalog
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.testing.runner import CheckResult

SIGNS = {"passed": "ok   ", "failed": "FAIL ", "skipped": "skip "}


@click.command()
@click.argument("plugin", shell_complete=options.complete_plugins)
@click.option(
    "--skip",
    "skips",
    multiple=True,
    metavar="CHECK=REASON",
    help="Skip a check and report the reason. Repeatable.",
)
@click.option(
    "--junit",
    "junit_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the results to this file as JUnit XML.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("zoo-check"),
    show_default=True,
    metavar="FOLDER",
    help="Folder for the arrays of failed checks.",
)
@options.as_json
def check(
    plugin: str, skips: tuple[str, ...], junit_file: Path | None, save: Path, as_json: bool
) -> int:
    """Run the conformance checks on everything that PLUGIN offers.

    PLUGIN is an installed distribution, or the name of a model, data set or other spec that it
    offers; the whole plugin is checked. Only of a plugin with more than 20 models, a sample is
    checked, or the named model alone. The exit code is 5 if a check fails.
    """
    from zoo_core.testing import plugin_checks, run_checks
    from zoo_core.testing.runner import CheckStatus, check_skips, junit
    from zoo_core.testing.suite import MAX_MODELS, find_plugin

    # Loaded, not from the index, which may be out of date for the plugin that is being written.
    catalog = load_catalog()
    found = find_plugin(catalog, plugin)
    name, models = found.distribution, sum(kind == "models" for kind, _ in found.offers)
    checks = plugin_checks(catalog, plugin)
    skip = dict(map(_split_skip, skips))
    check_skips(skip, checks)
    outcomes = []
    for outcome in run_checks(checks, skip=skip, save=save):
        outcomes.append(outcome)
        if not as_json:  # at once, because a check may take minutes
            _print(outcome)
    # Skipped ones are counted too, so that a report shows how much was not checked.
    counts = {status: sum(each.status is status for each in outcomes) for status in CheckStatus}
    if junit_file:
        _write(junit_file, junit(name, outcomes))
    if as_json:
        rows = [asdict(outcome) for outcome in outcomes]
        print_json({"plugin": name, **{str(k): v for k, v in counts.items()}, "checks": rows})
    else:
        summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        print_lines(f"{len(outcomes)} checks of {name}: {summary}.")
        if models > MAX_MODELS:
            print_lines(
                f"Of {models:,} models, a sample was checked; to check another: zoo check MODEL"
            )
    return VerificationError.exit_code if counts[CheckStatus.FAILED] else 0


def _split_skip(text: str) -> tuple[str, str]:
    name, _, reason = text.partition("=")
    return name.strip(), reason.strip()


def _print(outcome: CheckResult) -> None:
    note = f": {outcome.message}" if outcome.message else ""
    print_lines(f"{SIGNS[outcome.status]} {outcome.check}{note}  ({outcome.seconds:.2f} s)")


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomic(path, content)
    except OSError as exc:
        raise DataError(f"cannot write {path}: {exc.strerror}") from exc
