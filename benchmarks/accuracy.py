"""Accuracies of recipes over several seeds.

    python -m benchmarks.accuracy [MODEL.RECIPE…]

trains the missing rows of ``docs/results.md`` (by default all), and writes that page and README's
table. An interruption loses at most one training.
"""

from __future__ import annotations

import click

from benchmarks.runs import complete
from benchmarks.tables import REGRESSION, ROWS, WRITING, row_of, write_all


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.RECIPE]…")
@click.option("--seeds", type=click.IntRange(min=2), help="Number of trainings per row.")
@click.option("--threads", type=click.IntRange(min=1), help="Number of CPU threads.")
def main(names: tuple[str, ...], seeds: int | None, threads: int | None) -> None:
    """Train each recipe with the seeds 0, 1, … that are missing, then write the tables."""
    rows = map(row_of, names) if names else [*ROWS, *WRITING, *REGRESSION]
    complete(rows, seeds=seeds, threads=threads)
    write_all()


if __name__ == "__main__":
    main()
