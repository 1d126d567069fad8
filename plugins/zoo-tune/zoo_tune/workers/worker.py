"""A worker of a search: trains one trial after another and reports the scores."""

from __future__ import annotations

import math
import os
import random
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import TPESampler
from optuna.trial import TrialState

from zoo_core import Callbacks, Run, Scores, Task
from zoo_core.plugin_api import (
    Catalog,
    InterruptedTrainingError,
    InvalidValueError,
    Stop,
    TrainingError,
    TrialRunner,
    is_share,
    one_line,
    print_lines,
    signed_mean,
)
from zoo_tune.leaderboard import score_text
from zoo_tune.optuna_params import suggest
from zoo_tune.search import Search
from zoo_tune.workers.heartbeat import StaleTrials, heartbeat
from zoo_tune.workers.trial_accounting import QUEUED, REASON, WORKER, counted_trials, give_up

WAIT = 0.5
"""Maximum seconds between two polls of the storage."""


def accuracy(scores: Scores, tasks: Sequence[Task], chosen: str = "") -> float:
    """Return the score of a trial, of which a higher one is better.

    It is the mean over the heads of the metric that the recipe chooses epochs by, if it names one,
    negative if lower is better. Otherwise it is the mean accuracy, or other share, of all heads; if
    a head has none, minus the mean loss.
    """
    if chosen:
        return signed_mean(tasks, scores[chosen], chosen)
    if "correct" in scores.metrics and None not in scores["correct"]:
        return float(sum(scores["correct"]) / (scores.total * len(scores["correct"])))
    if all(is_share(name) for name in scores.headline_names):
        return sum(scores.headline_values) / len(scores.headline_values)
    return -scores.mean_loss


