"""What the recipes reach, over several seeds.

    python -m benchmarks.accuracy [MODEL.RECIPE…]

trains what is missing of the rows of ``docs/results.md`` (all, unless some are named), and writes
that page and README's table anew. An interruption costs one training at most.
"""

from __future__ import annotations

import click

from benchmarks.runs import complete
from benchmarks.tables import ROWS, row_of, write_all


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.RECIPE]…")
@click.option("--seeds", type=click.IntRange(min=2), help="Trainings of each row.")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads.")
def main(names: tuple[str, ...], seeds: int | None, threads: int | None) -> None:
    """Train each recipe with the seeds 0, 1, … that are missing, then write the tables."""
    complete(map(row_of, names) if names else ROWS, seeds=seeds, threads=threads)
    write_all()


if __name__ == "__main__":
    main()
