"""Facts about a run, read from the files in its folder, however damaged they are.

Standard library only and no validation, because `zoo list runs` reads thousands of folders.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from zoo_core.filenames import CARD, CONFIG, METRICS, RUN_LOCK, STUDY
from zoo_core.system.locks import is_locked

State = Literal["finished", "running", "stopped", "diverged", "damaged", "search"]
"""State of a run; one that diverged may have the weights of an earlier epoch."""

CHECKPOINTS = "checkpoints"
"""Folder of the checkpoints in a run's folder."""

_DAMAGE = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError),
    RecursionError,  # of JSON with thousands of brackets
)
"""Exceptions from files of any content."""

_DEPTH = 4
"""Maximum depth of folders in which runs are looked for."""


@dataclass(frozen=True)
class RunFacts:
    """A run, or the study of a search.

    Attributes:
        folder: its folder.
        state: its state.
        model: name of the model; empty if unknown.
        dataset: name of the data set; empty if unknown.
        recipe: name of the recipe; empty if unknown.
        epoch: number of finished epochs, or of trials.
        epochs: number of epochs of the recipe; 0 if unknown.
        split: split of the score: ``test``, ``validation`` of the latest epoch, or empty.
        score: the metrics that lists show, each with one value per head.
        changed: time of the latest change, in seconds since 1970.
        problem: reason for the state ``damaged`` or ``diverged``; else empty.
    """

    folder: Path
    state: State
    model: str = ""
    dataset: str = ""
    recipe: str = ""
    epoch: int = 0
    epochs: int = 0
    split: str = ""
    score: dict[str, list[float]] = field(default_factory=dict)
    changed: float = 0.0
    problem: str = ""

    @property
    def state_text(self) -> str:
        """The state in words, such as ``stopped at epoch 3 of 10``."""
        if self.state == "search":
            return f"search, {self.epoch} trial{'' if self.epoch == 1 else 's'}"
        if self.state in {"running", "stopped"}:
            return f"{self.state} at epoch {self.epoch} of {self.epochs}"
        return self.state


def find_runs(root: Path) -> Iterator[RunFacts]:
    """Yield the runs and studies in a folder and in its sub-folders.

    Folders of other things, hidden ones and links are left out.
    """
    yield from _find(root, _DEPTH)


def _find(folder: Path, depth: int) -> Iterator[RunFacts]:
    try:
        with os.scandir(folder) as entries:
            found = [*entries]
    except OSError:  # such as one that was removed meanwhile, or belongs to another user
        return
    files = {entry.name: entry for entry in found}
    if facts := _read(folder, files):
        yield facts
    if depth:
        for entry in found:
            is_other = entry.name.startswith(".") or entry.name == CHECKPOINTS
            if not is_other and entry.is_dir(follow_symlinks=False):
                yield from _find(folder / entry.name, depth - 1)


def read_run_facts(folder: Path) -> RunFacts | None:
    """Return the facts about the run in a folder; None if it is not the folder of a run."""
    try:
        with os.scandir(folder) as entries:
            return _read(folder, {entry.name: entry for entry in entries})
    except OSError:
        return None


def _read(folder: Path, files: dict[str, os.DirEntry[str]]) -> RunFacts | None:
    if STUDY in files:
        return _study(folder, _changed(files))
    if CONFIG not in files:
        return None
    try:
        config = _json(folder / CONFIG)
        recipe = config["recipe"]
        known: dict[str, Any] = {
            "model": str(config["model"]),
            "dataset": str(recipe["dataset"]),
            "recipe": str(config["recipe_name"]),
            "epochs": int(recipe["epochs"]),
        }
    except _DAMAGE as exc:
        # Other programs have files of this name, too.
        if not {METRICS, CHECKPOINTS, RUN_LOCK} & files.keys():
            return None
        problem = f"{CONFIG}: {_reason(exc)}"
        return RunFacts(folder, "damaged", changed=_changed(files), problem=problem)
    known["changed"] = _changed(files)
    if CARD in files:
        return _finished(folder, known)
    lines = _lines(folder / METRICS)
    state: State = "running" if is_locked(folder / RUN_LOCK) else "stopped"
    score = headline(lines[-1]["validation"]) if lines else {}
    split = "validation" if score else ""
    return RunFacts(folder, state, epoch=len(lines), score=score, split=split, **known)


def _finished(folder: Path, known: dict[str, Any]) -> RunFacts:
    try:
        card = _json(folder / CARD)
        score = headline(card["metrics"]["test"])
        stopped = str(card.get("stopped") or "")
    except _DAMAGE as exc:
        return RunFacts(folder, "damaged", problem=f"{CARD}: {_reason(exc)}", **known)
    epoch = len(_lines(folder / METRICS)) or known["epochs"]
    state: State = "diverged" if stopped else "finished"
    return RunFacts(folder, state, epoch=epoch, score=score, split="test", problem=stopped, **known)


def _study(folder: Path, changed: float) -> RunFacts:
    try:
        study = _json(folder / STUDY)
        trials = study["trials"]
        means = [sum(each["scores"]) / len(each["scores"]) for each in trials if each["scores"]]
        return RunFacts(
            folder,
            "search",
            model=str(study["model"]),
            dataset=str(study["dataset"]),
            recipe=str(study["recipe_name"]),
            epoch=len(trials),
            split="validation" if means else "",
            score={"accuracy": [float(max(means))]} if means else {},
            changed=changed,
        )
    except _DAMAGE as exc:
        problem = f"{STUDY}: {_reason(exc)}"
        return RunFacts(folder, "damaged", changed=changed, problem=problem)


def headline(scores: dict[str, Any]) -> dict[str, list[float]]:
    """Return the metrics that lists show, from the JSON values of `zoo_core.metrics.Scores`.

    Raises:
        ValueError: they are not scores.
    """
    heads = len(next(each for each in [*scores.values(), []] if isinstance(each, list)))
    found: dict[str, list[float]] = {}
    for head, name in enumerate(scores.get("headlines") or ["accuracy"] * heads):
        value = scores[name][head]
        if not isinstance(value, int | float):
            raise ValueError(f"{name}: expected a number, got {value!r}")
        found.setdefault(str(name), []).append(value)
    return found


def _json(path: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(path.read_bytes())
    if not isinstance(values, dict):
        raise ValueError(f"expected an object, got a {type(values).__name__}")
    return values


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the epochs of ``metrics.jsonl`` that can be read."""
    lines: list[dict[str, Any]] = []
    with contextlib.suppress(OSError):
        for line in path.read_bytes().splitlines():
            # A line may be incomplete after a power failure.
            with contextlib.suppress(*_DAMAGE):
                values = json.loads(line)
                headline(values["validation"])
                lines.append(values)
    return lines


def _changed(files: dict[str, os.DirEntry[str]]) -> float:
    times = [0.0]
    for name in (CONFIG, METRICS, CARD, STUDY, CHECKPOINTS):
        with contextlib.suppress(OSError, KeyError):
            times.append(files[name].stat(follow_symlinks=False).st_mtime)
    return max(times)


def _reason(exc: Exception) -> str:
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    if isinstance(exc, KeyError):
        return f"{exc} is missing"
    return " ".join(str(exc).split())[:200] or type(exc).__name__
