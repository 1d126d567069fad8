"""`zoo verify`: verify published weights against their cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo_core.cli import options, weights_argument
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.errors import VerificationError
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress.live_line import status
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.publishing.verify import Verification


@click.command(
    cls=ZooCommand,
    examples={
        "The default weights of a model": "zoo verify numpy-net",
        "All published weights": "zoo verify --all",
        "A registry of your own, for a program": "zoo verify --all --registry weights --json",
    },
)
@weights_argument.arguments
@options.registry
@options.runtime
@options.data_dir
@options.quiet("what differs")
@options.as_json
def verify(  # noqa: PLR0917 (click passes every argument by name)
    names: tuple[str, ...],
    all_: bool,
    registry: str | None,
    runtime: str,
    quiet: bool,
    as_json: bool,
) -> int:
    """Verify published weights against their cards.

    The checks are file (checksum, header, finite values), card, model (names, shapes, dtypes),
    golden outputs, and the scores on every image of the test split; the last two also with each
    runtime that has a program of the weights. The exit code is 5 if anything differs.
    """
    from zoo_core.publishing.verify import Verifier

    every, code = weights_argument.choose(names, all_, registry)
    verifier = Verifier(installed_catalog(), runtime)  # one for all, because it caches data sets
    done = []
    # Printed one by one, because evaluating a test split takes seconds.
    for number, found in enumerate(every, 1):
        with status(f"Verifying {found.published.name}, {number} of {len(every)}"):
            done.append(verifier.verify(found))
        if not as_json and (done[-1].errors or not quiet):
            _print(done[-1])
    if as_json:
        print_json({"weights": list(map(_report_row, done))})
    codes = {code, *(error.exit_code for each in done for error in each.errors)}
    # A difference is more important than a check that could not be run: its exit code wins.
    return VerificationError.exit_code if VerificationError.exit_code in codes else max(codes)


def _print(verification: Verification) -> None:
    print_lines(verification.found.name)
    for check in verification.checks:
        if check.skipped:
            print_lines(f"  –     {check.what} is not checked here: {check.found}")
        elif check.error is None:
            print_lines(f"  ok    {check.what}: {check.found}  ({check.seconds:.2f} s)")
        elif isinstance(check.error, VerificationError):
            print_lines(f"  FAIL  {check.what}: {check.error}")
        else:  # for instance, a plugin or a data set is missing
            print_lines(f"  ?     {check.what} cannot be checked: {check.error}")


def _report_row(verification: Verification) -> dict[str, object]:
    return {
        "name": verification.found.published.name,
        "registry": verification.found.registry.name,
        "sha256": verification.found.published.sha256,
        "verified": not verification.errors,
        "checks": [
            {
                "check": check.what,
                "ok": check.error is None and not check.skipped,
                **({"skipped": True} if check.skipped else {}),
                "found": check.found,
                "error": str(check.error) if check.error else "",
                "seconds": round(check.seconds, 4),
            }
            for check in verification.checks
        ],
    }
