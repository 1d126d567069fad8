"""Time of reading a CSV file: ``python -m benchmarks.speed.contestants.csv FILE PROGRAM``.

Programs: ``arrow`` parses the file; ``values`` also makes standardized features, as zoo-tables and
the core do; ``first`` also chooses the splits and stores a copy, as the first command with a file
does; ``later`` loads that copy. Imports are not part of the time.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.csv

from zoo_core import ArrayDataset, InputSpec, Split, TargetSpec
from zoo_core.data.standardize import make_normalization
from zoo_core.recipes.recipe import Recipe
from zoo_core.tasks.regression import Regression
from zoo_tables import read_csv
from zoo_tables.address import parse_address
from zoo_tables.columns import numbers
from zoo_tables.features import encode_features
from zoo_tables.table_dataset import feature_names
from zoo_tables.table_source import load_table


def parse(path: Path) -> None:
    """Parse a file with pyarrow alone."""
    pyarrow.csv.read_csv(path)


def standardize(path: Path) -> None:
    """Parse a file, and make standardized features of it."""
    address = parse_address("csv", f"{path}?target=y")
    table = read_csv.read_csv(path.read_bytes(), path)
    features = encode_features(table, feature_names(table, address, path), address, path)
    spec = InputSpec(kind="features", shape=features.values.shape[1:], columns=features.columns)
    split = Split(features.values, (numbers(table.column("y")),))
    target = TargetSpec(task="regression", name="y")
    dataset = ArrayDataset({"train": split, "test": split}, (target,), input=spec)
    fields = {"dataset": "", "trainer": "", "epochs": 1, "optimizer": "adamw", "lr": 0.1}
    recipe = Recipe.model_validate(fields)
    scale = make_normalization(dataset, np.arange(len(split)), recipe, [Regression(target)])
    mean, std = (np.array(each, np.float32) for each in (scale.mean, scale.std))
    np.divide(features.values - mean, std)


def load(path: Path) -> None:
    """Load a file as a data set."""
    load_table(parse_address("csv", f"{path}?target=y"))


PROGRAMS: dict[str, Callable[[Path], None]] = {
    "arrow": parse,
    "values": standardize,
    "first": load,
    "later": load,
}

if __name__ == "__main__":
    file, program = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as home:
        os.environ["ZOO_HOME"] = home
        if program == "later":
            load(file)
        start, cpu = time.perf_counter(), time.process_time()
        PROGRAMS[program](file)
        seconds = {"reading": time.perf_counter() - start, "work": time.process_time() - cpu}
    print(json.dumps(seconds))  # noqa: T201
