"""The live line of a training, and the short lines of its finished epochs above it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.cli.training.lines import curve_value, epoch_number, headline
from zoo_core.cli.training.sparkline import sparkline
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.metric_text import format_loss
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.progress.live_line import LiveLine
from zoo_core.system.progress.parts import Bar, Part
from zoo_core.system.progress.time_left import TimeLeft

SPARKLINE = 20
"""Maximum width of the sparkline."""


class LiveTraining:
    """The live line of a training, with the curve of the validation so far.

    Args:
        line: the line.
        recipe: recipe of the training.
        state: state of the training, which changes as it goes on.
    """

    def __init__(self, line: LiveLine, recipe: Recipe, state: TrainingState) -> None:
        self.line, self._recipe, self._state = line, recipe, state
        self._left = TimeLeft()
        self._curve: list[float] = []
        self._latest = "", ""
        for metrics in state.history:
            self.add_epoch(metrics)

    @property
    def last_epoch(self) -> int:
        """The last epoch, as far as it has been decided."""
        return self._state.last_epoch(self._recipe.epochs)

    def draw_start(self) -> None:
        """Draw the line before the first step, which may take long."""
        self.line.draw(Part(epoch_number(self._state.epoch, self.last_epoch), style="bold"))

    def draw_step(self, epoch: int, step: int, steps: int) -> None:
        """Draw the line after a step of an epoch."""
        epochs, kept, has_unicode = self.last_epoch, self._best(), self.line.has_unicode
        name, value = self._latest
        # The least important parts have the highest ranks: they are left out where it is narrow.
        self.line.draw(
            Part(epoch_number(epoch, epochs), style="bold"),
            Bar(step / steps, rank=3, has_unicode=has_unicode),
            # A validation has no steps, but may take long.
            Part(f"{step:,}/{steps:,}" if step < steps else "validating", rank=8, gap=1),
            Part(sparkline(self._curve, SPARKLINE) if has_unicode else "", rank=4, style="cyan"),
            Part("validation" if name or value else "", rank=9),
            Part(name, rank=5, gap=1),
            Part(value, rank=1, gap=1),
            Part(f"best {headline(kept[1])[1]}" if kept else "", rank=6, style="green"),
            Part(f"in epoch {kept[0]}" if kept else "", rank=7, gap=1),
            # The time of the validations is part of the pace.
            Part(self._left.text((epoch - 1) * steps + step, epochs * steps), rank=2),
        )

    def print_epoch(self, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Print the line of a finished epoch above the live line."""
        train, validation = map(Scores.from_json, (metrics["train"], metrics["validation"]))
        kept = self._best()
        self.line.print(
            Part(epoch_number(epoch, self._recipe.epochs)),
            Part("validation", rank=3),
            Part(" ".join(headline(validation)).lstrip(), style="bold", gap=1),
            Part(_loss(validation), rank=5, gap=0),
            Part(f"training {headline(train)[1]}", rank=4),
            Part(_loss(train), rank=5, gap=0),
            # Padded, so that all lines have the same parts, one below the other.
            Part(f"{metrics['seconds']:.1f} s".rjust(7), rank=2),
            Part("best" if kept and kept[0] == epoch else " " * 4, rank=1, style="green"),
        )

    def draw_end(self) -> None:
        """Draw the line of the work after the last epoch."""
        self.line.draw_text("Scoring the test split")

    def add_epoch(self, metrics: Mapping[str, Any]) -> None:
        """Add a finished epoch to the curve."""
        validation = Scores.from_json(metrics["validation"])
        self._curve.append(curve_value(validation))
        self._latest = headline(validation)

    def _best(self) -> tuple[int, Scores] | None:
        """Return the number and the validation of the best epoch, if the recipe keeps that one."""
        kept = self._state.kept
        return (kept.epoch, kept.validation) if kept and self._recipe.keep == "best" else None


def _loss(scores: Scores) -> str:
    return f", loss {format_loss(scores.mean_loss)}" if "loss" in scores.metrics else ""
