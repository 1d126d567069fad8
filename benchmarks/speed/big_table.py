"""The CSV file of the comparisons of readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS, NUMBERS, WORDS = 100_000, 45, 4
"""Rows, and columns of numbers and of words."""

COLUMNS = NUMBERS + WORDS + 1
"""All columns, with the target ``y``."""


def prepare(folder: Path) -> None:
    """Write the file ``big.csv``, of 37 MB."""
    # Here, because the comparisons are listed where pyarrow is not installed.
    import pyarrow as pa
    from pyarrow.csv import write_csv

    random = np.random.default_rng(0)
    columns = {f"x{i}": random.normal(size=ROWS).round(4) for i in range(NUMBERS)}
    colors = np.array(["red", "green", "blue", "black", "white"])
    columns |= {f"c{i}": colors[random.integers(0, 5, ROWS)] for i in range(WORDS)}
    noise = random.normal(size=ROWS)
    columns["y"] = (2 * columns["x0"] + columns["x1"] + noise).round(4)
    write_csv(pa.table(columns), folder / "big.csv")
