"""The gallery: the mistakes of each model among the test images, found on the first request.

None of the images was used to train the model, also if the data have changed since.
"""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from zoo_core import ArrayDataset, ZooError
from zoo_core.plugin_api import (
    Catalog,
    ScoredSplit,
    check_fit,
    find_scored_dataset,
    load_dataset,
    make_scored_split,
    one_line,
)
from zoo_demo.drawing import pixels_json
from zoo_demo.head_answers import rounded
from zoo_demo.mistakes import Mistakes, Ranking
from zoo_demo.models import Served

BATCH = 250
"""Number of images per prediction; progress and the end of the server are checked in between."""


@dataclass(frozen=True)
class _Found:
    """The mistakes of a model, and the name of their measure; empty for wrong predictions."""

    scored: ScoredSplit
    mistakes: Mistakes
    measure: str


@dataclass
class _Search:
    """The search for a model's mistakes, running or finished."""

    future: Future[_Found]
    done: int = 0
    total: int = 0


class Gallery:
    """Mistakes by model."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        # One thread, so that drawings have the other cores.
        self._pool = ThreadPoolExecutor(1, "zoo-demo-gallery")
        self._searches: dict[str, _Search] = {}
        self._datasets: dict[tuple[str, str], ArrayDataset] = {}
        self._closing = threading.Event()

    def page(self, model: Served, start: int, count: int) -> dict[str, Any]:
        """Return mistakes of a model, or the progress of the search for them.

        Args:
            model: the model.
            start: number of images to skip; the worst mistakes come first.
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
        scored, mistakes, shown = found.scored, found.mistakes, slice(start, start + count)
        rows, numbers = mistakes.rows[shown], mistakes.numbers[shown]
        return {
            "state": "ready",
            "count": len(mistakes.rows),
            "total": len(scored),
            "measure": found.measure,
            "start": start,
            "notes": scored.notes,
            "items": [
                {
                    "row": int(scored.rows[index]),
                    "image": pixels_json(scored.inputs[scored.rows[index]]),
                    "value": rounded(number),
                    **texts,
                }
                for index, number, texts in zip(rows, numbers, mistakes.texts(shown), strict=True)
            ],
        }

    def close(self) -> None:
        """Stop the running search within a fraction of a second."""
        self._closing.set()
        self._pool.shutdown(cancel_futures=True)

    def _find(self, model: Served, search: _Search) -> _Found:
        scored = self._scored_split(model)
        search.total = len(scored.rows)
        # A second copy of the model, because the first one is locked while it predicts.
        pretrained = model.load_again()
        ranking = Ranking(scored.tasks)
        for start in range(0, len(scored.rows), BATCH):
            if self._closing.is_set():
                raise CancelledError
            search.done = start
            place = slice(start, start + BATCH)
            predictions = pretrained.predict(scored.inputs[scored.rows[place]])
            ranking.add(predictions, [target[place] for target in scored.targets])
        rows, numbers = ranking.mistakes()
        mistakes = Mistakes(
            scored.tasks,
            rows,
            numbers,
            tuple(target[rows] for target in scored.targets),
            # Once more, because the outputs of all examples, such as masks, may fill the memory.
            pretrained.predict(scored.inputs[scored.rows[rows]]) if len(rows) else None,
        )
        return _Found(scored, mistakes, ranking.measure)

    def _scored_split(self, model: Served) -> ScoredSplit:
        members = [model.pretrained]
        entry = find_scored_dataset(self._catalog, members, None)
        check_fit(entry.spec, members, "test")
        # Once for all models of one data set; by checksum, because folders may have equal names.
        key = (entry.spec.name, entry.spec.sha256)
        if key not in self._datasets:
            self._datasets[key] = load_dataset(entry)
        return make_scored_split(entry.spec, self._datasets[key], members, split="test", classes={})
