"""The judgement of scores: a claim of zoo is compared with the truth about the folders."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stress.folders.commands import Result
from tests.stress.folders.net import Net, Truth
from tests.stress.folders.samples import Sample, Trained, read_folder
from tests.stress.folders.world import World
from zoo_core.filenames import WEIGHTS

FAULTS = (
    "wrong without a word",
    "wrong with a word",
    "silent about a change",
    "traceback",
    "other fault",
)
"""Outcomes that must not occur."""


@dataclass
class Tally:
    """Numbers of outcomes, and a line for each that should not have occurred.

    Attributes:
        counts: outcome -> number.
        problems: kind of problem, and a description.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """The problems that must not occur."""
        return [f"{kind}: {text}" for kind, text in self.problems if kind in FAULTS]

    def count(self, what: str) -> None:
        self.counts[what] += 1

    def note(self, kind: str, text: str) -> None:
        """Count a problem and keep its description."""
        self.count(kind)
        self.problems.append((kind, text))


@dataclass(frozen=True)
class Claim:
    """A score that a command stated."""

    correct: int
    total: int
    loss: float

    @classmethod
    def of(cls, scores: Mapping[str, Any]) -> Claim:
        """Return the claim of scores as they are in JSON."""
        return cls(scores["correct"][0], scores["total"], scores["loss"][0])

    def __str__(self) -> str:
        return f"{self.correct} of {self.total}, loss {self.loss:.4f}"


@dataclass(frozen=True)
class Expectation:
    """A right score.

    Attributes:
        truth: the score.
        where: the images that it is of.
        needs_words: whether the command has to mention that the data are not those of the card.
        are_stated: whether the scored images are those of the card.
    """

    truth: Truth
    where: str
    needs_words: bool = False
    are_stated: bool = True


@dataclass(frozen=True)
class Request:
    """The data that a command is to use.

    Attributes:
        is_explicit: whether it names the data set.
        has_place: whether its weights are in the folder of their run, which has the place of the
            data; published weights and copied files are not.
    """

    is_explicit: bool = False
    has_place: bool = True

    def folders(self, world: World, run: Trained) -> list[Path]:
        """Return the folders that may be used, in order: that of the training, the named one."""
        with_place = self.has_place and not self.is_explicit
        places = [run.place, world.here] if with_place else [world.here]
        return [place for place in dict.fromkeys(places) if place.is_dir()]

    def finds_same(self, world: World, run: Trained) -> bool:
        """Return whether the data of a training are found, or zoo's copy of removed ones."""
        folders = self.folders(world, run)
        if not folders:
            return world.home == run.home and not self.is_explicit
        return read_folder(folders[0]) == run.samples


def split_to_score(run: Trained, rng: random.Random) -> str:
    """Return ``test``, and now and then another split that the data have."""
    own = sorted({each.folder_split for each in run.samples if each.folder_split != "test"})
    return rng.choice(own) if rng.random() < 0.15 else "test"


def expectations(
    world: World, runs: Sequence[Trained], scored: Trained, request: Request, split: str = "test"
) -> list[Expectation]:
    """Return the right scores of a run on the images of a split that no run has seen.

    Args:
        world: the world as it is now.
        runs: the runs that are compared.
        scored: one of them.
        request: the data that the command is to use.
        split: name of the split.
    """
    net, stated = Net(scored.folder / WEIGHTS), _in_split(scored.samples, split)
    folders = request.folders(world, scored)
    # Zoo's copy of the data of any of them may be used, but not without a word.
    copies = [] if request.is_explicit else [("zoo's copy", run.samples) for run in runs]
    found = []
    for where, samples in [*((str(each), read_folder(each)) for each in folders), *copies]:
        # Of a run whose data are these, the test images count, even those with a copy in training.
        others = [run for run in runs if run.samples != samples]
        for some in (runs, others) if others else ([],):
            used = frozenset[bytes]().union(*(run.used_before(split) for run in some))
            kept = [e for e in _in_split(samples or frozenset(), split) if e.pixels not in used]
            if truth := net.score(kept):
                needs_words = bool(others) or (where, samples) in copies
                are_stated = _content(kept) == _content(stated)
                found.append(Expectation(truth, where, needs_words, are_stated))
    return found


def _in_split(samples: frozenset[Sample], split: str) -> list[Sample]:
    return [each for each in samples if each.is_in(split)]


def _content(samples: Sequence[Sample]) -> list[tuple[str, bytes]]:
    return sorted((each.label, each.pixels) for each in samples)


def judge(
    tally: Tally, result: Result, claims: Sequence[Claim], expected: Sequence[Sequence[Expectation]]
) -> None:
    """Compare the scores that a command stated with the right ones."""
    for claim, right in zip(claims, expected, strict=True):
        tally.count("scores")
        tally.counts["scores with a word"] += bool(result.words)
        fitting = [e for e in right if e.truth.matches(claim.correct, claim.total, claim.loss)]
        if any(result.words or not each.needs_words for each in fitting):
            continue
        kind = "wrong with a word" if result.words else "wrong without a word"
        if any(each.are_stated for each in fitting):
            kind = "silent about a change"
        truths = "; ".join(f"{e.truth} ({e.where})" for e in right) or "a refusal"
        tally.note(kind, f"{result} states {claim}, expected {truths}")


def judge_refusal(tally: Tally, result: Result, *, unchanged: bool) -> None:
    """Count a command that failed."""
    tally.count("refusals")
    if unchanged:
        tally.note("needless refusal", str(result))
