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

from zoo_core import Predictions, Pretrained
from zoo_core.plugin_api import (
    WEIGHTS,
    Card,
    Catalog,
    FoundWeights,
    InvalidValueError,
    load_pretrained,
)

# The first predictions are many times slower: torch initializes its kernels and thread pools.
WARM_UP = 3
"""Number of predictions before a model is served."""

# One image is too little work to share, and several drawings are predicted at once.
THREADS = 1
"""Number of threads of a framework."""


@dataclass(frozen=True)
class Served:
    """A served model.

    Attributes:
        id: name on the page and in URLs.
        pretrained: the model with its weights.
        bytes: size of the weight file.
        load_again: function that returns another copy of the model, for work in the background.
    """

    id: str
    pretrained: Pretrained
    bytes: int
    load_again: Callable[[], Pretrained]
    # A framework's model is not thread-safe: zoo-numpy's layers, for instance, store activations.
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def predict(self, images: NDArray[np.uint8]) -> tuple[Predictions, float]:
        """Predict images, uint8 ``(N, C, H, W)``; return also the seconds that it took."""
        with self._lock:
            started = time.perf_counter()  # after the lock: waiting is not the model's time
            predictions = self.pretrained.predict(images)
            return predictions, time.perf_counter() - started

    @property
    def accuracy(self) -> float | None:
        """Share of test images with all heads correct; None if it is unknown."""
        scores = self.pretrained.card.metrics.get("test")
        if scores is None or scores.all_correct is None:
            return None
        return scores.all_correct / scores.total

    @property
    def scores(self) -> dict[str, float]:
        """Metrics of the test images that lists show, of the first head that has each."""
        scores = self.pretrained.card.metrics.get("test")
        return {} if scores is None else {name: of[0] for name, of in scores.headline.items()}

    def facts(self) -> dict[str, Any]:
        """Return the model's facts for the page."""
        card = self.pretrained.card
        return {
            "id": self.id,
            "model": card.model,
            "framework": card.environment.get("framework", card.recipe.trainer),
            "parameters": card.parameters,
            "bytes": self.bytes,
            "accuracy": self.accuracy,
            "scores": self.scores,
            "shape": self.pretrained.input_shape,
            "heads": [
                {"task": target.task, "name": target.name, "classes": target.classes}
                for target in self.pretrained.targets
            ],
            "views": self.pretrained.views,
            "sha256": self.pretrained.sha256,
        }


def serve(catalog: Catalog, found: FoundWeights | Path, id_: str, *, device: str) -> Served:
    """Load a model and warm it up.

    Args:
        catalog: installed plugins.
        found: published weights, or a path.
        id_: name of the model on the page.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InvalidValueError: the model's inputs are not images.
        ZooError: loading failed; see `zoo_core.pretrained.load.load_pretrained`.
    """

    def load() -> Pretrained:
        return load_pretrained(catalog, found, device=device, threads=THREADS)

    pretrained = load()
    if pretrained.input.kind != "image":
        raise InvalidValueError(
            f"expected a model whose inputs are images, got one of {pretrained.input.kind}"
        )
    if isinstance(pretrained.card, Card):
        size = pretrained.card.weights.bytes
    else:  # a weight file without a card
        assert isinstance(found, Path)
        size = (found / WEIGHTS if found.is_dir() else found).stat().st_size
    served = Served(id_, pretrained, size, load)
    for _ in range(WARM_UP):
        served.predict(np.zeros((1, *pretrained.input_shape), np.uint8))
    return served


def in_order(served: list[Served]) -> list[Served]:
    """Return models by test accuracy; the most accurate comes last, then those without one."""
    return sorted(served, key=lambda one: (one.accuracy is None, one.accuracy or 0.0, one.id))
