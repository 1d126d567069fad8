"""The sampler: values of a trial from the search's seed and the trials before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from zoo_tune.optuna_params import Plain
from zoo_tune.workers.trial_accounting import counted_trials, ordinal

Params = Mapping[str, Plain]


class SeededSampler(BaseSampler):
    """Optuna's TPE, its random numbers drawn anew for each trial.

    What comes next depends on nothing but what is in the storage: a search that was interrupted and
    goes on is the search that was not.

    Args:
        seed: of the search.
        first: what the first trial tries; empty for whatever comes.
    """

    def __init__(self, seed: int, first: Params) -> None:
        self._seed, self._first = seed, first
        self._given: Params = {}
        self._tpe = TPESampler()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        place = ordinal(study.get_trials(deepcopy=False), trial.number)
        words = np.random.SeedSequence([self._seed, place]).generate_state(1)
        self._tpe = TPESampler(seed=int(words[0]))
        self._given = self._first if place == 0 else {}

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {} if self._given else self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._tpe.sample_relative(study, trial, search_space) if search_space else {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        if param_name in self._given:
            return self._given[param_name]
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        self._tpe.after_trial(study, trial, state, values)


class GridSampler(BaseSampler):
    """The first combination of a grid that no trial has.

    Several workers may take the same one at a time; see `zoo_tune.workers.worker`.

    Args:
        grid: every combination, in the order in which they are tried.
    """

    def __init__(self, grid: Sequence[Params]) -> None:
        self._grid = grid
        self._given: Params = {}

    def left(self, trials: Sequence[FrozenTrial]) -> list[Params]:
        """Return the combinations that no trial that counts has."""
        taken = [trial.params for trial in counted_trials(trials)]
        return [params for params in self._grid if params not in taken]

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        others = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number]
        self._given = next(iter(self.left(others)), self._grid[0])

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self._given[param_name]
