"""Evaluation of weights, and of their ensemble, on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.errors import InvalidValueError, UnknownNameError, choose_from, join_names
from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class Evaluation:
    """Scores of weights on a split, and of their ensemble.

    Attributes:
        dataset: name of the data set.
        members: scores of each set of weights.
        together: scores of the ensemble (`zoo_core.metrics.ensemble`).
    """

    dataset: str
    members: tuple[Scores, ...]
    together: Scores


def evaluate_pretrained(
    catalog: Catalog,
    pretrained: Sequence[Pretrained],
    *,
    dataset: str | None = None,
    split: str = "test",
) -> Evaluation:
    """Score weights and their ensemble on every image of a data set's split.

    Args:
        catalog: installed plugins.
        pretrained: the weights, at least one.
        dataset: name of the data set; None for the one of the training.
        split: name of the split, for instance ``test``.

    Raises:
        InvalidValueError: the data set's images or classes do not fit a model, or the weights were
            trained on several data sets, and no `dataset` was chosen.
        UnknownNameError: there is no such data set or split.
    """
    name, data, predictions = predict_split(catalog, pretrained, dataset=dataset, split=split)
    labels = data.splits[split].labels
    return Evaluation(
        dataset=name,
        members=tuple(score(each.logits, labels) for each in predictions),
        together=score(ensemble_predictions(predictions).logits, labels),
    )


def predict_split(
    catalog: Catalog, pretrained: Sequence[Pretrained], *, dataset: str | None, split: str
) -> tuple[str, ArrayDataset, list[Predictions]]:
    """Return a data set's name, the data set, and each model's predictions of a split.

    Arguments and errors are those of `evaluate_pretrained`.
    """
    entry = catalog.dataset(dataset or _training_dataset(pretrained))
    # Everything is checked before the data set is loaded, which may take minutes.
    spec = entry.spec
    if split not in spec.sizes:
        hint = choose_from(split, spec.sizes)
        raise UnknownNameError(f"dataset {spec.name!r} has no split {split!r}", hint=hint)
    for weights in pretrained:
        _check_fit(entry, weights)
    data = load_dataset(entry)
    images = data.splits[split].images
    return spec.name, data, [weights.predict(images) for weights in pretrained]


def _training_dataset(pretrained: Sequence[Pretrained]) -> str:
    # The only use of the cards; with `dataset`, none is read.
    names = {weights.card.dataset.name for weights in pretrained}
    if len(names) > 1:
        raise InvalidValueError(
            f"the weights were trained on several data sets: {join_names(names)}",
            hint="Choose one with --dataset NAME.",
        )
    return names.pop()


def _check_fit(entry: Entry[DatasetSpec], weights: Pretrained) -> None:
    # The config and not only the shape: equal numbers of classes are required as well.
    spec, config = entry.spec, weights.config
    if (tuple(spec.shape), tuple(spec.classes)) != (config.input_shape, config.classes):
        raise InvalidValueError(
            f"dataset {spec.name!r} does not fit {weights.name}: expected images "
            f"{config.input_shape} with classes {config.classes}, got {spec.shape} with "
            f"{spec.classes}",
            hint="Choose a data set of this shape: zoo list datasets",
        )
