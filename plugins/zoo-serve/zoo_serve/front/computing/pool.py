"""The pool of worker processes: started, restarted after a crash, replaced one by one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from typing import Any

from zoo_core import ZooError
from zoo_core.plugin_api import print_lines
from zoo_serve.front.computing.batching import Dispatcher
from zoo_serve.front.computing.worker import Facts, Worker
from zoo_serve.front.metrics import Metrics
from zoo_serve.settings import Settings
from zoo_serve.targets import Target

BACKOFF, MAX_BACKOFF = 0.5, 30.0
"""Minimum and maximum seconds before another start of a worker that cannot load the models."""

CHECK = 1.0
"""Seconds between checks for workers that hang."""

LAST_BATCH = 5.0
"""Maximum seconds for the last batches when the server ends."""


class Pool:
    """The worker processes, each with all models.

    Args:
        settings: number of workers and limits.
        dispatcher: receiver of free workers, and of the requests of those that died.
        metrics: metrics.
    """

    def __init__(self, settings: Settings, dispatcher: Dispatcher, metrics: Metrics) -> None:
        self._settings, self._dispatcher, self._metrics = settings, dispatcher, metrics
        self._targets: list[Target] = []
        self._generation = 0  # number of replacements of the targets
        self._workers: list[Worker] = []  # ready
        self._alive: set[Worker] = set()  # also those that compute their last batch
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    @property
    def ready(self) -> list[Worker]:
        """Workers that have loaded the models."""
        return [*self._workers]

    async def start(self, targets: Sequence[Target]) -> Facts:
        """Start all workers, and return the facts of the models when they are loaded.

        Raises:
            ZooError: a worker cannot load them.
        """
        self._targets = [*targets]
        count = self._settings.workers
        first, *_ = await asyncio.gather(*(self._start_one(targets, 0) for _ in range(count)))
        self._run(self._watch_hanging())
        return first

    async def replace(self, targets: Sequence[Target]) -> Facts:
        """Replace all workers one by one by workers with other models; return the models' facts.

        Raises:
            ZooError: a worker cannot load them; the others go on with the old models.
        """
        next_one = self._generation + 1
        facts = await self._start_one(targets, next_one)
        # Those that are restarted from now on load them, too.
        self._targets, self._generation = [*targets], next_one
        while True:
            old = [worker for worker in self._workers if worker.generation < next_one]
            if not old:
                return facts
            self._retire(old[0])
            if len(old) > 1:
                await self._start_one(targets, next_one)

    async def stop(self) -> None:
        """End all workers and wait for them."""
        self._is_stopping = True
        for worker in self.ready:
            self._retire(worker)
        ends = [asyncio.ensure_future(worker.wait_ended()) for worker in self._alive]
        if ends and (await asyncio.wait(ends, timeout=LAST_BATCH))[1]:
            for worker in [*self._alive]:
                worker.kill()
            await asyncio.wait(ends)
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _start_one(self, targets: Sequence[Target], generation: int) -> Facts:
        worker = Worker(self._dispatcher.add_free, generation)
        try:
            await worker.start(targets, self._settings)
            facts = await worker.ready
            if generation < self._generation:
                raise ZooError("the models were replaced while they were loaded")
        except BaseException:  # also if this task is cancelled
            worker.kill()
            raise
        self._workers.append(worker)
        self._alive.add(worker)
        self._metrics.workers.set(len(self._workers))
        self._dispatcher.add_free(worker)
        self._run(self._supervise(worker))
        return facts

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _retire(self, worker: Worker) -> None:
        self._dispatcher.remove(worker)
        self._remove(worker)
        worker.retire()

    def _remove(self, worker: Worker) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            self._metrics.workers.set(len(self._workers))

    async def _supervise(self, worker: Worker) -> None:
        """Wait for the end of a worker; start another one if it was not retired."""
        await worker.ended.wait()
        self._dispatcher.remove(worker)
        self._remove(worker)
        entries, worker.entries = worker.entries, []
        self._dispatcher.retry(entries)
        await worker.wait_ended()
        self._alive.discard(worker)
        if worker.is_retiring or self._is_stopping:
            return
        self._metrics.restarts.inc()
        delay = BACKOFF
        while True:
            try:
                await self._start_one(self._targets, self._generation)
                return
            except (ZooError, OSError) as exc:
                print_lines(f"zoo: a worker cannot be restarted: {exc}", err=True)
                await asyncio.sleep(delay)
                delay = min(2 * delay, MAX_BACKOFF)

    async def _watch_hanging(self) -> None:
        """Kill workers whose batch takes far longer than any request may."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(CHECK)
                latest = loop.time() - 2 * self._settings.timeout
                for worker in [*self._alive]:
                    if worker.entries and worker.busy_since < latest:
                        worker.kill()
