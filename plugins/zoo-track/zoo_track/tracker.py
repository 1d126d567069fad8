"""The contract of an adapter: one run of a tracker, from its start to its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PROJECT = "zoo"
"""Project or experiment of the runs, unless a tracker's own variable names another."""

Fact = str | int | float | bool
"""A value of a recipe or of an environment."""


@dataclass(frozen=True)
class Subject:
    """A training, or a trial of a search, as trackers describe it before its first step.

    Attributes:
        name: name of the run.
        folder: folder of the run, or for files of a trial.
        params: values of the recipe and of the model's config, by names such as ``lr`` and
            ``model.width``.
        facts: environment and versions.
        group: name of the runs that it belongs to; empty for none.
    """

    name: str
    folder: Path
    params: Mapping[str, Fact]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    group: str = ""


class Point(NamedTuple):
    """Values by name at a step of the whole training."""

    step: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Ending:
    """The end of a training.

    Attributes:
        finished: False for a training that stopped, and may be resumed.
        results: scores of the kept weights, by name.
        facts: the card's facts about the weights.
        files: files to send; empty without a request for them.
    """

    finished: bool
    results: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    files: Sequence[Path] = ()


class Tracker(ABC):
    """An adapter of a tracker, for one run; its methods may raise anything."""

    delay = 0.0
    """Seconds after `log` until points survive the death of the process."""

    @abstractmethod
    def start(self, subject: Subject, known: str) -> str:
        """Create a run, or continue the one with the id `known`, and return its id."""

    @abstractmethod
    def log(self, points: Sequence[Point]) -> None:
        """Store points."""

    @abstractmethod
    def end(self, ending: Ending) -> None:
        """Store the results, and close the run."""
