"""`zoo doctor`: the diagnosis of this installation."""

from __future__ import annotations

from dataclasses import asdict

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_facts, print_json
from zoo_core.cli.tables.table import print_table
from zoo_core.errors import VerificationError
from zoo_core.installation.doctor import Examination, examine
from zoo_core.system.terminal import print_lines


@click.command(
    cls=ZooCommand,
    examples={
        "Print problems and remedies": "zoo doctor",
        "For a bug report, or a program": "zoo doctor --json",
        "Diagnose without a plugin": "zoo -p no:zoo-timm doctor",
    },
)
@options.as_json
def doctor(as_json: bool) -> int:
    """Diagnose this installation: print problems and remedies.

    It works even if every plugin is broken. The exit code is 5 if there is a problem.
    """
    examination = examine()
    if as_json:
        print_json({"healthy": not examination.findings, **asdict(examination)})
    else:
        _print(examination)
    return VerificationError.exit_code if examination.findings else 0


def _print(examination: Examination) -> None:
    print_facts(examination.environment)
    print_lines("")
    packages = examination.packages.items()
    print_table(
        ("package", "version"), [{"package": p, "version": v or "missing"} for p, v in packages]
    )
    print_lines("")
    print_table(("name", "version", "status", "offers"), examination.plugins)
    print_lines("")
    for number, finding in enumerate(examination.findings, start=1):
        # A finding's problem may end with a period of its own.
        print_lines(f"{number}. {finding.problem.rstrip('.')}.", f"   {finding.remedy}")
    if not examination.findings:
        print_lines("No problems found.")
