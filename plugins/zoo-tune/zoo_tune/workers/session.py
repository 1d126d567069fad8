"""A search under way on this machine: alone, with workers of its own, or as one of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna

from zoo_core.plugin_api import Catalog, Stop, TrialRunner, physical_cores
from zoo_tune.search import Search
from zoo_tune.workers.worker import Limits, Worker
from zoo_tune.workers.worker_pool import run_workers


@dataclass(frozen=True)
class Session:
    """What it takes to work on a study.

    Attributes:
        catalog: what is installed.
        search: what is searched.
        study: opened with it.
        limits: how far it goes.
        workers: how many processes train.
        device: of each.
        threads: of each; None for a fair share of the cores.
        stop: set by a signal.
    """

    catalog: Catalog
    search: Search
    study: optuna.Study
    limits: Limits
    workers: int
    device: str
    threads: int | None
    stop: Stop

    def run(self, words: Sequence[str], changed: Callable[[], None]) -> None:
        """Work until the study is done, in this process or by several.

        Args:
            words: of the command, for further processes.
            changed: is called whenever a trial may have come further.
        """
        if self.workers == 1:
            self._work(changed)
        else:
            run_workers(words, self.workers, self.study, self.stop, changed)

    def work_for(self, parent: int) -> None:
        """Be one of the workers of the process with a number, for as long as that is there."""

        def stop_if_orphaned() -> None:
            if os.getppid() != parent:
                self.stop.request(signal.SIGTERM)

        self._work(stop_if_orphaned)

    def _work(self, changed: Callable[[], None]) -> None:
        fair = max(physical_cores() // self.workers, 1) if self.workers > 1 else None
        worker = Worker(
            self.catalog,
            self.search,
            self.study,
            runner=TrialRunner(self.catalog, device=self.device, threads=self.threads or fair),
            limits=self.limits,
            stop=self.stop,
            changed=changed,
        )
        worker.work()
