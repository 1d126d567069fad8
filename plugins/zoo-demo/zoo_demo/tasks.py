"""Tasks of the page: one per data set that the models were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zoo_core.plugin_api import Catalog, ImageProcessor, processor_for, shown
from zoo_demo.models import Served

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Task:
    """Models for the same images, and the preparation of a drawing as one.

    Attributes:
        id: name of the data set.
        shape: channels, height and width of an image.
        classes: class names per head.
        processor: preparation of image files as inputs of the models.
        models: the models.
    """

    id: str
    shape: tuple[int, int, int]
    classes: tuple[tuple[str, ...], ...]
    processor: ImageProcessor
    models: tuple[Served, ...]

    @property
    def title(self) -> str:
        """Title of the task in one or two words."""
        count = {1: "One digit", 2: "Two digits"}.get(len(self.classes))
        return count if count and set(self.classes) == {DIGITS} else self.id

    def facts(self) -> dict[str, Any]:
        """Return the task's facts for the page."""
        return {
            "id": self.id,
            "title": self.title,
            "shape": self.shape,
            "classes": self.classes,
            "models": [model.facts() for model in self.models],
        }


def group(catalog: Catalog, models: Sequence[Served]) -> dict[str, Task]:
    """Return the tasks of models by id; those with fewer labels per image come first."""
    members: dict[tuple[Any, ...], list[Served]] = {}
    for model in models:
        dataset, shape = model.pretrained.card.dataset, model.pretrained.input_shape
        ranges = tuple(sorted(dataset.pixel_ranges.items()))
        classes = tuple(target.classes for target in model.pretrained.targets)
        members.setdefault((dataset.name, shape, classes, ranges), []).append(model)
    tasks: dict[str, Task] = {}
    for key in sorted(members, key=lambda key: (len(key[2]), key[0])):
        name, shape, classes, ranges = key
        # A user's variant of a data set has its name, but a different shape or different classes.
        # Shown, because the page sends the id back, and a path may have bytes that are not UTF-8.
        id_ = shown(name)
        id_ = id_ if id_ not in tasks else f"{id_}-{'x'.join(map(str, shape))}-{len(tasks)}"
        processor = processor_for(catalog, name, shape, dict(ranges))
        tasks[id_] = Task(id_, shape, classes, processor, tuple(members[key]))
    return tasks
