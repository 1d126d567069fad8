"""A worker of a search: takes a trial, trains it and reports it, until none is left."""

from __future__ import annotations

import os
import random
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from zoo_core import Run, Scores
from zoo_core.plugin_api import (
    Callbacks,
    Catalog,
    InterruptedTrainingError,
    InvalidValueError,
    Stop,
    TrainingError,
    TrialRunner,
    one_line,
)
from zoo_tune.optuna_params import suggest
from zoo_tune.sampler import GridSampler
from zoo_tune.search import Search
from zoo_tune.workers.heartbeat import heartbeat
from zoo_tune.workers.trial_accounting import (
    REASON,
    WORKER,
    Watch,
    counted_trials,
    give_up,
    ordinal,
)

WAIT = 0.5
"""Seconds between two looks at what other workers do."""


@dataclass(frozen=True)
class Limits:
    """How far a search goes.

    Attributes:
        trials: how many are tried in all, by whomever; None for any number.
        until: when no new one is begun, by `time.monotonic`; None for never.
        patience: seconds without a sign of life after which a trial is done again.
    """

    trials: int | None
    until: float | None
    patience: float


def accuracy(scores: Scores) -> float:
    """Return what a trial is judged by: the share of right labels, of all heads together."""
    return sum(scores.correct) / (scores.total * len(scores.correct))


class Worker:
    """Takes trials of a study and trains them in this process.

    Args:
        catalog: what is installed.
        search: what is searched.
        study: opened with it.
        runner: of the trainings.
        limits: how far it goes.
        stop: whether a signal came.
        changed: is called whenever a trial has come further.
    """

    def __init__(
        self,
        catalog: Catalog,
        search: Search,
        study: optuna.Study,
        *,
        runner: TrialRunner,
        limits: Limits,
        stop: Stop,
        changed: Callable[[], None],
    ) -> None:
        self._catalog, self._search, self._study = catalog, search, study
        self._runner, self._limits, self._stop, self._changed = runner, limits, stop, changed
        self._watch = Watch(limits.patience)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def work(self) -> None:
        """Train until the study is done, time is over, or a signal comes.

        The last trials may be other workers'; theirs are waited for, since they might get lost.
        """
        while not self._stop.signal:
            self._give_up_lost()
            if not self._time_left() or (self._all_taken() and not self._running()):
                return
            taken = None if self._all_taken() else self._take()
            if taken is None:
                self._changed()
                time.sleep(WAIT * random.random())
                continue
            trial, values = taken
            with heartbeat(trial, self._limits.patience):
                self._carry_out(trial, values)
            self._changed()

    def _time_left(self) -> bool:
        return self._limits.until is None or time.monotonic() < self._limits.until

    def _running(self) -> bool:
        return bool(self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))

    def _all_taken(self) -> bool:
        """Say whether as many trials are done or under way as were asked for."""
        trials = self._study.get_trials(deepcopy=False)
        sampler, most = self._study.sampler, self._limits.trials
        if isinstance(sampler, GridSampler) and not sampler.left(trials):
            return True
        return most is not None and len(counted_trials(trials)) >= most

    def _give_up_lost(self) -> None:
        for trial in self._watch.lost(self._study.get_trials(deepcopy=False)):
            if give_up(self._study, trial.number):
                sys.stderr.write(
                    f"zoo: trial {trial.number} of {trial.user_attrs.get(WORKER, 'a worker')} "
                    f"had no heartbeat for {self._limits.patience:g} s and is repeated\n"
                )

    def _take(self) -> tuple[optuna.Trial, Mapping[str, Any]] | None:
        """Begin a trial; None where other workers were faster, and there is none to spare."""
        trial = self._study.ask()
        trial.set_user_attr(WORKER, self._name)
        values = suggest(trial, self._search.space)
        trials = self._study.get_trials(deepcopy=False)
        most = self._limits.trials
        surplus = most is not None and ordinal(trials, trial.number) >= most
        # Whoever takes a combination writes it down and then looks whether another has; of two who
        # do so at the same time, one at least sees the other.
        twice = self._search.grid is not None and any(
            other.params == trial.params
            for other in counted_trials(trials)
            if other.number != trial.number
        )
        if surplus or twice:
            give_up(self._study, trial.number)
            return None
        return trial, values

    def _carry_out(self, trial: optuna.Trial, values: Mapping[str, Any]) -> None:
        try:
            self._train(trial, values)
        except InterruptedTrainingError:
            give_up(self._study, trial.number)
        except UpdateFinishedTrialError:
            sys.stderr.write(
                f"zoo: trial {trial.number} was given up by others while it was trained here: "
                "its result does not count\n"
            )
        except BaseException:  # a fault of the model's or of the data's, or a signal
            give_up(self._study, trial.number)
            raise

    def _train(self, trial: optuna.Trial, values: Mapping[str, Any]) -> None:
        search, callbacks = (
            self._search,
            _TrialCallbacks(trial, self._search.pruning, self._changed),
        )
        started = time.perf_counter()
        scores: list[float] = []
        state, loss = TrialState.COMPLETE, None
        try:
            plan = search.plan_of(self._catalog, values)
            for seed in search.seeds:
                recipe = plan.recipe.model_copy(update={"seed": seed})
                callbacks.first = not scores
                seeded = replace(plan, recipe=recipe)
                fitted = self._runner.train(seeded, callbacks=callbacks, stop=self._stop)
                scores.append(accuracy(fitted.validation))
                loss = fitted.validation.mean_loss if loss is None else loss
        except optuna.TrialPruned as pruned:
            state = TrialState.PRUNED
            trial.set_user_attr(REASON, str(pruned))
        except TrainingError as exc:  # it diverged: samplers learn from what is pruned
            state = TrialState.PRUNED
            trial.set_user_attr(REASON, exc.problem)
        except Exception as exc:
            if not isinstance(exc, InvalidValueError) and not _is_lack_of_memory(exc):
                raise
            state = TrialState.FAIL
            trial.set_user_attr(REASON, one_line(exc))
        trial.set_user_attr("scores", scores)
        trial.set_user_attr("loss", loss)
        trial.set_user_attr("epochs", callbacks.epochs)
        trial.set_user_attr("seconds", round(time.perf_counter() - started, 3))
        try:
            value = sum(scores) / len(scores) if state == TrialState.COMPLETE else None
            self._study.tell(trial, value, state)
        except ValueError as exc:  # what Optuna says of a trial that was finished before
            raise UpdateFinishedTrialError(str(exc)) from exc


def _is_lack_of_memory(exc: Exception) -> bool:
    """Say whether a setting is too large for this machine; torch has an error of its own for it."""
    return isinstance(exc, MemoryError) or type(exc).__name__ == "OutOfMemoryError"


class _TrialCallbacks(Callbacks):
    """Report the scores of a trial's first training to the study, and prune it where hopeless."""

    def __init__(self, trial: optuna.Trial, pruning: bool, changed: Callable[[], None]) -> None:
        self._trial, self._pruning, self._changed = trial, pruning, changed
        self.first = True
        self.epochs = 0

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self.epochs += 1
        if not self.first:
            return
        score = accuracy(Scores(**metrics["validation"]))
        self._trial.report(score, epoch)
        self._changed()
        last = epoch == run.recipe.epochs
        if self._pruning and not last and self._trial.should_prune():
            raise optuna.TrialPruned(
                f"stopped after {epoch} of {run.recipe.epochs} epochs, at {score:.2%}"
            )
