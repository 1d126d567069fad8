"""A worker's sign of life, beside the training."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from optuna import Trial

from zoo_tune.workers.trial_accounting import BEAT

MAX_SECONDS = 5.0
"""Seconds between two signs at the most."""


@contextlib.contextmanager
def heartbeat(trial: Trial, patience: float) -> Iterator[None]:
    """Give signs of life for a trial inside the block, several in the patience that others have."""
    over = threading.Event()

    def beat() -> None:
        number = 0
        while not over.wait(min(MAX_SECONDS, patience / 6)):
            number += 1
            # A storage that cannot be reached for a moment may be the next time; and a trial that
            # was given up meanwhile is noticed by whoever tells of its end.
            with contextlib.suppress(Exception):
                trial.set_user_attr(BEAT, number)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
