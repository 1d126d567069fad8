"""Predictions of every model of a task for one drawing."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from zoo_core import ZooError
from zoo_core.plugin_api import one_line, physical_cores
from zoo_demo.drawing import decode, pixels_json
from zoo_demo.models import Served
from zoo_demo.tasks import Task

MAX_WAITING = 256
"""Drawings that may wait; whoever comes then is told to come again."""


class BusyError(ZooError):
    """More drawings are waiting than can be read soon."""


class ReaderThreads:
    """A few threads that read drawings, so that the server goes on listening."""

    def __init__(self) -> None:
        # At least two, because one large photo would hold up everybody. A drawing is predicted by
        # one model after another, because handing a small model to a thread takes longer.
        self._pool = ThreadPoolExecutor(max(2, physical_cores()), "zoo-demo-read")
        self._waiting = 0

    async def read(self, task: Task, body: bytes) -> dict[str, Any]:
        """Return what the models of a task read in an image file.

        Raises:
            DataError: it is not an image that can be read.
            BusyError: too many are waiting.
        """
        if self._waiting >= MAX_WAITING:
            raise BusyError(f"{self._waiting} drawings are waiting", hint="Try again in a second.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, read_drawing, task, body)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(cancel_futures=True)


def read_drawing(task: Task, body: bytes) -> dict[str, Any]:
    """Return what models read in an image file, and the image that they were given.

    One after another: a small model takes less time than handing it to another thread and back.
    """
    started = time.perf_counter()
    image = task.reader(decode(body, task.shape[0]))
    prepared = time.perf_counter()
    return {
        "task": task.id,
        "image": pixels_json(image),
        "preparing_ms": _ms(prepared - started),
        "answers": [_describe(model, task, image) for model in task.models],
        "all_ms": _ms(time.perf_counter() - started),
    }


def _describe(model: Served, task: Task, image: Any) -> dict[str, Any]:
    try:
        read = model.read(image)
    except Exception as exc:  # a plugin's, whatever it is: the other models answer
        return {"id": model.id, "error": one_line(exc)}
    return {
        "id": model.id,
        "labels": read.labels,
        "names": [names[label] for names, label in zip(task.classes, read.labels, strict=True)],
        "probabilities": [[round(share, 6) for share in head] for head in read.probabilities],
        "ms": _ms(read.seconds),
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 3)
