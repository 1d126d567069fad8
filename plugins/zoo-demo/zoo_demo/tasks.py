"""Tasks of the page: one per data set that the models were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zoo_core.plugin_api import Catalog, ImageReader, reader_for
from zoo_demo.models import Served

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Task:
    """Models for the same images, and the function that converts a drawing to one.

    Attributes:
        id: name of the data set.
        shape: channels, height and width of an image.
        classes: class names per head.
        reader: function from any image to one of that shape.
        models: the models.
    """

    id: str
    shape: tuple[int, int, int]
    classes: tuple[tuple[str, ...], ...]
    reader: ImageReader
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
        members.setdefault((dataset.name, shape, dataset.classes), []).append(model)
    tasks: dict[str, Task] = {}
    for name, shape, classes in sorted(members, key=lambda key: (len(key[2]), key[0])):
        # A user's variant of a data set has its name, but a different shape or different classes.
        id_ = name if name not in tasks else f"{name}-{'x'.join(map(str, shape))}-{len(tasks)}"
        reader = reader_for(catalog, name, shape)
        tasks[id_] = Task(id_, shape, classes, reader, tuple(members[name, shape, classes]))
    return tasks
