"""A study: the trials of a search as plain values, and ``study.json``."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue, ValidationError

from zoo_core.errors import DataError
from zoo_core.filenames import STUDY
from zoo_core.recipes.validation import FrozenModel, first_error

State = Literal["complete", "pruned", "failed"]


class Trial(FrozenModel):
    """One setting that was tried."""

    number: int
    """Its number in the storage; where a trial was lost, there is none with its number."""
    state: State
    """Pruned: stopped early, for it was hopeless or diverged."""
    values: dict[str, JsonValue]
    """What was tried, by key, such as ``{"lr": 0.01, "model.hidden": [128]}``."""
    scores: tuple[float, ...]
    """Accuracy on the validation split, the mean of the heads, of a training with each seed."""
    loss: float | None
    """Of the first one, on the validation split, the mean of the heads."""
    curve: tuple[float, ...]
    """That accuracy after each epoch of the first training."""
    epochs: int
    """That were trained, with all seeds."""
    seconds: float
    """Likewise."""
    reason: str = ""
    """Why it was stopped or failed."""

    @property
    def mean(self) -> float | None:
        """The mean of the scores; None where it was not trained to its end."""
        return statistics.fmean(self.scores) if self.state == "complete" else None

    @property
    def sd(self) -> float | None:
        """Their standard deviation, where there are two at least."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else None


class Study(FrozenModel):
    """A search, as far as it has come."""

    format: int = 1
    name: str
    model: str
    recipe_name: str
    """That the search began from."""
    dataset: str
    space: dict[str, JsonValue]
    """As `zoo_core.tuning.search_space.Space.dump` gives it."""
    grid: bool
    seeds: tuple[int, ...]
    """That each setting is trained with."""
    trials: tuple[Trial, ...]
    """The finished ones, by number."""
    importances: dict[str, float]
    """Share of each key in what makes a trial a good one, the greatest first; may be empty."""

    @property
    def ranked(self) -> list[Trial]:
        """Those that were trained to their ends, the best first; of equals the smaller loss."""
        done = [trial for trial in self.trials if trial.mean is not None]
        return sorted(done, key=lambda t: (-(t.mean or 0.0), t.loss or 0.0, t.number))

    @property
    def epochs(self) -> int:
        """Trained in all trials together."""
        return sum(trial.epochs for trial in self.trials)

    @property
    def seconds(self) -> float:
        """Likewise."""
        return sum(trial.seconds for trial in self.trials)

    def counted(self, state: State) -> int:
        """Return how many trials ended so."""
        return sum(trial.state == state for trial in self.trials)


def read_study(path: Path) -> Study:
    """Read a study's ``study.json``, given that or its folder.

    Raises:
        DataError: it cannot be read, or is none.
    """
    file = path / STUDY if path.is_dir() else path
    try:
        return Study.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as exc:
        reason: Any = exc.strerror if isinstance(exc, OSError) else first_error(exc)
        raise DataError(
            f"{file} is not a readable study: {reason}", hint="`zoo tune MODEL` makes one."
        ) from exc
