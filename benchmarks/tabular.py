"""Comparison with scikit-learn on tables: ``python -m benchmarks.tabular``.

Five outer folds of four data sets. On each, zoo's models are trained with their recipe for tables,
once and without tuning; scikit-learn's models get a grid whose best point is chosen on inner
validation rows of the same training rows, and are then trained on all of these. Scores are stored
one by one in ``tabular.json``, so an interruption loses at most one, and shown in
``docs/tables.md``.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zoo_core import ArrayDataset, DatasetSpec, InputSpec, SourceSpec, Split, TargetSpec
from zoo_core.data.disk_store import pixel_statistics
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.plugin import Plugin, Status
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.training import Training

STORE = Path(__file__).parent / "tabular.json"
PAGE = Path(__file__).parents[1] / "docs" / "tables.md"
FOLDS = 5

SETS = {
    "diabetes": datasets.load_diabetes,
    "wine": datasets.load_wine,
    "breast-cancer": datasets.load_breast_cancer,
    "digits-8x8": datasets.load_digits,
}

RECIPES = {("mlp", "digits-8x8"): "default@digits-8x8"}
"""Model and data set -> recipe, where it is not ``tabular``: digits are images."""

Rows = NDArray[np.int64]


@cache
def arrays(name: str) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return features and targets of a data set."""
    data = SETS[name]()
    return data.data, data.target


def is_regression(name: str) -> bool:
    return name == "diabetes"


def fold_rows(name: str, fold: int) -> tuple[Rows, Rows]:
    """Return the training rows and the test rows of an outer fold."""
    kind = KFold if is_regression(name) else StratifiedKFold
    train, test = [*kind(FOLDS, shuffle=True, random_state=0).split(*arrays(name))][fold]
    return train, test


# The folds as data sets of a source, which a plugin within this process offers.


def describe(address: str) -> DatasetSpec:
    """Return the spec of a fold, ``NAME/FOLD``."""
    dataset = load(address)
    return DatasetSpec(
        name=f"fold:{address}",
        summary="A fold.",
        loader="benchmarks.tabular:load",
        input=dataset.input_spec,
        targets=dataset.targets,
        sizes={name: len(split) for name, split in dataset.splits.items()},
        sha256="",
        license="BSD-3-Clause",
        source="scikit-learn",
        address=address,
    )


def load(address: str) -> ArrayDataset:
    """Return a fold, ``NAME/FOLD``: digits as images, others as features."""
    name, _, fold = address.partition("/")
    features, targets = arrays(name)
    if name == "digits-8x8":
        inputs: NDArray[Any] = np.rint(features * 255 / 16).astype(np.uint8).reshape(-1, 1, 8, 8)
        spec = InputSpec(shape=(1, 8, 8))
    else:
        inputs = features.astype(np.float32)
        spec = InputSpec(kind="features", shape=features.shape[1:])
    if is_regression(name):
        values: NDArray[Any] = targets.astype(np.float32)
        target = TargetSpec(task="regression")
    else:
        values = targets.astype(np.int64)
        target = TargetSpec(
            task="classification", classes=tuple(map(str, range(targets.max() + 1)))
        )
    train, test = fold_rows(name, int(fold))
    rows = {"train": train, "test": test}
    splits = {split: Split(inputs[some], (values[some],)) for split, some in rows.items()}
    mean, std = pixel_statistics(splits["train"].inputs) if spec.kind == "image" else ((), ())
    return ArrayDataset(splits, (target,), mean, std, input=spec)


def catalog() -> Catalog:
    """Return the installed plugins and the source of folds."""
    source = SourceSpec(
        name="fold", summary="Folds.", describe="benchmarks.tabular:describe", address="NAME/FOLD"
    )
    offers = (("sources", source),)
    own = Plugin(
        distribution="benchmarks",
        version="0",
        entry_point="benchmarks.tabular",
        status=Status.OK,
        offers=offers,
    )
    return Catalog((*installed_catalog().plugins, own), lambda: installed_catalog().hooks)


def score_zoo(name: str, fold: int, seed: int, model: str) -> float:
    """Return the test score of a model of zoo with its recipe ``tabular``."""
    with tempfile.TemporaryDirectory() as folder:
        card = (
            Training.new(
                catalog(),
                model,
                recipe=RECIPES.get((model, name), "tabular"),
                overrides=[{"dataset": f"fold:{name}/{fold}", "seed": seed}],
                out=Path(folder) / "run",
                threads=1,
            )
            .run()
            .card
        )
    return float(card.metrics["test"]["r2" if is_regression(name) else "accuracy"][0])


def score_tuned(name: str, fold: int, model: Any, grid: dict[str, list[Any]]) -> float:
    """Return the test score of a model of scikit-learn with the best point of a grid."""
    features, targets = arrays(name)
    train, test = fold_rows(name, fold)
    inner = ShuffleSplit if is_regression(name) else StratifiedShuffleSplit
    search = GridSearchCV(model, grid, cv=inner(1, test_size=0.25, random_state=fold), n_jobs=1)
    search.fit(features[train], targets[train])
    return float(search.score(features[test], targets[test]))


