"""Trial accounting: which trials of a study count, and their workers.

Workers that share a study agree by nothing but its storage. Each trial counts once it is begun; one
that was interrupted, or whose worker is gone, is failed without a reason, and counts no more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

REASON = "reason"
"""User attribute of a trial that was stopped early or failed: why."""
BEAT = "beat"
"""User attribute of a trial: a number that its worker changes as long as it lives."""
WORKER = "worker"
"""User attribute of a trial: whose it is."""


def counts(trial: FrozenTrial) -> bool:
    """Say whether a trial is one of those that were asked for."""
    return trial.state != TrialState.FAIL or REASON in trial.user_attrs


def counted_trials(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return those that count."""
    return [trial for trial in trials if counts(trial)]


def ordinal(trials: Sequence[FrozenTrial], number: int) -> int:
    """Return how many trials before this one count.

    Trials only ever cease to count, so that another worker that knows of fewer such cases takes a
    number for greater than it is, never for less: no two trials that are kept share one.
    """
    return sum(trial.number < number for trial in counted_trials(trials))


def give_up(study: Study, number: int) -> bool:
    """Fail a trial so that it no longer counts, unless it was finished meanwhile.

    Returns:
        Whether it was failed.
    """
    try:
        study.tell(number, state=TrialState.FAIL)
    except (UpdateFinishedTrialError, ValueError):
        return False
    return True


class Watch:
    """Finds the trials whose workers are gone.

    A worker that lives changes its trial's beat; by this process's clock alone, so that those of
    other machines may be wrong.

    Args:
        patience: seconds without a change after which a worker is taken to be gone.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._seen: dict[int, tuple[object, float]] = {}

    def lost(self, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
        """Return the running trials whose beat has not changed for too long."""
        now, gone = time.monotonic(), []
        for trial in trials:
            if trial.state != TrialState.RUNNING:
                continue
            beat = trial.user_attrs.get(BEAT)
            known, since = self._seen.get(trial.number, (None, now))
            if trial.number not in self._seen or known != beat:
                self._seen[trial.number] = (beat, now)
            elif now - since > self._patience:
                gone.append(trial)
        return gone
