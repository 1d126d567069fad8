"""What a person sees of a search under way: a line a trial, and a bar on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import optuna
from optuna.trial import FrozenTrial, TrialState

from zoo_core.space import Space
from zoo_tune.choices import values_of
from zoo_tune.ledger import REASON, counted
from zoo_tune.table import settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


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
        self._study, self._space, self._total, self._quiet = study, space, total, quiet
        self._told: set[int] = {trial.number for trial in self._finished()}
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Board:
        on_stdout = sys.stdout.isatty() and not self._quiet
        if on_stdout or sys.stderr.isatty():
            self._bar = _make_bar(on_stderr=not on_stdout)
            self._task = self._bar.add_task("", total=self._total)
            self._bar.start()
            self.update()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def update(self) -> None:
        """Look at the study, and tell of what is new."""
        finished = self._finished()
        for trial in finished:
            if trial.number not in self._told:
                self._told.add(trial.number)
                self._say(self._line(trial))
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, completed=len(finished), description=self._now(finished), refresh=True
            )

    def _finished(self) -> list[FrozenTrial]:
        trials = counted(self._study.get_trials(deepcopy=False))
        return [trial for trial in trials if trial.state.is_finished()]

    def _line(self, trial: FrozenTrial) -> str:
        values = settings(values_of(trial.params, self._space))
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

    def _say(self, line: str) -> None:
        if self._quiet:
            return
        if self._bar is not None and sys.stdout.isatty():
            self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            click.echo(line)


def _make_bar(*, on_stderr: bool) -> Progress:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
        console=Console(stderr=on_stderr),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
