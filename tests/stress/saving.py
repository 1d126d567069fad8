"""Processes with different hash seeds that save the same weights."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np

from tests.stress.kills import start
from tests.stress.outcome import Outcome
from zoo_core.weights.file import save_weights


def save_the_same(path: Path) -> str:
    """Save weights whose names and metadata have the arbitrary order of a set."""
    names = {f"layer{number}.weight" for number in range(50)}
    tensors = {name: np.full(20, int(name[5:-7]), np.float32) for name in names}
    return save_weights(path, tensors, {name: sorted(names)[:3] for name in names})


def equal_files(count: int) -> Outcome:
    """Save in several processes, and compare their files."""
    rng, found = random.Random(0), []
    code = "from tests.stress.saving import *; print(save_the_same(Path(sys.argv[1])))"
    with tempfile.TemporaryDirectory() as folder:
        for each in range(count):
            seed = str(rng.randrange(2**32))
            with start(code, Path(folder) / str(each), PYTHONHASHSEED=seed) as process:
                out, err = process.communicate(timeout=600)
            found.append(out.strip() or err.strip())
    others = [sha256 for sha256 in found if sha256 != found[0]]
    return Outcome(count, tuple(f"{each} is not {found[0]}" for each in others), "one sha256")
