"""The gallery: what each model misreads, found out when somebody first asks for it."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from zoo_core import Split, ZooError
from zoo_core.plugin_api import Catalog, load_dataset, one_line
from zoo_demo.misclassified import MisclassifiedImages, find_misclassified_images
from zoo_demo.models import Served


@dataclass
class _Search:
    """A model's misread images, found or being looked for."""

    future: Future[MisclassifiedImages]
    done: int = 0
    total: int = 0


class _ClosingError(Exception):
    """The server ends."""


class Gallery:
    """Misread images by model, looked for in one thread, so that drawings have the other cores."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pool = ThreadPoolExecutor(1, "zoo-demo-gallery")
        self._searches: dict[str, _Search] = {}
        self._splits: dict[str, Split] = {}
        self._closing = threading.Event()

    def ask(self, model: Served, start: int, count: int) -> dict[str, Any]:
        """Return some of what a model misreads, or how far the search for it is.

        What failed is begun anew when somebody asks again.

        Args:
            model: whose.
            start: how many to leave out, of the most confident ones.
            count: how many to give.
        """
        search = self._searches.get(model.id)
        if search is None:
            search = self._searches[model.id] = _Search(Future())
            search.future = self._pool.submit(self._find, model, search)
        if not search.future.done():
            return {"state": "computing", "done": search.done, "total": search.total}
        if exc := search.future.exception():
            del self._searches[model.id]
            said = str(exc) if isinstance(exc, ZooError) else one_line(exc)
            return {"state": "failed", "error": f"what {model.id} misreads is unknown: {said}"}
        mistakes = search.future.result()
        card = model.pretrained.card
        split = self._splits[card.dataset.name]
        return {
            "state": "ready",
            "count": len(mistakes.misread.rows),
            "total": mistakes.misread.total,
            "start": start,
            "items": mistakes.page(split, card.dataset.classes, start, count),
        }

    def close(self) -> None:
        """Stop what is being computed, within a fraction of a second."""
        self._closing.set()
        self._pool.shutdown(cancel_futures=True)

    def _find(self, model: Served, search: _Search) -> MisclassifiedImages:
        name = model.pretrained.card.dataset.name
        if name not in self._splits:
            self._splits[name] = load_dataset(self._catalog.dataset(name)).splits["test"]
        split = self._splits[name]
        search.total = len(split)

        def tell(done: int) -> None:
            search.done = done
            if self._closing.is_set():
                raise _ClosingError

        return find_misclassified_images(model.again(), split, tell)
