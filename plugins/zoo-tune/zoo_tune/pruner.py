"""The pruner: stops trials that are not among the best third."""

from __future__ import annotations

import math

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from zoo_tune.workers.trial_accounting import counted_trials

PARTS = 4
"""Parts of a training, at the end of each of which, but for the last, a trial may be stopped."""

KEPT = 3
"""One in so many goes on."""


class BestThirdPruner(BasePruner):
    """Stops a trial that is not in the best third of those that came as far.

    That is asked after a quarter, a half and three quarters of the epochs: asynchronous successive
    halving (Li et al., 2018) with even stations and no state of its own. What was interrupted does
    not count, so that a search that goes on is the search that was not stopped.

    Args:
        epochs: of each trial.
    """

    def __init__(self, epochs: int) -> None:
        self._stations = {math.ceil(part * epochs / PARTS) for part in range(1, PARTS)} - {epochs}

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step not in self._stations:
            return False
        came = [
            other.intermediate_values[step]
            for other in counted_trials(study.get_trials(deepcopy=False))
            if step in other.intermediate_values
        ]
        best = sorted(came, reverse=True)[: max(len(came) // KEPT, 1)]
        return trial.intermediate_values[step] < best[-1]
