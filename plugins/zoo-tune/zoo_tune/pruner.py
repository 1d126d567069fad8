"""The pruner: stops trials that are not among the best third."""

from __future__ import annotations

import math

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial

from zoo_tune.workers.trial_accounting import counted_trials

PARTS = 4
"""Number of parts of a training; a trial may be pruned at the end of each but the last."""

KEPT = 3
"""Reduction factor: one trial in `KEPT` continues."""


class BestThirdPruner(BasePruner):
    """Prunes a trial that is not among the best third of those with as many epochs.

    It decides after a quarter, a half and three quarters of the epochs: asynchronous successive
    halving (Li et al., 2018) with evenly spaced rungs.

    Args:
        epochs: number of epochs of each trial.
    """

    # Not Optuna's SuccessiveHalvingPruner: its rungs grow exponentially, and interrupted trials
    # count there, so that a resumed search would prune different trials. Not its PercentilePruner:
    # it compares with complete trials only, which are the best ones because of pruning.

    def __init__(self, epochs: int) -> None:
        self._rungs = {math.ceil(part * epochs / PARTS) for part in range(1, PARTS)} - {epochs}

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None or step not in self._rungs:
            return False
        reached = [
            other.intermediate_values[step]
            for other in counted_trials(study.get_trials(deepcopy=False))
            if step in other.intermediate_values
        ]
        # At least one continues, because the first trials have nothing to be compared with.
        best = sorted(reached, reverse=True)[: max(len(reached) // KEPT, 1)]
        return trial.intermediate_values[step] < best[-1]
