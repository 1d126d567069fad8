"""`zoo check`: the conformance checks of a plugin."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.errors import DataError, VerificationError
from zoo_core.installation.installed import load_catalog
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.progress.progress_bar import track
from zoo_core.system.terminal import print_lines
from zoo_core.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo_core.testing.check import Check
    from zoo_core.testing.runner import CheckResult

SIGNS = {"passed": "ok   ", "failed": "FAIL ", "skipped": "skip "}


@click.command(
    cls=ZooCommand,
    examples={
        "Everything that a plugin offers": "zoo check zoo-cnn",
        "Without training": "zoo check zoo-cnn --fast",
        "One check of a model, by its name": "zoo check cnn --only 'overfits*'",
        "A plugin in a file": "zoo -p ./my_model.py check",
        "A report for a CI service": "zoo check zoo-cnn --junit results.xml",
    },
)
@click.argument("plugin", default="", shell_complete=options.complete_plugins)
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Run the checks whose name, subject or condition matches, such as 'overfits*'. "
    "Repeatable.",
)
@click.option("--fast", is_flag=True, help="Leave out the checks that train a model.")
@click.option("--list", "as_list", is_flag=True, help="List the checks instead of running them.")
@click.option(
    "--model",
    default="",
    metavar="MODEL",
    shell_complete=options.complete_models,
    help="Model to check the plugin's trainers with.  [default: a small one]",
)
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
def check(  # noqa: PLR0917 (click passes every argument by name)
    plugin: str,
    only: tuple[str, ...],
    fast: bool,
    as_list: bool,
    model: str,
    skips: tuple[str, ...],
    junit_file: Path | None,
    save: Path,
    as_json: bool,
) -> int:
    """Run the conformance checks on everything that PLUGIN offers.

    PLUGIN is an installed distribution, or the name of a model, data set or other spec that it
    offers; the whole plugin is checked. Only of a plugin with more than 20 models, a sample is
    checked, or the named model alone. `zoo -p FILE check` checks the plugin in a file, without what
    only a package can have. The exit code is 5 if a check fails.
    """
    from zoo_core.testing import plugin_checks, run_checks, select_checks
    from zoo_core.testing.runner import CheckStatus, check_skips, junit
    from zoo_core.testing.suite import MAX_MODELS, find_plugin

    # Loaded, not from the index, which may be out of date for the plugin that is being written.
    catalog = load_catalog()
    found = find_plugin(catalog, plugin)
    name, models = found.distribution, sum(kind == "models" for kind, _ in found.offers)
    every = plugin_checks(catalog, plugin, model=model)
    skip = dict(map(_split_skip, skips))
    check_skips(skip, every)
    checks = select_checks(every, only=only, fast=fast)
    if as_list:
        return _list(name, checks, as_json)
    outcomes = []
    running = run_checks(checks, skip=skip, save=save)
    for outcome in track(running, len(checks), f"Checking {name}"):
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
        left = f"; {len(every) - len(checks)} left out" if len(checks) < len(every) else ""
        print_lines(f"{counted(len(outcomes), 'check')} of {name}: {summary or 'none'}{left}.")
        if models > MAX_MODELS:
            print_lines(
                f"Of {models:,} models, a sample was checked; to check another: zoo check MODEL"
            )
    return VerificationError.exit_code if counts[CheckStatus.FAILED] else 0


def _list(plugin: str, checks: Sequence[Check], as_json: bool) -> int:
    """Print the names of checks, and what each is for."""
    if as_json:
        rows = [{"check": each.name, "about": each.about, "trains": each.trains} for each in checks]
        print_json({"plugin": plugin, "checks": rows})
        return 0
    subject = ""
    for each in checks:
        if each.subject != subject:  # once, because most subjects have many checks
            subject = each.subject
            print_lines(f"{subject}:")
        print_lines(f"  {each.condition}{' (trains)' if each.trains else ''}: {each.about}")
    print_lines(f"{counted(len(checks), 'check')} of {plugin}.")
    return 0


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
