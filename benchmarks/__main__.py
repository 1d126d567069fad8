"""Speed comparisons: ``python -m benchmarks [NAME…]``.

Contestants run by turns, so that a noisy moment affects all of them. Results are stored in
``benchmarks/measurements`` and shown in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import sys

import click

from benchmarks.speed.comparisons import COMPARISONS
from benchmarks.speed.contest import measure
from benchmarks.speed.page import write_page


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(COMPARISONS)))
@click.option("--times", type=int, help="Number of turns of each contestant.")
def main(names: tuple[str, ...], times: int | None) -> None:
    """Measure comparisons, print medians and ranges, and write the page."""
    for name in names or COMPARISONS:
        comparison = COMPARISONS[name]
        sys.stderr.write(f"{comparison.title}\n")
        kept = measure(name, comparison, times or comparison.times)
        for contestant in comparison.contestants:
            click.echo(f"{contestant.name}: {kept.line(contestant.name)}")
    write_page()


if __name__ == "__main__":
    main()
