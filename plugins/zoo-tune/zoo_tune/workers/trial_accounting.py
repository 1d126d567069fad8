"""Trial accounting: user attributes of trials, and the trials that count.

A trial counts from its creation on. One that was interrupted, or whose worker died, is failed
without a reason and no longer counts: another trial replaces it.
"""

from __future__ import annotations

from collections.abc import Iterable

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

REASON = "reason"
"""User attribute of a trial: the reason why it was pruned or failed."""
WORKER = "worker"
"""User attribute of a trial: ``host:pid`` of its worker."""
QUEUED = "queued"
"""User attribute of a trial with given parameters: those parameters."""


def counted_trials(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that count towards ``--trials``."""
    # A trial that failed for a reason (it was too large for the memory) counts, because it would
    # fail again.
    return [t for t in trials if t.state != TrialState.FAIL or REASON in t.user_attrs]


def give_up(study: Study, number: int) -> bool:
    """Fail a trial so that it no longer counts, unless it is already finished.

    Returns:
        Whether this call failed the trial; of several workers, one gets True.
    """
    try:
        study.tell(number, state=TrialState.FAIL)
    except (UpdateFinishedTrialError, ValueError):  # the latter if `tell` finds it finished
        return False
    return True
