"""Modes of the page: models for the same images, of one task or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from zoo_core import DatasetSpec, TargetSpec
from zoo_core.plugin_api import Catalog, ImageProcessor, processor_for, shown
from zoo_demo.models import Served

DIGITS = tuple("0123456789")

TITLES = {
    ("classification",): "One digit",
    ("classification", "classification"): "Two digits",
    ("sequence",): "Number",
}
"""Tasks of the heads, for digits -> title of a mode, in the page's order."""


@dataclass(frozen=True)
class Mode:
    """Models for the same images, and the preparation of a drawing as one.

    Attributes:
        id: name of the data set, or of the simplest one of several with the same images.
        title: title in one or two words.
        shape: channels, height and width of an image.
        processor: preparation of image files as inputs of the models.
        models: the models.
    """

    id: str
    title: str
    shape: tuple[int, int, int]
    processor: ImageProcessor
    models: tuple[Served, ...]

    def facts(self) -> dict[str, Any]:
        """Return the mode's facts for the page."""
        return {
            "id": self.id,
            "title": self.title,
            "shape": self.shape,
            "models": [model.facts() for model in self.models],
        }


class _Images(NamedTuple):
    """The images of a mode: equal for models that are given the same drawing."""

    order: int
    """Number of the title in `TITLES`, or the number of titles."""
    name: str
    title: str
    shape: tuple[int, int, int]
    ranges: tuple[tuple[str, tuple[float, float]], ...]


def group(catalog: Catalog, models: Sequence[Served]) -> dict[str, Mode]:
    """Return the modes of models by id; those of digits come first."""
    members: dict[_Images, list[Served]] = {}
    for model in models:
        members.setdefault(_images_of(catalog, model), []).append(model)
    modes: dict[str, Mode] = {}
    for images in sorted(members):
        # A user's variant of a data set has its name, but a different shape.
        # Shown, because the page sends the id back, and a path may have bytes that are not UTF-8.
        id_ = shown(images.name)
        id_ = id_ if id_ not in modes else f"{id_}-{'x'.join(map(str, images.shape))}-{len(modes)}"
        processor = processor_for(catalog, images.name, images.shape, dict(images.ranges))
        title = images.title or id_
        modes[id_] = Mode(id_, title, images.shape, processor, tuple(members[images]))
    return modes


def _images_of(catalog: Catalog, model: Served) -> _Images:
    dataset = model.pretrained.card.dataset
    channels, height, width = model.pretrained.input_shape
    shape = (channels, height, width)
    name, targets = dataset.name, model.pretrained.targets
    # Data sets that prepare images alike, such as those of digits and of their masks, are one mode.
    if family := _family(catalog, name, shape):
        simplest = min(family, key=lambda spec: (_order(spec.targets), spec.name))
        # A spec may leave the names of classes to the data, and so to the card.
        targets = targets if simplest.name == name else simplest.targets
        name = simplest.name
    order = _order(targets)
    title = [*TITLES.values(), ""][order]
    return _Images(order, name, title, shape, tuple(sorted(dataset.pixel_ranges.items())))


def _family(catalog: Catalog, name: str, shape: tuple[int, int, int]) -> list[DatasetSpec]:
    """Return the data sets with the same reader and shape; none without a reader."""
    entries = catalog.entries("datasets")
    own = entries.get(name)
    if own is None or not own.spec.reader or own.spec.input.shape != shape:
        return []
    same = own.spec.reader, shape
    return [
        entry.spec
        for entry in entries.values()
        if (entry.spec.reader, entry.spec.input.shape) == same
    ]


def _order(targets: Sequence[TargetSpec]) -> int:
    """Return the number of the title of targets in `TITLES`, or the number of titles."""
    tasks = tuple(target.task for target in targets)
    names = [target.classes or tuple(map(str, range(target.size))) for target in targets]
    known = all(classes == DIGITS for classes in names) and tasks in TITLES
    return [*TITLES].index(tasks) if known else len(TITLES)
