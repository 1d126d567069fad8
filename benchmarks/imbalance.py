"""Classes of unequal size: ``python -m benchmarks.imbalance``.

`cnn` is trained on a part of MNIST in which the numbers of the digits fall geometrically, from 0 to
9, to a hundredth; validation examples are as unequal. The test split is MNIST's own. Balanced
accuracies are stored one by one in ``imbalance.json``, so an interruption loses at most one, and
shown in ``docs/imbalance.md``.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, Callbacks, DatasetSpec, InputSpec, Run, Split
from zoo_core.data.dataset import load_dataset
from zoo_core.data.disk_store import pixel_statistics
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import measure
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import class_targets
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.random_numbers import permutation
from zoo_core.training.training import Training
from zoo_core.weights.card import Card

STORE = Path(__file__).parent / "imbalance.json"
PAGE = Path(__file__).parents[1] / "docs" / "imbalance.md"
SEEDS = 5

RATIO = 100
"""Examples of digit 0 per example of digit 9."""

LARGEST = {"train": 2000, "validation": 500}
"""Examples of digit 0, by split."""

DRAW_SEED = 29
"""Seed of the choice of the examples."""

_COMMON: dict[str, Any] = {"dataset": "imbalanced-mnist", "epochs": 10}
_STILL = {"rotate": 0, "shear": 0, "scale": 0, "translate": 0}
_CHOSEN = {"choose_by": "balanced_accuracy"}

VARIANTS: dict[str, dict[str, Any]] = {
    "none of them": _STILL,
    "`choose_by`": _STILL | _CHOSEN,
    "`loss: focal`": _STILL | _CHOSEN | {"loss": "focal"},
    "`class_weights: balanced`": _STILL | _CHOSEN | {"class_weights": "balanced"},
    "`sampler: balanced`": _STILL | _CHOSEN | {"sampler": "balanced"},
    "augmentation": {},
    "augmentation, `loss: focal`": _CHOSEN | {"loss": "focal"},
    "augmentation, `class_weights: balanced`": _CHOSEN | {"class_weights": "balanced"},
    "augmentation, `sampler: balanced`": _CHOSEN | {"sampler": "balanced"},
}
"""Values of the recipe `cnn.default`, by their names in the table."""

Scores = dict[str, dict[str, dict[str, float]]]
"""Variant -> seed -> metric -> value on the test split."""


def class_sizes(largest: int) -> list[int]:
    """Return the number of examples of each digit."""
    return [round(largest * RATIO ** (-digit / 9)) for digit in range(10)]


@cache
def load() -> ArrayDataset:
    """Return the part of MNIST."""
    mnist = load_dataset(installed_catalog().dataset("mnist"))
    train = mnist.splits["train"]
    order = permutation(len(train), DRAW_SEED)
    (labels,) = train.targets
    rows: dict[str, list[NDArray[np.int64]]] = {name: [] for name in LARGEST}
    for digit in range(10):
        own, start = order[labels[order] == digit], 0
        for name, largest in LARGEST.items():
            size = class_sizes(largest)[digit]
            rows[name].append(own[start : start + size])
            start += size
    splits = {name: _select(train, np.sort(np.concatenate(each))) for name, each in rows.items()}
    mean, std = pixel_statistics(splits["train"].inputs)
    return ArrayDataset(splits | {"test": mnist.splits["test"]}, mnist.targets, mean, std)


def _select(split: Split, rows: NDArray[np.int64]) -> Split:
    return Split(split.inputs[rows], split.select_targets(rows))


def catalog() -> Catalog:
    """Return the installed plugins and the data set."""
    spec = DatasetSpec(
        name="imbalanced-mnist",
        summary="A part of MNIST with digits of unequal numbers.",
        loader="benchmarks.imbalance:load",
        input=InputSpec(shape=(1, 28, 28)),
        targets=class_targets(10),
        sizes={name: len(split) for name, split in load().splits.items()},
        sha256="",
        license="CC-BY-SA-3.0",
        source="MNIST",
    )
    own = Plugin(
        distribution="benchmarks",
        version="0",
        entry_point="benchmarks.imbalance",
        status=Status.OK,
        offers=(("datasets", spec),),
    )
    return Catalog((*installed_catalog().plugins, own), lambda: installed_catalog().hooks)


class TestDetails(Callbacks):
    """Callbacks that compute the details of the test split, which no card has."""

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        (task,), test = run.tasks, run.data.test
        (measured,) = measure(run.tasks, predictions().outputs, test.targets)
        self.scores = task.metrics(measured) | task.details(measured)


def trained(values: dict[str, Any], seed: int) -> dict[str, float]:
    """Return accuracy and balanced accuracy on the test split."""
    details = TestDetails()
    with tempfile.TemporaryDirectory() as folder:
        Training.new(
            catalog(),
            "cnn",
            overrides=[_COMMON | values | {"seed": seed}],
            out=Path(folder) / "run",
            threads=1,
            callbacks=details,
        ).run()
    return {name: details.scores[name] for name in ("accuracy", "balanced_accuracy")}


def table(scores: Scores) -> str:
    """Return the table: mean and standard deviation over the seeds."""
    lines = [
        "| recipe `default` of `cnn` with | balanced accuracy | accuracy |",
        "| --- | --: | --: |",
    ]
    for name, seeds in scores.items():
        cells = [
            [100 * each[metric] for each in seeds.values()]
            for metric in ("balanced_accuracy", "accuracy")
        ]
        texts = [f"{np.mean(each):.2f} ± {np.std(each, ddof=1):.2f} %" for each in cells]
        lines.append(f"| {name} | {' | '.join(texts)} |")
    return "\n".join(lines)


def write_page(scores: Scores) -> None:
    """Replace the table between the marks in the page."""
    begin, end = "<!-- imbalance: begin -->", "<!-- imbalance: end -->"
    text = PAGE.read_text(encoding="utf-8")
    new = f"{begin}\n\n{table(scores)}\n\n{end}"
    write_atomic(PAGE, re.sub(f"{begin}.*?{end}", lambda _: new, text, flags=re.DOTALL).encode())


@click.command()
@click.option("--seeds", default=SEEDS, show_default=True, type=click.IntRange(min=2))
def main(seeds: int) -> None:
    """Measure what is missing, and write the table."""
    scores: Scores = json.loads(STORE.read_bytes()) if STORE.exists() else {}
    # Side by side: one seed of all variants, then the next.
    for seed, (name, values) in itertools.product(range(seeds), VARIANTS.items()):
        known = scores.setdefault(name, {})
        if str(seed) not in known:
            known[str(seed)] = trained(values, seed)
            write_atomic(STORE, f"{json.dumps(scores, indent=1)}\n".encode())
            sys.stderr.write(f"{name}, seed {seed}: {known[str(seed)]}\n")
    write_page(scores)


if __name__ == "__main__":
    main()
