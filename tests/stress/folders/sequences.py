"""Sequences of changes and commands: made from a seed, replayed, shortened and counted."""

from __future__ import annotations

import random
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.stress.folders import file_changes, folder_changes, scoring_steps, training_steps
from tests.stress.folders.changes import CHANGES
from tests.stress.folders.judge import FAULTS, Tally
from tests.stress.folders.steps import STEPS
from tests.stress.folders.world import World
from tests.stress.outcome import Outcome

MODULES = (file_changes, folder_changes, training_steps, scoring_steps)
"""Modules that register changes and commands when they are imported."""

FREQUENCIES = {
    "evaluate": 8,
    "evaluate_api": 3,
    "compare": 4,
    "predict": 3,
    "resume": 4,
    "train": 2,
    "publish": 2,
    "export": 0.2,
    "report": 0.1,
}
"""Relative frequencies of commands; 1 for others."""

SECRET = {"rewrite_secretly", "replace_secretly", "swap_contents", "swap_names", "replace_folder"}
"""Changes that leave names, sizes and times; they are three times as frequent as others."""

IN_PROCESSES = 25
"""One of so many sequences runs its commands in processes of their own."""

Steps = Sequence[tuple[str, int]]
"""Names of steps, each with the seed of its random choices."""


def make_steps(seed: int) -> Steps:
    """Return the steps of a sequence: trainings, then changes and commands in turn."""
    rng = random.Random(f"steps {seed}")
    names = rng.choice([["train"], ["train", "train"], ["stop"], ["stop", "train"]])
    commands, changes = list(STEPS), [*CHANGES, *sorted(SECRET), *sorted(SECRET)]
    weights = [FREQUENCIES.get(name, 1) for name in commands]
    for _ in range(rng.randrange(2, 5)):
        names += rng.sample(changes, rng.choice([1, 1, 1, 2, 3]))
        names += rng.choices(commands, weights, k=rng.choice([1, 2, 2]))
    return [(name, rng.randrange(1000)) for name in names]


def run_steps(seed: int, steps: Steps, *, processes: bool | None = None) -> Tally:
    """Run a sequence in a new temporary folder.

    Args:
        seed: seed of the world.
        steps: the steps.
        processes: whether commands run in processes of their own; None to decide by the seed.
    """
    tally = Tally()
    tally.count("sequences")
    in_processes = seed % IN_PROCESSES == 0 if processes is None else processes
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        world = World(Path(folder).resolve(), seed, in_processes)
        for name, number in steps:
            try:
                _run_step(world, tally, name, random.Random(f"{name} {number}"))
            except Exception as exc:
                # A fault of this program or of zoo; the other sequences are run in any case.
                where = traceback.extract_tb(exc.__traceback__)[-1]
                text = f"{type(exc).__name__}: {exc} in {where.name}, line {where.lineno}"
                tally.note("other fault", f"{name}: {text}")
                break
    return tally


def _run_step(world: World, tally: Tally, name: str, rng: random.Random) -> None:
    if name in STEPS:
        STEPS[name](world, rng, tally)
        return
    CHANGES[name](world, rng)
    tally.count("changes")
    if rng.random() < 0.9:  # else the file with labels is not that of the images
        world.write_labels(world.data)
        world.write_labels(world.here)


def shorten(seed: int, steps: Steps, kind: str) -> Steps:
    """Return as few of the steps as cause a problem of a kind."""
    least, number = list(steps), 0
    while number < len(least):
        fewer = least[:number] + least[number + 1 :]
        if kind in run_steps(seed, fewer, processes=False).counts:
            least = fewer
        else:
            number += 1
    return least


def replay_command(seed: int, steps: Steps) -> str:
    """Return the command that runs a sequence again."""
    written = " ".join(f"{name}:{number}" for name, number in steps)
    return f'python -m tests.stress.folders --first {seed} --steps "{written}"'


def run_sequence(seed: int, *, shortened: bool = True) -> Tally:
    """Run the sequence of a seed, and add the command that replays it to each problem."""
    steps = make_steps(seed)
    tally = run_steps(seed, steps)
    found = dict(reversed(tally.problems))  # the first of each kind
    for kind, text in found.items():
        least = shorten(seed, steps, kind) if shortened and kind in FAULTS else steps
        found[kind] = f"{text}\n        {replay_command(seed, least)}"
    return Tally(tally.counts, list(found.items()))


def changed_folders(count: int) -> Outcome:
    """Run so many sequences; a sequence is survived if it has no fault."""
    tallies = [run_sequence(seed) for seed in range(count)]
    counts = sum((tally.counts for tally in tallies), Counter[str]())
    faults = [text for tally in tallies for text in tally.faults[:1]]
    return Outcome(
        count,
        tuple(faults),
        f"{counts['commands']:,} commands, {counts['scores']:,} scores, "
        f"{counts['refusals']:,} refusals, {counts['needless refusal']:,} of them needless",
    )
