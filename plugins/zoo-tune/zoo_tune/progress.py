"""Progress of a search: one line per trial, and a progress bar on a terminal."""

from __future__ import annotations

import optuna
from optuna.trial import FrozenTrial, TrialState

from zoo_core.plugin_api import ProgressBar
from zoo_tune.leaderboard import score_text, settings
from zoo_tune.optuna_params import trial_values
from zoo_tune.search import Search
from zoo_tune.workers.trial_accounting import REASON, counted_trials


class Board:
    """Prints each trial that ends, also those of other workers.

    Args:
        search: the settings of the search.
        study: the study of the search.
        quiet: whether to draw the progress bar only.
    """

    def __init__(self, search: Search, study: optuna.Study, *, quiet: bool) -> None:
        self._search, self._study = search, study
        # The trials of an earlier command are not printed again.
        self._printed = {trial.number for trial in self._finished()}
        self._bar = ProgressBar(quiet=quiet, text_first=False)

    def __enter__(self) -> Board:
        self._bar.start(self._search.trials)
        self.update()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self) -> None:
        """Fetch the study, print the trials that have ended, and draw the progress bar."""
        finished = self._finished()
        for trial in finished:
            if trial.number not in self._printed:
                self._printed.add(trial.number)
                self._bar.say(self._line(trial))
        if self._bar.drawn:  # because a second query of the storage is only for the bar
            self._bar.update(len(finished), self._search.trials, self._status(finished))

    def _finished(self) -> list[FrozenTrial]:
        trials = counted_trials(self._study.get_trials(deepcopy=False))
        return [trial for trial in trials if trial.state.is_finished()]

    def _line(self, trial: FrozenTrial) -> str:
        values = settings(trial_values(trial.params, self._search.space))
        seconds = f"{trial.user_attrs.get('seconds', 0):.1f} s"
        if trial.state == TrialState.COMPLETE and trial.value is not None:
            return f"Trial {trial.number}: {score_text(trial.value)} with {values}; {seconds}"
        prefix = "failed: " if trial.state == TrialState.FAIL else ""
        reason = f"{prefix}{trial.user_attrs.get(REASON)}"
        return f"Trial {trial.number}: {reason}, with {values}; {seconds}"

    def _status(self, finished: list[FrozenTrial]) -> str:
        """Return the best score and the epochs of the running trials."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        epochs = ", ".join(f"trial {t.number} epoch {t.last_step or 0}" for t in running)
        values = [t.value for t in finished if t.state == TrialState.COMPLETE and t.value]
        best = f"best {score_text(max(values))}" if values else ""
        return " · ".join(filter(None, [best, epochs]))