@dataclass
class Worker:
    """Trains trials of a study in this process.

    Attributes:
        catalog: the installed plugins.
        search: the settings of the search.
        study: Optuna's study, opened with `search`.
        runner: the runner of the trainings.
        stop: the flag that a signal sets.
        patience: seconds without a heartbeat after which a trial is repeated.
        until: time by `time.monotonic` after which no trial begins.
    """

    catalog: Catalog
    search: Search
    study: optuna.Study
    runner: TrialRunner
    stop: Stop
    patience: float
    until: float = math.inf

    def work(self, changed: Callable[[], None]) -> None:
        """Train until the study is complete, the time is over, or a signal arrives.

        Args:
            changed: a callback after each epoch, each trial and each poll.
        """
        stale = StaleTrials(self.patience)
        # The trials of other workers are waited for, because a worker that dies leaves its trial.
        while not self.stop.signal and time.monotonic() < self.until and not self._is_complete():
            for lost in stale.find(self.study.get_trials(deepcopy=False)):
                if give_up(self.study, lost.number):
                    print_lines(
                        f"zoo: trial {lost.number} of {lost.user_attrs.get(WORKER, 'a worker')} "
                        f"had no heartbeat for {self.patience:g} s and is repeated",
                        err=True,
                    )
            trial = self._take()
            if trial is None:
                # Random, because workers that collided once would poll in step and collide again.
                time.sleep(WAIT * random.random())
            else:
                with heartbeat(trial, self.patience):
                    self._carry_out(trial, changed)
            changed()

    def _is_complete(self) -> bool:
        trials = counted_trials(self.study.get_trials(deepcopy=False))
        return self._is_enough(len(trials)) and all(trial.state.is_finished() for trial in trials)

    def _is_enough(self, count: int) -> bool:
        return self.search.trials is not None and count >= self.search.trials

    def _take(self) -> optuna.Trial | None:
        """Create a trial; return None if none is left, or if workers collided."""
        trials = counted_trials(self.study.get_trials(deepcopy=False))
        # A waiting trial was queued by a worker that may be dead. `Study.ask` returns it first.
        if not any(trial.state == TrialState.WAITING for trial in trials):
            if self._is_enough(len(trials)):
                return None
            self._enqueue_missing(trials)
        trial = self.study.ask()
        trial.set_user_attr(WORKER, f"{socket.gethostname()}:{os.getpid()}")
        # Storages have no transaction over "count the trials, then create one". Workers therefore
        # create a trial first, and the one with the smaller number has priority.
        trials = counted_trials(self.study.get_trials(deepcopy=False))
        earlier = [other for other in trials if other.number < trial.number]
        queued = trial.user_attrs.get(QUEUED)
        # Without queued parameters if another worker was faster to take the waiting trial.
        is_wrong = self.search.grid if queued is None else queued in map(_given, earlier)
        if is_wrong or self._is_enough(len(earlier)):
            give_up(self.study, trial.number)
            return None
        # A new sampler for each trial, seeded by the number of counted trials before it: a search
        # that was interrupted and resumed then proposes the trials of one that was not. That
        # number only ever decreases, so no two counted trials have the same seed.
        words = np.random.SeedSequence([self.search.seed, len(earlier)]).generate_state(1)
        self.study.sampler = TPESampler(seed=int(words[0]))
        return trial

    def _enqueue_missing(self, trials: list[optuna.trial.FrozenTrial]) -> None:
        """Enqueue the first parameters of the search's queue that no trial has."""
        # Not all at once with `skip_if_exists`, because that is not atomic (four workers enqueued
        # a grid of 6 as 17 trials) and skips parameters whose only trial was interrupted.
        known = list(map(_given, trials))
        for params in self.search.queue:
            if params not in known:
                self.study.enqueue_trial(dict(params), user_attrs={QUEUED: params})
                return

    def _carry_out(self, trial: optuna.Trial, changed: Callable[[], None]) -> None:
        try:
            # Not in `_take`, because sampling may take seconds and needs the heartbeat.
            self._train(trial, suggest(trial, self.search.space), changed)
        except InterruptedTrainingError:
            give_up(self.study, trial.number)  # `work` ends, because `stop` is set
        except UpdateFinishedTrialError:
            print_lines(
                f"zoo: trial {trial.number} was repeated by another worker while it was trained "
                "here; this result does not count",
                err=True,
            )
        except BaseException:  # an error in the model or in the data
            give_up(self.study, trial.number)
            raise

    def _train(
        self, trial: optuna.Trial, values: Mapping[str, Any], changed: Callable[[], None]
    ) -> None:
        callbacks = _TrialCallbacks(trial, self.search.pruning, changed)
        started = time.perf_counter()
        fits: list[Scores] = []
        state, reason = TrialState.COMPLETE, ""
        try:
            plan = self.search.plan_of(self.catalog, values)
            for each in self.search.trainings(plan):
                fitted = self.runner.train(
                    each, callbacks=callbacks, stop=self.stop, on_fold=self.search.folds > 0
                )
                fits.append(fitted.validation)
                callbacks.reports = False
        except optuna.TrialPruned as pruned:
            state, reason = TrialState.PRUNED, str(pruned)
        except TrainingError as exc:
            # It diverged. PRUNED, because samplers ignore failed trials and learn from pruned ones.
            state, reason = TrialState.PRUNED, exc.problem
        except Exception as exc:
            # torch's error by its name, because torch must not be imported for it.
            is_expected = isinstance(exc, InvalidValueError | MemoryError)
            if not is_expected and type(exc).__name__ != "OutOfMemoryError":
                raise
            state, reason = TrialState.FAIL, one_line(exc)
        scores = [accuracy(each, plan.tasks, plan.recipe.choose_by) for each in fits]
        trial.set_user_attr("scores", scores)
        trial.set_user_attr("loss", fits[0].mean_loss if fits else None)
        trial.set_user_attr("epochs", callbacks.epochs)
        trial.set_user_attr("seconds", round(time.perf_counter() - started, 3))
        if reason:  # last, because a trial with a reason counts even if its worker dies now
            trial.set_user_attr(REASON, reason)
        value = sum(scores) / len(scores) if state == TrialState.COMPLETE else None
        try:
            self.study.tell(trial, value, state)
        except ValueError as exc:  # `tell` raises it for a trial that another worker has failed
            raise UpdateFinishedTrialError(str(exc)) from exc


def _given(trial: optuna.trial.FrozenTrial) -> Any:
    """Return the parameters that a trial was queued with, or else those it was given."""
    return trial.user_attrs.get(QUEUED, trial.params)


class _TrialCallbacks(Callbacks):
    """Report the learning curve of a trial's first training to Optuna, and prune the trial."""

    def __init__(self, trial: optuna.Trial, pruning: bool, changed: Callable[[], None]) -> None:
        self._trial, self._pruning, self._changed = trial, pruning, changed
        # Of several trainings only the first reports, because Optuna keeps one value per step.
        self.reports = True
        self.epochs = 0

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self.epochs += 1
        if not self.reports:
            return
        scores = Scores.from_json(metrics["validation"])
        score = accuracy(scores, run.tasks, run.recipe.choose_by)
        self._trial.report(score, epoch)
        self._changed()
        # A training that ends now, by its recipe, is whole.
        last = epoch == metrics.get("ended", {}).get("last", run.recipe.epochs)
        if self._pruning and not last and self._trial.should_prune():
            raise optuna.TrialPruned(
                f"stopped after {epoch} of {run.recipe.epochs} epochs, at {score_text(score)}"
            )
