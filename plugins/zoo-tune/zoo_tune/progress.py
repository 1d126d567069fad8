"""Progress of a search: a line per trial, and a bar on a terminal."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial, TrialState

from zoo_core.plugin_api import ProgressBar, Space
from zoo_tune.leaderboard import settings
from zoo_tune.optuna_params import trial_values
from zoo_tune.workers.trial_accounting import REASON, counted_trials


class Board:
    """Tells of each trial that ends, whoever trained it.

    Args:
        study: the search.
        space: its values.
        total: how many trials there will be; None where that is not known.
        quiet: draw the bar alone.
    """

    def __init__(
        self, study: optuna.Study, space: Space, total: int | None, *, quiet: bool
    ) -> None:
        self._study, self._space, self._total = study, space, total
        self._told: set[int] = {trial.number for trial in self._finished()}
        self._bar = ProgressBar(quiet=quiet, text_first=False)

    def __enter__(self) -> Board:
        self._bar.start(self._total)
        self.update()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self) -> None:
        """Look at the study, and tell of what is new."""
        finished = self._finished()
        for trial in finished:
            if trial.number not in self._told:
                self._told.add(trial.number)
                self._bar.say(self._line(trial))
        if self._bar.drawn:
            self._bar.update(len(finished), self._total, self._now(finished))

    def _finished(self) -> list[FrozenTrial]:
        trials = counted_trials(self._study.get_trials(deepcopy=False))
        return [trial for trial in trials if trial.state.is_finished()]

    def _line(self, trial: FrozenTrial) -> str:
        values = settings(trial_values(trial.params, self._space))
        took = f"{trial.user_attrs.get('seconds', 0):.1f} s"
        if trial.state == TrialState.COMPLETE and trial.value is not None:
            return f"Trial {trial.number}: {trial.value:.2%} with {values}; {took}"
        how = "failed: " if trial.state == TrialState.FAIL else ""
        return f"Trial {trial.number}: {how}{trial.user_attrs.get(REASON)}, with {values}; {took}"

    def _now(self, finished: list[FrozenTrial]) -> str:
        """Return which trials are under way, and how good the best is."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        under_way = ", ".join(f"trial {t.number} epoch {t.last_step or 0}" for t in running)
        values = [t.value for t in finished if t.state == TrialState.COMPLETE and t.value]
        best = f"best {max(values):.2%}" if values else ""
        return " · ".join(filter(None, [best, under_way]))
