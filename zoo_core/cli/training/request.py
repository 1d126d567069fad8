"""The options of `zoo train`, whichever way the recipe is trained: once, per seed or per fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.cli.training.lines import result_lines
from zoo_core.cli.training.progress import TrainingProgress
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.installation.installed import installed_catalog
from zoo_core.recipes.resolve import parse_set
from zoo_core.training.training import Training
from zoo_core.weights.card import Card


@dataclass(frozen=True, kw_only=True)
class TrainRequest:
    """The options of `zoo train`.

    Attributes:
        name: name of the model; empty for a training that is resumed.
        recipe: name of its recipe, or a ``.toml`` file.
        assignments: values of ``--set``.
        given: values of options of their own, such as ``--epochs``.
        out: folder of the results; None for the next free one.
        device: see `Training`; None for `auto`, or that of a training that is resumed.
        threads: see `Training`.
        checkpoint_every: see `Training`.
        quiet: print a single line.
        verbose: print all scores of each epoch.
        as_json: print JSON.
    """

    name: str
    recipe: str
    assignments: tuple[str, ...]
    given: Mapping[str, Any]
    out: Path | None
    device: str | None
    threads: int | None
    checkpoint_every: float
    quiet: bool
    verbose: bool
    as_json: bool

    @property
    def overrides(self) -> list[dict[str, Any]]:
        """Values that override the recipe's, the later ones those before."""
        # Options last: `--epochs 1` beats `--set epochs=5`.
        return [*map(parse_set, self.assignments), dict(self.given)]

    def progress(
        self, results: Callable[[Run, Card], Iterable[str]] = result_lines
    ) -> TrainingProgress:
        """Return the callbacks that print the progress."""
        return TrainingProgress(
            quiet=self.as_json or self.quiet,
            verbose=self.verbose,
            describes_data=bool(self.name),
            results=results,
        )

    def new(self, out: Path | None = None, *, callbacks: Callbacks, **more: Any) -> Training:
        """Return a new training into a folder, with further values of the recipe."""
        return Training.new(
            installed_catalog(),
            self.name,
            recipe=self.recipe,
            overrides=[*self.overrides, more],
            out=out,
            device=self.device or "auto",
            **self._how(callbacks),
        )

    def resume(self, run: Path, *, callbacks: Callbacks) -> Training:
        """Return the training that was stopped in a folder."""
        return Training.resume(installed_catalog(), run, device=self.device, **self._how(callbacks))

    def continue_run(self, run: Path, epochs: int, *, callbacks: Callbacks) -> Training:
        """Return the continuation of a finished training, for more epochs in all."""
        from zoo_core.training.course.continuation import continue_training

        return continue_training(
            installed_catalog(),
            run,
            epochs,
            out=self.out,
            device=self.device,
            **self._how(callbacks),
        )

    def _how(self, callbacks: Callbacks) -> dict[str, Any]:
        return {
            "threads": self.threads,
            "checkpoint_every": self.checkpoint_every,
            "callbacks": callbacks,
        }
