"""Worker heartbeats: a live worker updates its trial, and a trial without updates is stale.

Optuna's own heartbeat (``RDBStorage(heartbeat_interval=…)``) would lose and repeat trials: journals
have none, a trial whose worker dies before its first heartbeat stays RUNNING, and the heartbeat of
a live worker ends at the first write that fails.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator

from optuna import Trial
from optuna.trial import FrozenTrial, TrialState

BEAT = "beat"
"""User attribute of a trial: number of its latest heartbeat."""

MAX_SECONDS = 5.0
"""Maximum seconds between two heartbeats."""


@contextlib.contextmanager
def heartbeat(trial: Trial, patience: float) -> Iterator[None]:
    """Send heartbeats for a trial from a background thread inside the block.

    Args:
        trial: the trial that this process trains.
        patience: seconds without a heartbeat after which other workers consider it stale.
    """
    over = threading.Event()

    def beat() -> None:
        number = 0
        # Six per patience, because a slow storage may delay or lose several of them.
        while not over.wait(min(MAX_SECONDS, patience / 6)):
            number += 1
            # A storage that fails now may work the next time. If another worker has failed this
            # trial in the meantime, `Study.tell` raises the error where it can be handled.
            with contextlib.suppress(Exception):
                trial.set_user_attr(BEAT, number)

    # A daemon, because a process that exits in the middle of a trial must not wait for it.
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class StaleTrials:
    """Finds running trials whose heartbeat has stopped.

    Args:
        patience: seconds without a new heartbeat after which a trial is stale.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[tuple[int, object], float] = {}

    def find(self, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
        """Return the running trials without a new heartbeat since `patience` seconds."""
        # Seconds count from the moment when this process first saw a heartbeat. Heartbeats have
        # no time of their own, because the clocks of two machines may differ.
        now = time.monotonic()
        running = {
            (trial.number, trial.user_attrs.get(BEAT)): trial
            for trial in trials
            if trial.state == TrialState.RUNNING
        }
        self._since = {key: self._since.get(key, now) for key in running}
        return [t for key, t in running.items() if now - self._since[key] > self._patience]
