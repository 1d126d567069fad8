"""The reference's hyperparameter study: each factor changed from the baseline.

    python -m benchmarks.study

trains missing rows and writes ``docs/study.md``. An interruption loses at most one training.
"""

from __future__ import annotations

import click

from benchmarks.runs import SEEDS, Row, complete
from benchmarks.tables import STUDY, write_all


@click.command()
@click.option("--seeds", default=SEEDS, show_default=True, type=click.IntRange(min=2))
@click.option("--threads", type=click.IntRange(min=1), help="Number of CPU threads.")
def main(seeds: int, threads: int | None) -> None:
    """Train each variation with the seeds 0, 1, … that are missing, then write the table."""
    rows: list[Row] = [row for rows in STUDY.values() for row in rows.values()]
    complete(rows, seeds=seeds, threads=threads)
    write_all()


if __name__ == "__main__":
    main()
