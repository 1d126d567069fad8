"""Micro-batching: a free worker gets all requests that wait for one model."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from zoo_serve.front.metrics import Metrics
from zoo_serve.front.responses import HttpError, Response
from zoo_serve.messages import Request
from zoo_serve.settings import MIB, Settings

MAX_ATTEMPTS = 3
"""Maximum number of workers that a request may be sent to: with others, then twice alone."""

MAX_BATCH_BYTES = 32 * MIB
"""Maximum bytes of the bodies in a batch of several requests."""


@dataclass(slots=True, eq=False)
class Entry:
    """A request that waits for its response.

    Attributes:
        model: name of the model.
        request: the request.
        arrived: time of its arrival in the queue.
        future: the response.
        attempts: number of workers that it was sent to.
    """

    model: str
    request: Request
    arrived: float
    future: asyncio.Future[Response]
    attempts: int = 0


class Computer(Protocol):
    """A worker as the dispatcher sees it."""

    def send(self, entries: list[Entry]) -> None:
        """Send a batch of requests for one model."""


class Dispatcher:
    """Queues of requests by model, and the workers that are free.

    Args:
        settings: limits.
        metrics: metrics.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._queues: dict[str, deque[Entry]] = {}
        # Requests of a worker that has died; each is sent alone, because one may be the cause.
        self._suspects: deque[Entry] = deque()
        self._free: deque[Computer] = deque()
        self._is_scheduled = False
        self._loop = asyncio.get_running_loop()

    def __len__(self) -> int:
        """Return the number of waiting requests."""
        return len(self._suspects) + sum(map(len, self._queues.values()))

    async def submit(self, model: str, request: Request) -> Response:
        """Wait for the response to a request.

        Raises:
            HttpError: 503 if too many requests wait, 504 after a timeout, 500 if workers died.
        """
        if len(self) >= self._settings.max_queue:
            raise HttpError(
                503,
                f"expected at most {self._settings.max_queue} waiting requests. "
                "Send the request again in a second.",
                [(b"retry-after", b"1")],
            )
        loop = self._loop
        entry = Entry(model, request, loop.time(), loop.create_future())
        self._queues.setdefault(model, deque()).append(entry)
        self._schedule()
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await entry.future
        except TimeoutError as exc:
            seconds = self._settings.timeout
            raise HttpError(504, f"expected a prediction within {seconds:g} s") from exc
        finally:
            if not entry.future.done() or entry.future.cancelled():
                self._forget(entry)

    def add_free(self, worker: Computer) -> None:
        """Add a worker that can compute a batch."""
        self._free.append(worker)
        self._schedule()

    def remove(self, worker: Computer) -> None:
        """Remove a worker, which need not be free."""
        if worker in self._free:
            self._free.remove(worker)

    def retry(self, entries: list[Entry]) -> None:
        """Queue the requests of a worker that has died, each for a batch of its own."""
        for entry in entries:
            if entry.future.done():
                continue
            if entry.attempts < MAX_ATTEMPTS:
                self._suspects.append(entry)
            else:
                problem = f"the worker process died, {entry.attempts} times, during this request"
                entry.future.set_exception(HttpError(500, problem))
        self._schedule()

    def _schedule(self) -> None:
        # In the next iteration of the loop, so that a batch has all requests that arrive in this.
        if not self._is_scheduled and self._free:
            self._is_scheduled = True
            self._loop.call_soon(self._dispatch)

    def _dispatch(self) -> None:
        self._is_scheduled = False
        while self._free and (batch := self._next_batch()):
            for entry in batch:
                entry.attempts += 1
            self._metrics.record_batch(batch[0].model, len(batch))
            self._free.popleft().send(batch)

    def _next_batch(self) -> list[Entry]:
        if self._suspects:
            return [self._suspects.popleft()]
        waiting = [queue for queue in self._queues.values() if queue and self._is_due(queue)]
        if not waiting:
            return []
        queue = min(waiting, key=lambda queue: queue[0].arrived)
        # Shared among the free workers, so that all cores compute.
        size = min(self._settings.max_batch, -(-len(queue) // len(self._free)))
        return [*_take(queue, size)]

    def _is_due(self, queue: deque[Entry]) -> bool:
        """Return whether a batch need not wait for further requests."""
        delay = self._settings.max_delay
        if not delay or len(queue) >= self._settings.max_batch:
            return True
        remaining = queue[0].arrived + delay - self._loop.time()
        if remaining > 0:
            self._loop.call_later(remaining, self._schedule)
        return remaining <= 0

    def _forget(self, entry: Entry) -> None:
        for queue in (self._queues[entry.model], self._suspects):
            if entry in queue:
                queue.remove(entry)


def _take(queue: deque[Entry], size: int) -> Iterator[Entry]:
    """Remove and yield at most `size` requests, of limited bytes in total."""
    held = 0
    while queue and size:
        held += len(queue[0].request.body)
        if held > MAX_BATCH_BYTES and held > len(queue[0].request.body):
            return
        size -= 1
        yield queue.popleft()
