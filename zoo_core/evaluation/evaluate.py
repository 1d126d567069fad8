"""Evaluation of weights, and of their ensemble, on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.errors import InvalidValueError, UnknownNameError, join_names
from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.pretrained.model import Pretrained


@dataclass(frozen=True)
class Evaluation:
    """How well weights read a split, each by itself and all together.

    Attributes:
        dataset: its name.
        members: scores of each set of weights.
        together: scores of their ensemble (`zoo_core.metrics.ensemble`); of one, its own.
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
    """Score weights, and the ensemble of them, on every image of a data set's split.

    Args:
        catalog: what is installed.
        pretrained: the weights, at least one.
        dataset: name of the data set; None for the one that they were trained on.
        split: for instance ``test`` or ``train``.

    Raises:
        InvalidValueError: the data set's images or classes do not fit a model, or the weights were
            trained on several data sets and none is named.
        UnknownNameError: there is no such data set or split.
    """
    name, data, read = read_split(catalog, pretrained, dataset=dataset, split=split)
    labels = data.splits[split].labels
    return Evaluation(
        dataset=name,
        members=tuple(score(each.logits, labels) for each in read),
        together=score(ensemble_predictions(read).logits, labels),
    )


def read_split(
    catalog: Catalog, pretrained: Sequence[Pretrained], *, dataset: str | None, split: str
) -> tuple[str, ArrayDataset, list[Predictions]]:
    """Return a data set's name, the data set, and what weights read in every image of a split.

    Arguments and errors are those of `evaluate_pretrained`.
    """
    entry = catalog.dataset(dataset or _trained_on(pretrained))
    spec = entry.spec
    if split not in spec.sizes:
        raise UnknownNameError(
            f"dataset {spec.name!r} has no split {split!r}",
            hint=f"Splits: {join_names(spec.sizes)}.",
        )
    for weights in pretrained:
        _check_fit(entry, weights)
    data = load_dataset(entry)
    images = data.splits[split].images
    return spec.name, data, [weights.predict(images) for weights in pretrained]


def _trained_on(pretrained: Sequence[Pretrained]) -> str:
    names = {weights.card.dataset.name for weights in pretrained}
    if len(names) > 1:
        raise InvalidValueError(
            f"the weights were trained on several data sets: {join_names(names)}",
            hint="Say which to evaluate them on: --dataset NAME",
        )
    return names.pop()


def _check_fit(entry: Entry[DatasetSpec], weights: Pretrained) -> None:
    spec, config = entry.spec, weights.config
    if (tuple(spec.shape), tuple(spec.classes)) != (config.input_shape, config.classes):
        raise InvalidValueError(
            f"dataset {spec.name!r} has images {spec.shape} with classes {spec.classes}, "
            f"{weights.name} is for {config.input_shape} with classes {config.classes}"
        )
