"""A served model: loaded, warmed up, described for the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Pretrained
from zoo_core.plugin_api import WEIGHTS, Card, Catalog, FoundWeights, load_pretrained

WARM_UP = 3
"""Images that a model reads before it is served: the first is slower by far."""

THREADS = 1
"""Of a framework. One image is too little work to share, and several are read at once."""


@dataclass(frozen=True)
class ModelAnswer:
    """What a model reads in one image.

    Attributes:
        labels: one a head.
        probabilities: of all classes, likewise.
        seconds: that it took.
    """

    labels: list[int]
    probabilities: list[list[float]]
    seconds: float


@dataclass(frozen=True)
class Served:
    """A model that is served.

    Attributes:
        id: what it is called, in URLs too.
        pretrained: the model with its weights.
        bytes: size of the weight file.
        again: loads it once more, for work that is not to make a drawing wait.
    """

    id: str
    pretrained: Pretrained
    bytes: int
    again: Callable[[], Pretrained]
    # A framework's model may keep what it computes with it, as zoo-numpy's layers do.
    _alone: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def read(self, image: NDArray[np.uint8]) -> ModelAnswer:
        """Read one image, uint8 ``(C, H, W)``."""
        with self._alone:
            started = time.perf_counter()
            read = self.pretrained.predict(image[np.newaxis])
            seconds = time.perf_counter() - started
        return ModelAnswer(
            labels=[int(label) for label in read.labels[0]],
            probabilities=[[float(share) for share in head[0]] for head in read.probabilities],
            seconds=seconds,
        )

    @property
    def accuracy(self) -> float | None:
        """Share of test images of which every label is right; None if it is not known."""
        scores = self.pretrained.card.metrics.get("test")
        return scores.all_correct / scores.total if scores else None

    def facts(self) -> dict[str, Any]:
        """Return what the page shows beside its answers."""
        card = self.pretrained.card
        return {
            "id": self.id,
            "model": card.model,
            "framework": card.environment.get("framework", card.recipe.trainer),
            "parameters": card.parameters,
            "bytes": self.bytes,
            "accuracy": self.accuracy,
            "views": self.pretrained.views,
            "sha256": self.pretrained.sha256,
        }


def serve(catalog: Catalog, found: FoundWeights | Path, id_: str, *, device: str) -> Served:
    """Load a model and let it read a few images.

    Args:
        catalog: what is installed.
        found: published weights, or the path of some.
        id_: what it is to be called.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        ZooError: it cannot be loaded; see `zoo_core.pretrained.load.load_pretrained`.
    """

    def again() -> Pretrained:
        return load_pretrained(catalog, found, device=device, threads=THREADS)

    pretrained = again()
    card = pretrained.card
    size = card.weights.bytes if isinstance(card, Card) else _size(found)
    served = Served(id_, pretrained, size, again)
    for _ in range(WARM_UP):
        served.read(np.zeros(pretrained.input_shape, np.uint8))
    return served


def in_order(served: list[Served]) -> list[Served]:
    """Return models so that the one that reads its test images best comes last."""
    return sorted(served, key=lambda one: (one.accuracy or 0.0, one.id))


def _size(found: FoundWeights | Path) -> int:
    assert isinstance(found, Path)  # what is published has a card
    return (found / WEIGHTS if found.is_dir() else found).stat().st_size