def sklearn_mlp(name: str, fold: int, seed: int) -> float:
    kind = MLPRegressor if is_regression(name) else MLPClassifier
    model = make_pipeline(StandardScaler(), kind(max_iter=500, random_state=seed))
    prefix = kind.__name__.lower()
    grid: dict[str, list[Any]] = {
        "hidden_layer_sizes": [(64,), (128,)],
        "alpha": [1e-4, 1e-2, 1.0],
        "learning_rate_init": [1e-3, 1e-2],
    }
    return score_tuned(name, fold, model, {f"{prefix}__{k}": v for k, v in grid.items()})


def gradient_boosting(name: str, fold: int, seed: int) -> float:
    kind = GradientBoostingRegressor if is_regression(name) else GradientBoostingClassifier
    model = kind(random_state=seed, subsample=0.7, max_features="sqrt")
    return score_tuned(name, fold, model, {"learning_rate": [0.03, 0.1], "max_depth": [2, 4]})


def hist_gradient_boosting(name: str, fold: int, seed: int) -> float:
    kind = HistGradientBoostingRegressor if is_regression(name) else HistGradientBoostingClassifier
    model = kind(random_state=seed)
    return score_tuned(name, fold, model, {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [7, 31]})


CONTESTANTS: dict[str, Callable[[str, int, int], float]] = {
    "zoo `mlp`": lambda name, fold, seed: score_zoo(name, fold, seed, "mlp"),
    "zoo `numpy-net`": lambda name, fold, seed: score_zoo(name, fold, seed, "numpy-net"),
    "scikit-learn MLP, tuned": sklearn_mlp,
    "GradientBoosting, tuned": gradient_boosting,
    "HistGradientBoosting, tuned": hist_gradient_boosting,
}


Scores = dict[str, dict[str, float]]
"""``CONTESTANT, SET`` -> ``FOLD/SEED`` -> score."""


def fold_scores(scores: Scores, contestant: str, name: str) -> list[float]:
    """Return the score of each fold, the mean over its seeds; empty if a fold has none."""
    known = scores.get(f"{contestant}, {name}", {})
    folds: list[list[float]] = [[] for _ in range(FOLDS)]
    for key, score in known.items():
        folds[int(key.split("/")[0])].append(score)
    return [float(np.mean(each)) for each in folds] if all(folds) else []


def table(scores: Scores) -> str:
    """Return the table: mean and standard deviation over the folds, the best mean in bold."""
    columns = {name: {c: fold_scores(scores, c, name) for c in CONTESTANTS} for name in SETS}
    best = {
        name: max((float(np.mean(each)) for each in found.values() if each), default=0.0)
        for name, found in columns.items()
    }
    lines = [
        "| | " + " | ".join(f"{name}, {_metric(name)}" for name in SETS) + " |",
        "| --- |" + " --: |" * len(SETS),
    ]
    for contestant in CONTESTANTS:
        cells = [_cell(columns[name][contestant], best[name]) for name in SETS]
        lines.append(f"| {contestant} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(folds: list[float], best: float) -> str:
    if not folds:
        return ""
    mean, std = np.mean(folds), np.std(folds, ddof=1)
    text = f"{mean:.3f} ± {std:.3f}"
    return f"**{text}**" if round(mean, 3) == round(best, 3) else text


def _metric(name: str) -> str:
    return "R²" if is_regression(name) else "accuracy"


def write_page(scores: Scores) -> None:
    """Replace the table between the marks in the page."""
    begin, end = "<!-- tabular: begin -->", "<!-- tabular: end -->"
    text = PAGE.read_text(encoding="utf-8")
    new = f"{begin}\n{table(scores)}\n{end}"
    text = re.sub(f"{begin}.*?{end}", lambda _: new, text, flags=re.DOTALL)
    write_atomic(PAGE, text.encode())


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(SETS)))
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(min=0, max=FOLDS))
def main(names: Sequence[str], seeds: int) -> None:
    """Measure what is missing, and write the table."""
    scores: Scores = json.loads(STORE.read_bytes()) if STORE.exists() else {}
    # Side by side: one fold and seed of all contestants, then the next.
    for turn, fold, name in itertools.product(range(seeds), range(FOLDS), names or SETS):
        seed = (fold + turn) % FOLDS
        for contestant, measure in CONTESTANTS.items():
            known = scores.setdefault(f"{contestant}, {name}", {})
            if (key := f"{fold}/{seed}") not in known:
                known[key] = measure(name, fold, seed)
                sys.stderr.write(f"{contestant}, {name}, fold {key}: {known[key]:.4f}\n")
                write_atomic(STORE, f"{json.dumps(scores, indent=1)}\n".encode())
    write_page(scores)


if __name__ == "__main__":
    main()
