"""Scoring weights on a data set."""

from __future__ import annotations

from zoo_core.catalog import Catalog
from zoo_core.data import load_dataset
from zoo_core.errors import InvalidValueError, UnknownNameError, listed
from zoo_core.metrics import Scores, score
from zoo_core.pretrained import Pretrained


def evaluate_pretrained(
    catalog: Catalog, pretrained: Pretrained, *, dataset: str | None = None, split: str = "test"
) -> Scores:
    """Score weights on every image of a data set's split.

    Args:
        catalog: what is installed.
        pretrained: the weights.
        dataset: name of the data set; None for the one that they were trained on.
        split: for instance ``test`` or ``train``.

    Raises:
        InvalidValueError: the data set's images or classes do not fit the model.
        UnknownNameError: there is no such data set or split.
    """
    entry = catalog.dataset(dataset or pretrained.card.dataset.name)
    spec, config = entry.spec, pretrained.config
    if split not in spec.sizes:
        raise UnknownNameError(
            f"dataset {spec.name!r} has no split {split!r}", hint=f"Splits: {listed(spec.sizes)}."
        )
    if (tuple(spec.shape), tuple(spec.classes)) != (config.input_shape, config.classes):
        raise InvalidValueError(
            f"dataset {spec.name!r} has images {spec.shape} with classes {spec.classes}, "
            f"the weights are for {config.input_shape} with classes {config.classes}"
        )
    images = load_dataset(entry).splits[split]
    return score(pretrained.predict(images.images).logits, images.labels)
