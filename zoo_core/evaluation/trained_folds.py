"""Trained folds: the weights of a series, each of which predicts the fold it was not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import load_dataset
from zoo_core.data.folds.assignment import fold_numbers
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.evaluation.compare import Comparison
from zoo_core.evaluation.evaluate import SAME_NAMES
from zoo_core.evaluation.scored_split import ScoredSplit, find_scored_dataset, make_scored_split
from zoo_core.filenames import CARD
from zoo_core.metrics.predictions import Predictions, predictions_of
from zoo_core.metrics.task import Array
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained
from zoo_core.weights.card import Card, read_card

TRAIN = "train"


@dataclass(frozen=True)
class TrainedFolds:
    """The trained folds in a folder.

    Attributes:
        folder: the folder of the series.
        cards: card of each fold.
    """

    folder: Path
    cards: tuple[Card, ...]

    @classmethod
    def read(cls, folder: Path) -> TrainedFolds:
        """Read the cards of all folds.

        Raises:
            DataError: a fold is not trained, or its card cannot be read.
            VerificationError: a fold has other data, or another model, than the first one.
        """
        paths = _folders(folder)
        if missing := [path.name for path in paths if not (path / CARD).exists()]:
            raise DataError(
                f"{folder} lacks {', '.join(missing)} of a training with folds",
                hint="Train them: zoo train NAME --folds N --out FOLDER",
            )
        cards = tuple(read_card(path / CARD) for path in paths)
        for path, card in zip(paths, cards, strict=True):
            if _common(card) != _common(cards[0]):
                raise VerificationError(
                    f"{path} was trained on other data, or as part of other folds, than {paths[0]}",
                    hint=f"Remove {path}, and repeat the command that trained it.",
                )
        return cls(folder, cards)

    @property
    def count(self) -> int:
        """Number of folds."""
        return len(self.cards)

    def load(self, catalog: Catalog, fold: int, device: str) -> Pretrained:
        """Load the weights of a fold."""
        return load_pretrained(catalog, self.folder / f"fold-{fold}", device=device)


def _folders(folder: Path) -> list[Path]:
    """Return the folder of each fold, of as many folds as one that is trained states."""
    trained = next((path / CARD for path in folder.glob("fold-*") if (path / CARD).exists()), None)
    count = read_card(trained).recipe.folds if trained else 1
    return [folder / f"fold-{fold}" for fold in range(1, count + 1)]


def _common(card: Card) -> object:
    # Not the whole recipe, because that of each fold of a nested search is the best one without it.
    return card.model, card.recipe.folds, card.recipe.split_seed, card.dataset.sha256


def has_folds(path: Path) -> bool:
    """Return whether a path is the folder of a series of folds."""
    return path.is_dir() and any((each / CARD).exists() for each in path.glob("fold-*"))


def find_folds(
    catalog: Catalog, series: Sequence[TrainedFolds], device: str
) -> tuple[ScoredSplit, NDArray[np.int64]]:
    """Return the training examples of several series of the same folds, and the fold of each.

    Raises:
        InvalidValueError: the series have other folds, or other data.
        VerificationError: the data have changed since the trainings.
    """
    first, *others = series
    for other in others:
        if _folds(other) != _folds(first):
            raise InvalidValueError(
                f"{other.folder} has other folds than {first.folder}: expected "
                f"{_folds(first)}, got {_folds(other)}",
                hint="Train both on the same data, with the same --folds and split_seed.",
            )
    members = [each.load(catalog, 1, device) for each in series]
    entry, card = find_scored_dataset(catalog, members[:1], None), first.cards[0]
    data = load_dataset(entry, expected=card.dataset.sha256)
    scored = make_scored_split(entry.spec, data, members, split=TRAIN, classes=SAME_NAMES)
    return scored, fold_numbers(data, first.count, card.recipe.split_seed)


def _folds(series: TrainedFolds) -> str:
    card = series.cards[0]
    return (
        f"{series.count} folds by split_seed {card.recipe.split_seed} of {card.dataset.name} with "
        f"sha256 {card.dataset.sha256[:12]}…"
    )


def iter_folds(
    catalog: Catalog,
    series: TrainedFolds,
    scored: ScoredSplit,
    folds: NDArray[np.int64],
    device: str,
) -> Iterator[tuple[Pretrained, ScoredSplit]]:
    """Yield the weights of each fold with the examples that they were not trained on."""
    for fold in range(1, series.count + 1):
        rows = np.flatnonzero(folds == fold)
        targets = tuple(target[rows] for target in scored.targets)
        yield series.load(catalog, fold, device), replace(scored, rows=rows, targets=targets)


def predict_out_of_fold(
    catalog: Catalog,
    series: TrainedFolds,
    scored: ScoredSplit,
    folds: NDArray[np.int64],
    device: str = "auto",
) -> Predictions:
    """Return the out-of-fold predictions of all training examples, in their order.

    Args:
        catalog: installed plugins.
        series: the trained folds.
        scored: the training examples (`find_folds`).
        folds: fold of each of them.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
    """
    outputs: list[Array] = []
    for member, part in iter_folds(catalog, series, scored, folds, device):
        own = part.predict(member).outputs
        outputs = outputs or [np.empty((len(scored), *head.shape[1:]), head.dtype) for head in own]
        for whole, head in zip(outputs, own, strict=True):
            whole[part.rows] = head
    return predictions_of(scored.tasks, outputs)


def compare_folds(catalog: Catalog, folders: Sequence[Path], *, device: str = "auto") -> Comparison:
    """Compare the out-of-fold predictions of several series of the same folds.

    Raises:
        DataError: a folder has no trained folds.
        InvalidValueError: the series have other folds, or other data.
        VerificationError: the data have changed since the trainings.
    """
    series = [TrainedFolds.read(folder) for folder in folders]
    scored, folds = find_folds(catalog, series, device)
    predictions = [predict_out_of_fold(catalog, each, scored, folds, device) for each in series]
    members = [each.load(catalog, 1, device) for each in series]
    return Comparison(scored, tuple(members), tuple(predictions))
