"""Every comparison, side by side: ``python -m benchmarks``.

Contestants take turns, so that a noisy moment falls on all of them; what is kept goes into
``benchmarks/measurements`` and ``docs/benchmarks.md``. Name comparisons to measure only those.
"""

from __future__ import annotations

import sys

import click

from benchmarks.speed.comparisons import COMPARISONS
from benchmarks.speed.contest import measure
from benchmarks.speed.page import write_page


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(COMPARISONS)))
@click.option("--times", type=int, help="Turns of each, instead of each comparison's own number.")
def main(names: tuple[str, ...], times: int | None) -> None:
    """Measure, print medians, spreads and ratios, and write the page."""
    for name in names or COMPARISONS:
        comparison = COMPARISONS[name]
        sys.stderr.write(f"{comparison.title}\n")
        kept = measure(name, comparison, times or comparison.times)
        for contestant in comparison.contestants:
            click.echo(f"{contestant.name}: {kept.line(contestant.name)}")
    write_page()


if __name__ == "__main__":
    main()
