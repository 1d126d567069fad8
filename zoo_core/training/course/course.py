"""The course of a training: its last epoch, and the progress of its schedule at each step."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.frameworks.distributed import SINGLE_PROCESS, Group, broadcast
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.training_state import Rank, TrainingState
from zoo_core.recipes.recipe import Recipe
from zoo_core.training.schedule import learning_rate, warmup_steps
from zoo_core.weights.card_course import ContinuedEnd, EndDecision


class Course:
    """The course of one training; everything but the clock follows from the training's state.

    A decision about the end is a part of the state, and later of the card: it may depend on the
    time that epochs took, and a training that is resumed or repeated must make it again.

    Args:
        run: the training.
        state: its state, to which decisions are added.
        group: the processes, all of which decide what rank 0 decides.

    Attributes:
        is_plain: True in the last epochs, which are not augmented; set by `start_epoch`.
    """

    def __init__(self, run: Run, state: TrainingState, group: Group = SINGLE_PROCESS) -> None:
        self._run, self._recipe, self._state, self._group = run, run.recipe, state, group

    @property
    def last(self) -> int:
        """The last epoch, as far as it has been decided."""
        # Decisions before an end that was continued no longer count.
        if self._state.epoch <= _begin(self._run.continued):
            return self._recipe.epochs
        return self._state.last_epoch(self._recipe.epochs)

    def start_epoch(self, steps: int) -> None:
        """Prepare the learning rates of an epoch of `steps` steps, and decide on augmentation."""
        epochs = self._planned()
        self._steps, self._total = steps, epochs * steps
        self._segment = segment(self._recipe, self._state.ends, steps, epochs)
        self._falls = len(plateau_falls(self._state.ranks, self._recipe.lr_patience))
        last = self._state.last_epoch(epochs)
        self.is_plain = self._state.epoch > last - round(self._recipe.plain_end * last)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0 in the whole training."""
        return learning_rate(
            self._recipe,
            position(self._segment, step, self._total),
            self._total,
            epoch=step / self._steps,
            falls=self._falls,
        )

    def finish_epoch(self, seconds: float) -> EndDecision | None:
        """Decide about the end after the current epoch, whose rank the state has.

        Args:
            seconds: seconds of the whole training so far.

        Returns:
            The decision, which the state has from now on; None if nothing has changed.
        """
        state = self._state
        if any(state.epoch == end.after for end in self._run.continued):
            state.ends = []  # from here on as if the longer training had been planned
            return None
        made = None
        for decide in (self._patience_decision, lambda: self._time_decision(seconds)):
            if decision := decide():
                state.ends, made = [*state.ends, decision], decision
        return made

    def _planned(self) -> int:
        """Return the number of epochs for which the current epoch's schedule is planned."""
        ends = self._run.continued
        planned = (end.epochs for end in ends if self._state.epoch <= end.after)
        return next(planned, self._recipe.epochs)

    def _patience_decision(self) -> EndDecision | None:
        recipe, state, epoch = self._recipe, self._state, self._state.epoch
        last = state.last_epoch(self._planned())
        assert state.kept is not None  # since the first validation
        # A training that is continued has new patience.
        begin = _begin([end for end in self._run.continued if end.after < epoch])
        waited = epoch - max(state.kept.epoch, begin)
        if not recipe.patience or waited < recipe.patience or epoch >= last:
            return None
        if recipe.schedule == "cooldown":
            now = position(self._segment, epoch * self._steps, self._total)
            # A training that still warms up has not begun, and one that cools down will end.
            if not warmup_steps(recipe, self._total) <= now < _cooldown_start(recipe, self._total):
                return None
            last = min(last, epoch + cooldown_epochs(recipe, epoch))
        else:
            last = epoch
        return EndDecision(after=epoch, last=last, because="patience")

    def _time_decision(self, seconds: float) -> EndDecision | None:
        recipe, state = self._recipe, self._state
        if recipe.max_minutes is None:
            return None
        epoch = state.epoch
        if self._run.ended is not None:  # because the clock of a repeated training is another
            recorded = (end for end in self._run.ended if end.because == "max_minutes")
            return next((end for end in recorded if end.after == epoch), None)
        fits = epochs_that_fit(recipe.max_minutes, epoch, seconds)
        if self._group.size > 1:
            fits = int(broadcast(str(fits).encode(), self._group))
        by_patience = [end.last for end in state.ends if end.because == "patience"]
        last = max(epoch, min([fits, self._planned(), *by_patience]))
        if last == state.last_epoch(self._planned()):
            return None
        return EndDecision(after=epoch, last=last, because="max_minutes")


def plateau_falls(ranks: Sequence[Rank], patience: int) -> list[int]:
    """Return the epochs after which the learning rate of schedule plateau falls.

    Args:
        ranks: ranks of the finished epochs.
        patience: epochs without a better one, since the best or the last fall, before a fall.
    """
    falls: list[int] = []
    best, since = None, 0
    for epoch, rank in enumerate(ranks, 1):
        if best is None or rank > best:
            best, since = rank, epoch
        elif epoch - since >= patience:
            falls.append(epoch)
            since = epoch
    return falls


def epochs_that_fit(minutes: float, epochs: int, seconds: float) -> int:
    """Return the number of epochs of which `epochs` took `seconds` that fit into a time."""
    return int(60 * minutes * epochs / max(seconds, 1e-6))


def cooldown_epochs(recipe: Recipe, epochs: int) -> int:
    """Return the number of epochs, at least 1, of a cooldown after some epochs.

    It is the recipe's share of all epochs then.
    """
    # In whole numbers of a millionth, because 0.2 / 0.8 is a little more than a quarter.
    share = round(recipe.cooldown * 1_000_000)
    return max(1, -(-epochs * share // max(1_000_000 - share, 1)))


def _cooldown_start(recipe: Recipe, total: int) -> float:
    return total * (1 - recipe.cooldown)


def _begin(ends: Sequence[ContinuedEnd]) -> int:
    """Return the epoch of the last of some ends; 0 without any."""
    return ends[-1].after if ends else 0


Segment = tuple[int, float, float]
"""A line from steps to positions in a schedule: first step, its position, positions per step."""


def segment(recipe: Recipe, ends: Sequence[EndDecision], steps: int, epochs: int) -> Segment | None:
    """Return the line from steps to positions since the last decision; None before the first.

    From a decision on, the position rises to that of the schedule's end at the end of the last
    epoch. It is continuous, but for schedule cooldown, which leaves out the rest of its constant
    part if patience is exhausted; the learning rate is continuous there, too.
    """
    found: Segment | None = None
    total = epochs * steps
    for end in ends:
        start = end.after * steps
        here = position(found, start, total)
        if end.because == "patience" and recipe.schedule == "cooldown":
            here = max(here, _cooldown_start(recipe, total))
        found = start, here, (total - here) / max((end.last - end.after) * steps, 1)
    return found


def position(line: Segment | None, step: int, total: int) -> float:
    """Return the position of a step in a schedule of `total` steps."""
    if line is None:
        return step
    start, here, slope = line
    return min(here + (step - start) * slope, total)
