"""`zoo verify`."""

from __future__ import annotations

import click

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.errors import VerificationError
from zoo_core.listing import print_json
from zoo_core.publishing.verify import Verification, Verifier
from zoo_core.registry.finding import at, find_in, published, registries
from zoo_core.registry.registry import Found


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--all", "all_", is_flag=True, help="Everything that is published.")
@options.registry
@options.as_json
def verify(names: tuple[str, ...], all_: bool, registry: str | None, as_json: bool) -> int:
    """Check published weights: their bytes, and that they do what their card says.

    File (checksum, header, finiteness), card, model (names, shapes, dtypes), golden forward, and
    every image of the test split again. The exit code is 5 where anything differs.
    """
    if bool(names) == all_:
        raise click.UsageError("name published weights, or --all; `zoo list weights` shows them")
    verifier = Verifier(installed())
    done = []
    for found in _chosen(names, registry):
        done.append(verifier.verify(found))
        if not as_json:
            _print(done[-1])
    if as_json:
        print_json({"weights": list(map(_facts, done))})
    faults = [fault for each in done for fault in each.faults]
    if any(isinstance(fault, VerificationError) for fault in faults):
        return VerificationError.exit_code
    return max((fault.exit_code for fault in faults), default=0)


def _chosen(names: tuple[str, ...], registry: str | None) -> list[Found]:
    catalog = installed()
    if names:
        return [find_in(catalog, name, registry) for name in names]
    if registry is None:
        return published(registries(catalog))
    only = at(registry)
    return [Found(only, each) for each in only.index().tags.values()]


def _print(verification: Verification) -> None:
    click.echo(verification.found.name)
    for check in verification.checks:
        if check.fault is None:
            click.echo(f"  ok    {check.what}: {check.found}  ({check.seconds:.2f} s)")
        elif isinstance(check.fault, VerificationError):
            click.echo(f"  FAIL  {check.what}: {check.fault}")
        else:
            click.echo(f"  ?     {check.what} cannot be checked: {check.fault}")


def _facts(verification: Verification) -> dict[str, object]:
    return {
        "name": verification.found.published.name,
        "registry": verification.found.registry.name,
        "sha256": verification.found.published.sha256,
        "verified": not verification.faults,
        "checks": [
            {
                "check": check.what,
                "ok": check.fault is None,
                "found": check.found,
                "fault": str(check.fault) if check.fault else "",
                "seconds": round(check.seconds, 4),
            }
            for check in verification.checks
        ],
    }
