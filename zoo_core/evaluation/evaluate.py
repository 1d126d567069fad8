"""Evaluation of weights, and of their ensemble, on a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from zoo_core.data.dataset import load_dataset
from zoo_core.evaluation.scored_split import (
    ScoredSplit,
    check_fit,
    find_scored_dataset,
    make_scored_split,
)
from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained

SAME_NAMES: Mapping[str, str] = MappingProxyType({})
"""Names of classes for data sets whose classes have the names of the model's."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of weights on a split, and of their ensemble.

    Attributes:
        dataset: name of the data set.
        members: scores of each set of weights.
        together: scores of the ensemble (`zoo_core.metrics.ensemble`).
        notes: differences between the data and the cards, as sentences.
        left_out: number of images of the split that are not scored, as they were used in training.
    """

    dataset: str
    members: tuple[Scores, ...]
    together: Scores
    notes: tuple[str, ...] = ()
    left_out: int = 0


def evaluate_pretrained(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None = None,
    split: str = "test",
    classes: Mapping[str, str] = SAME_NAMES,
) -> Evaluation:
    """Score weights and their ensemble on the images of a split that none was trained on.

    Those are all images of the split, unless the data have changed since the training, or are
    another data set: see `zoo_core.evaluation.unseen_images`.

    Args:
        catalog: installed plugins.
        pretrained: the weights, at least one.
        dataset: name of the data set; None for the one of the training.
        split: name of the split, for instance ``test``.
        classes: class of the data set -> class of the model, for names that differ.

    Raises:
        InvalidValueError: the data set's images or classes do not fit a model, or the weights were
            trained on several data sets, and no `dataset` was chosen.
        UnknownNameError: there is no such data set or split.
        VerificationError: the data have changed, and nothing shows which images were used in
            training; or all were.
    """
    scored, predictions = predict_split(
        catalog, pretrained, dataset=dataset, split=split, classes=classes
    )
    return Evaluation(
        dataset=scored.dataset,
        members=tuple(score(each.logits, scored.labels) for each in predictions),
        together=score(ensemble_predictions(predictions).logits, scored.labels),
        notes=scored.notes,
        left_out=scored.left_out,
    )


def predict_split(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None,
    split: str,
    classes: Mapping[str, str],
) -> tuple[ScoredSplit, list[Predictions]]:
    """Return the scored images of a split, and each model's predictions of them.

    Arguments and errors are those of `evaluate_pretrained`.
    """
    entry = find_scored_dataset(catalog, pretrained, dataset)
    # Before the data set is loaded, which may take minutes.
    check_fit(entry.spec, pretrained, split)
    data = load_dataset(entry)
    scored = make_scored_split(entry.spec, data, pretrained, split=split, classes=classes)
    return scored, [scored.predict(weights) for weights in pretrained]
