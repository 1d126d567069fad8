"""The gallery: misclassified test images of each model, computed on the first request."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Split, ZooError
from zoo_core.plugin_api import (
    Catalog,
    Misclassified,
    class_names,
    find_misclassified,
    load_dataset,
    one_line,
)
from zoo_demo.drawing import pixels_json
from zoo_demo.models import Served

BATCH = 250
"""Number of images per prediction; progress and the end of the server are checked in between."""


@dataclass(frozen=True)
class _Found:
    """The misclassified images of a model, and its predictions ``(N, heads)`` for all images."""

    images: Misclassified
    predicted: NDArray[np.int64]


@dataclass
class _Search:
    """The search for a model's misclassified images, running or finished."""

    future: Future[_Found]
    done: int = 0
    total: int = 0


class Gallery:
    """Misclassified images by model."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        # One thread, so that drawings have the other cores.
        self._pool = ThreadPoolExecutor(1, "zoo-demo-gallery")
        self._searches: dict[str, _Search] = {}
        self._splits: dict[str, Split] = {}
        self._closing = threading.Event()

    def page(self, model: Served, start: int, count: int) -> dict[str, Any]:
        """Return misclassified images of a model, or the progress of the search for them.

        Args:
            model: the model.
            start: number of images to skip; the most confident mistakes come first.
            count: maximum number of images to return.
        """
        search = self._searches.get(model.id)
        if search is None:
            search = self._searches[model.id] = _Search(Future())
            search.future = self._pool.submit(self._find, model, search)
        if not search.future.done():
            return {"state": "computing", "done": search.done, "total": search.total}
        if exc := search.future.exception():
            del self._searches[model.id]  # the next request tries again
            reason = str(exc) if isinstance(exc, ZooError) else one_line(exc)
            return {"state": "failed", "error": f"cannot predict the test images: {reason}"}
        found = search.future.result()
        dataset = model.pretrained.card.dataset
        split, shown = self._splits[dataset.name], slice(start, start + count)
        rows, confidence = found.images.rows[shown], found.images.confidence[shown]
        return {
            "state": "ready",
            "count": len(found.images.rows),
            "total": found.images.total,
            "start": start,
            "items": [
                {
                    "row": int(row),
                    "image": pixels_json(split.images[row]),
                    "true": class_names(split.labels[row], dataset.classes),
                    "read": class_names(found.predicted[row], dataset.classes),
                    "probability": round(float(probability), 6),
                }
                for row, probability in zip(rows, confidence, strict=True)
            ],
        }

    def close(self) -> None:
        """Stop the running search within a fraction of a second."""
        self._closing.set()
        self._pool.shutdown(cancel_futures=True)

    def _find(self, model: Served, search: _Search) -> _Found:
        name = model.pretrained.card.dataset.name
        if name not in self._splits:
            self._splits[name] = load_dataset(self._catalog.dataset(name)).splits["test"]
        split = self._splits[name]
        search.total = len(split)
        # A second copy of the model, because the first one is locked while it predicts.
        pretrained = model.load_again()
        parts = []
        for start in range(0, len(split), BATCH):
            if self._closing.is_set():
                raise CancelledError
            search.done = start
            parts.append(pretrained.predict(split.images[start : start + BATCH]))
        predicted = np.concatenate([part.labels for part in parts])
        heads = zip(*(part.probabilities for part in parts), strict=True)
        probabilities = [*map(np.concatenate, heads)]
        return _Found(find_misclassified(split.labels, predicted, probabilities), predicted)
