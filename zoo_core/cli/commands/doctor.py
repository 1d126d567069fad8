"""`zoo doctor`: the diagnosis of this installation."""

from __future__ import annotations

from dataclasses import asdict

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json, print_table
from zoo_core.errors import VerificationError
from zoo_core.installation.doctor import Examination, examine


@click.command()
@options.as_json
def doctor(as_json: bool) -> int:
    """Find out what is wrong with this installation, and what to do about it.

    It works even if every plugin is broken. The exit code is 5 where something was found.
    """
    examination = examine()
    if as_json:
        print_json({"healthy": not examination.findings, **asdict(examination)})
    else:
        _print(examination)
    return VerificationError.exit_code if examination.findings else 0


def _print(examination: Examination) -> None:
    width = max(map(len, examination.environment))
    for name, value in examination.environment.items():
        click.echo(f"{name.ljust(width)}  {value}")
    click.echo()
    packages = examination.packages.items()
    print_table(
        ("package", "version"), [{"package": p, "version": v or "missing"} for p, v in packages]
    )
    click.echo()
    print_table(("name", "version", "status", "offers"), examination.plugins)
    click.echo()
    for number, finding in enumerate(examination.findings, start=1):
        click.echo(f"{number}. {finding.problem.rstrip('.')}.\n   {finding.remedy}")
    if not examination.findings:
        click.echo("Nothing is wrong.")
