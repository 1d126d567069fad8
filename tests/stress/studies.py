"""Killed workers of a search: every finished trial is kept, and none is counted twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from tests.stress import postgresql
from tests.stress.outcome import Outcome
from zoo_tune.storage import open_storage
from zoo_tune.workers.trial_accounting import WORKER, counted_trials

TRIALS, WORKERS, KILLED = 24, 4, 2
SEARCH = ["numpy-net", "--dataset", "synthetic", "--epochs", "20", "--trials", str(TRIALS)]


def on_a_journal(count: int) -> Outcome:
    """Kill two of four workers on one journal file, at random times."""
    with tempfile.TemporaryDirectory() as folder:
        return _killed(count, Path(folder), lambda n: str(Path(folder) / f"{n}.log"))


def on_sqlite(count: int) -> Outcome:
    """Kill two of four workers on one SQLite file, at random times."""
    with tempfile.TemporaryDirectory() as folder:
        return _killed(count, Path(folder), lambda n: f"sqlite:///{folder}/{n}.db")


def on_postgresql(count: int) -> Outcome:
    """Kill two of four workers on a temporary PostgreSQL server, at random times."""
    try:
        with tempfile.TemporaryDirectory() as folder, postgresql.serving() as url:
            return _killed(count, Path(folder), lambda _: url)
    except FileNotFoundError as exc:
        return Outcome(count, (str(exc),) * count)


def _killed(count: int, folder: Path, storage) -> Outcome:
    """Kill workers: by turns those of one command, and those of several commands."""
    rng, problems, repeated = random.Random(0), [], 0
    for attempt in range(count):
        where, name = storage(attempt), f"study-{attempt}"
        found, given_up = _attempt(folder, where, name, rng, separate=bool(attempt % 2))
        problems += [f"attempt {attempt}: {each}" for each in found[:1]]
        repeated += given_up
    return Outcome(count, tuple(problems), f"{repeated} unfinished trials were repeated")


def _attempt(
    folder: Path, where: str, name: str, rng: random.Random, *, separate: bool
) -> tuple[list[str], int]:
    command = [sys.executable, "-m", "zoo_core", "tune", *SEARCH, "--storage", where]
    command += ["--study", name, "--threads", "1", "--patience", "5"]
    crew = [[]] * WORKERS if separate else [["--workers", str(WORKERS)]]
    processes = [_start([*command, *more], folder) for more in crew]
    try:
        moment = rng.randrange(1, TRIALS // 2)
        storage = _wait(lambda: _opened(where, name), processes)
        before = _wait(lambda: _when(_trials(storage, name), moment), processes)
        victims = _victims(_trials(storage, name))
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        done = [(*process.communicate(timeout=600), process.returncode) for process in processes]
    finally:
        for process in processes:
            process.kill()
    trials = _trials(storage, name)
    storage.remove_session()
    return _found(before, trials, done), len(trials) - len(counted_trials(trials))


def _found(
    before: dict[int, float | None],
    trials: Sequence[FrozenTrial],
    done: Sequence[tuple[str, str, int]],
) -> list[str]:
    """Return the problems of a finished study."""
    problems = [err.strip() for _, err, code in done if code not in (0, -signal.SIGKILL)]
    ended = {t.number: t.value for t in counted_trials(trials) if t.state.is_finished()}
    if not before.items() <= ended.items():
        problems.append(f"finished trials: expected at least {before}, got {ended}")
    if len(ended) != TRIALS:
        problems.append(f"counted trials: expected {TRIALS}, got {len(ended)}")
    if len({trial.number for trial in trials}) != len(trials):
        problems.append("two trials have the same number")
    if running := [trial.number for trial in trials if not trial.state.is_finished()]:
        problems.append(f"trials {running} are still running")
    return problems


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, text=True, **pipes)


def _when(trials: Sequence[FrozenTrial], count: int) -> dict[int, float | None] | None:
    """Return the finished trials, once there are enough of them and two workers are busy."""
    ended = {t.number: t.value for t in counted_trials(trials) if t.state.is_finished()}
    return ended if len(ended) >= count and len(_victims(trials)) == KILLED else None


def _victims(trials: Sequence[FrozenTrial]) -> list[int]:
    running = [t.user_attrs for t in trials if t.state == TrialState.RUNNING]
    owners = {facts[WORKER] for facts in running if WORKER in facts}
    return sorted(int(owner.rpartition(":")[2]) for owner in owners)[:KILLED]


def _opened(where: str, name: str) -> BaseStorage | None:
    """Return the storage, once a worker has created the study."""
    if "://" not in where and not Path(where).exists():
        return None
    storage = open_storage(where)
    names = [study.study_name for study in storage.get_all_studies()]
    storage.remove_session()
    return storage if name in names else None


def _trials(storage: BaseStorage, name: str) -> list[FrozenTrial]:
    return optuna.load_study(study_name=name, storage=storage).trials


def _wait(condition, processes):
    while (result := condition()) is None:
        if all(process.poll() is not None for process in processes):
            raise RuntimeError(processes[0].stderr.read())
        time.sleep(0.05)
    return result
