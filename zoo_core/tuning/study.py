"""A study: the trials of a search as JSON values, and the file ``study.json``."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Literal

from pydantic import JsonValue, ValidationError

from zoo_core.errors import DataError
from zoo_core.filenames import STUDY
from zoo_core.recipes.validation import FrozenModel, first_error

# Without a state for interrupted trials, because other trials replace them.
State = Literal["complete", "pruned", "failed"]


class Trial(FrozenModel):
    """A finished trial of a search."""

    number: int
    """Number of the trial in the storage. Numbers of interrupted trials are missing."""
    state: State
    """State of the trial; a trial that diverged is pruned, too."""
    values: dict[str, JsonValue]
    """Values by key, such as ``{"lr": 0.01, "model.hidden": [128]}``."""
    scores: tuple[float, ...]
    """Accuracy on the validation split, mean of all heads, per training: seed and fold."""
    loss: float | None
    """Loss on the validation split, mean of all heads, of the first training."""
    curve: tuple[float, ...]
    """Accuracy on the validation split after each epoch, of the first training."""
    epochs: int
    """Number of epochs, of all trainings."""
    seconds: float
    """Duration, of all trainings."""
    reason: str = ""
    """Reason why the trial was pruned or failed."""

    @property
    def mean(self) -> float | None:
        """Mean of the scores; None if the trial is not complete."""
        # With several trainings, a trial that diverged has the scores of those before.
        return statistics.fmean(self.scores) if self.state == "complete" else None

    @property
    def sd(self) -> float | None:
        """Standard deviation of the scores; None if there are fewer than two."""
        return statistics.stdev(self.scores) if len(self.scores) > 1 else None


class Study(FrozenModel):
    """The results of a search, finished or not."""

    format: int = 1
    name: str
    model: str
    recipe_name: str
    """Recipe that the search started from."""
    dataset: str
    space: dict[str, JsonValue]
    """Search space, from `zoo_core.tuning.search_space.Space.dump`."""
    grid: bool
    seeds: tuple[int, ...]
    """Seeds that each setting is trained with."""
    folds: int = 0
    """Number of folds that each setting is trained and scored on; 0 for the validation split."""
    trials: tuple[Trial, ...]
    """Finished trials, by number."""
    importances: dict[str, float]
    """Importance of each key, the greatest first; empty if there are too few trials."""

    @property
    def ranked(self) -> list[Trial]:
        """Complete trials, the best first; among equal scores, the one with the smaller loss."""
        # Equal scores are frequent, because accuracies are fractions of a few thousand images.
        done = [trial for trial in self.trials if trial.mean is not None]
        return sorted(done, key=lambda t: (-(t.mean or 0.0), t.loss or 0.0, t.number))

    @property
    def epochs(self) -> int:
        """Number of epochs of all trials."""
        return sum(trial.epochs for trial in self.trials)

    @property
    def seconds(self) -> float:
        """Duration of all trials, added up."""
        return sum(trial.seconds for trial in self.trials)

    def counted(self, state: State) -> int:
        """Return the number of trials in a state."""
        return sum(trial.state == state for trial in self.trials)


def read_study(path: Path) -> Study:
    """Read the ``study.json`` of a search.

    Args:
        path: the file, or its folder.

    Raises:
        DataError: the file cannot be read, or is not a study.
    """
    file = path / STUDY if path.is_dir() else path
    try:
        return Study.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as exc:
        problem = f"cannot read the study {file}: {first_error(exc)}"
        raise DataError(problem, hint="Run `zoo tune MODEL` to create one.") from exc
