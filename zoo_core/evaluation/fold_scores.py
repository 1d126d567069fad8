"""Scores of a series of folds, and the out-of-fold predictions: one per training example."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from zoo_core.errors import DataError
from zoo_core.evaluation.scored_split import ScoredSplit
from zoo_core.evaluation.trained_folds import TrainedFolds, find_folds, iter_folds
from zoo_core.filenames import FOLDS, OUT_OF_FOLD
from zoo_core.metrics.metric_text import counts_examples
from zoo_core.metrics.predictions import Predictions, predictions_of
from zoo_core.metrics.scores import Scores, Values, concatenate, score
from zoo_core.metrics.task_contract import csv_columns, entries_of, suffixes
from zoo_core.plugins.catalog import Catalog
from zoo_core.recipes.validation import FrozenModel, first_error
from zoo_core.system.atomic_files import write_atomic
from zoo_core.text import encodable
from zoo_core.weights.card_fields import ScoresField


class FoldScores(FrozenModel):
    """The scores of all folds, ``folds.json``."""

    format: int = 1
    model: str
    recipe: str
    dataset: str
    """Name of the data set."""
    sha256: str
    """Checksum of its content."""
    folds: int
    split_seed: int
    seed: int
    scores: tuple[ScoresField, ...]
    """Scores of each fold, by the weights that were not trained on it."""
    mean: dict[str, Values]
    """Mean of each metric over the folds, one value per head."""
    sd: dict[str, Values]
    """Standard deviation of each metric over the folds."""
    pooled: ScoresField
    """Scores of the predictions of all folds together."""
    weights: tuple[str, ...]
    """Checksum of the weights of each fold."""


def write_fold_scores(catalog: Catalog, folder: Path, *, device: str = "auto") -> FoldScores:
    """Write ``folds.json`` and ``out-of-fold.csv`` to the folder of a series, all of it trained.

    Raises:
        DataError: a fold is not trained.
        VerificationError: the data have changed, or differ between the folds.
    """
    series = TrainedFolds.read(folder)
    weights = tuple(card.weights.sha256 for card in series.cards)
    if (known := _read(folder / FOLDS)) and known.weights == weights:
        return known
    scored, folds = find_folds(catalog, [series], device)
    cells: list[list[str]] = [[] for _ in range(len(scored))]
    measured = []
    for member, part in iter_folds(catalog, series, scored, folds, device):
        for place, outputs in part.iter_outputs(member):
            measured.append(part.measure(outputs, place))
            predictions = predictions_of(scored.tasks, outputs, member.calibration)
            for row, own in zip(part.rows[place], _cells(part, place, predictions), strict=True):
                cells[row] = own
    card, scores = series.cards[0], [each.metrics["test"] for each in series.cards]
    result = FoldScores(
        model=card.model,
        recipe=card.recipe_name,
        dataset=card.dataset.name,
        sha256=card.dataset.sha256,
        folds=series.count,
        split_seed=card.recipe.split_seed,
        seed=card.recipe.seed,
        scores=tuple(scores),
        mean=_over_folds(scores, statistics.fmean),
        sd=_over_folds(scores, statistics.stdev),
        pooled=score(scored.tasks, concatenate(measured)),
        weights=weights,
    )
    write_atomic(folder / OUT_OF_FOLD, _table(scored, folds, cells))
    # Last, because it marks a complete series.
    write_atomic(folder / FOLDS, (result.model_dump_json(indent=1) + "\n").encode())
    return result


def read_fold_scores(folder: Path) -> FoldScores:
    """Read the ``folds.json`` of a series.

    Raises:
        DataError: it does not exist, or is not one.
    """
    try:
        return FoldScores.model_validate_json((folder / FOLDS).read_bytes())
    except (OSError, ValidationError) as exc:
        raise DataError(f"{folder} has no scores of folds: {FOLDS}: {first_error(exc)}") from exc


def _read(path: Path) -> FoldScores | None:
    try:
        return read_fold_scores(path.parent)
    except DataError:
        return None


def _cells(part: ScoredSplit, place: slice, predictions: Predictions) -> Iterator[list[str]]:
    """Yield the targets and the predictions of examples as cells of a table."""
    truth = [
        [*task.target_texts(head[place])]
        for task, head in zip(part.tasks, part.targets, strict=True)
    ]
    heads = [
        entries_of(task, "rows", head, len(predictions))
        for task, head in zip(part.tasks, predictions.heads, strict=True)
    ]
    for targets, *rows in zip(zip(*truth, strict=True), *heads, strict=True):
        yield [*targets, *(cell for row in rows for cell in row)]


def _table(scored: ScoredSplit, folds: NDArray[np.int64], cells: Sequence[Sequence[str]]) -> bytes:
    """Return the out-of-fold predictions as a CSV file, in the order of the data set."""
    text = io.StringIO()
    # With the default line ending "\r\n", as in `zoo_core.data.example_record`.
    writer = csv.writer(text)
    targets = [f"target{suffix}" for suffix in suffixes(scored.tasks)]
    writer.writerow(["example", "fold", *targets, *csv_columns(scored.tasks)])
    for row, (fold, own) in enumerate(zip(folds.tolist(), cells, strict=True)):
        writer.writerow(map(encodable, [scored.key(row) or str(row), str(fold), *own]))
    return text.getvalue().encode()


def _over_folds(
    scores: Sequence[Scores], combine: Callable[[list[float]], float]
) -> dict[str, Values]:
    """Return a statistic of each metric over the folds, one value per head."""
    # Without numbers of examples, because the folds have different sizes.
    names = [name for name in scores[0].metrics if not counts_examples(name)]
    return {
        name: tuple(
            None if None in values else combine([float(each or 0) for each in values])
            for values in zip(*(each[name] for each in scores), strict=True)
        )
        for name in names
    }
