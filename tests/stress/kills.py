"""Processes that are killed while they save and publish, and disks that are full."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.stress.outcome import Outcome
from tests.stress.registries import published
from zoo_core.filenames import CARD, INDEX, WEIGHTS
from zoo_core.publishing.store import LOCK, add_tag
from zoo_core.registry.location import Folder
from zoo_core.registry.registry import Registry
from zoo_core.weights.file import load_weights, save_weights

ROOT = Path(__file__).parents[2]
SIZE = 300_000
"""Number of values in a saved file; it is large enough to be killed while writing."""


def start(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start a process that runs code of this module."""
    return subprocess.Popen(
        [sys.executable, "-c", f"from tests.stress.kills import *; {code}", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def save(path: Path, number: int) -> str:
    return save_weights(path, {"w": np.full(SIZE, number, np.float32)}, {"number": number})


def save_for_ever() -> None:
    path = Path(sys.argv[1])
    print("ready", flush=True)
    for number in range(10**9):
        save(path, number)


def publish_for_ever() -> None:
    print("ready", flush=True)
    for number in range(10**9):
        publish(Path(sys.argv[1]), f"t{os.getpid()}-{number}")


def publish(root: Path, tag: str, size: int = 100_000) -> None:
    """Publish some bytes under a tag, without the checks of `zoo publish`."""
    weights = (tag.encode() * size)[:size]
    card = (tag.encode() * size)[:300]
    entry = replace(
        published(),
        tag=tag,
        sha256=hashlib.sha256(weights).hexdigest(),
        bytes=len(weights),
        card_sha256=hashlib.sha256(card).hexdigest(),
        card_bytes=len(card),
    )
    files = {WEIGHTS: weights, CARD: card, "card.md": b"# card"}
    add_tag(Folder(root), entry, files, default=False)


def kill(code: str, *arguments: object, after: float) -> None:
    """Start a process, and kill it some seconds after it reports that it is ready."""
    with start(code, *arguments) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        process.kill()


def age(folder: Path) -> None:
    """Make everything in a folder two days old, because younger temporaries are never removed."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (time.time() - 2 * 86_400,) * 2)


def kills_while_saving(count: int) -> Outcome:
    """Kill a process that saves weights repeatedly."""
    rng, problems = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        path, left = Path(folder) / "model.safetensors", 0
        save(path, -1)
        for attempt in range(count):
            kill("save_for_ever()", path, after=rng.uniform(0, 0.05))
            left += len(os.listdir(folder)) - 1
            try:
                file = load_weights(path)
                if (file.tensors["w"] != file.metadata["number"]).any():
                    raise ValueError("two files in one")
            except Exception as exc:
                problems.append(f"attempt {attempt}: {exc}")
            age(Path(folder))
            save(path, attempt)
            if names := set(os.listdir(folder)) - {path.name}:
                problems.append(f"attempt {attempt}: left over are {names}")
    return Outcome(count, tuple(problems), f"{left} temporary files were left, and removed")


def kills_while_publishing(count: int) -> Outcome:
    """Kill a process that publishes one tag after another."""
    rng, problems = random.Random(1), []
    with tempfile.TemporaryDirectory() as folder:
        root, halves = Path(folder) / "registry", 0
        publish(root, "first")
        for attempt in range(count):
            if attempt % 20 == 19:  # because checking a registry of a thousand tags takes long
                root = Path(folder) / f"registry-{attempt}"
                publish(root, "first")
            kill("publish_for_ever()", root, after=rng.uniform(0, 0.05))
            halves += len(unexpected(root))
            problems += [f"attempt {attempt}: {each}" for each in damage(root)]
            age(root)
            publish(root, f"next-{attempt}")
            if left := unexpected(root):
                problems.append(f"attempt {attempt}: left over are {left}")
    return Outcome(count, tuple(problems), f"{halves} files and folders were left, and removed")


def publishers_at_once(count: int) -> Outcome:
    """Run processes that publish ten tags each to one registry concurrently."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "registry"
        code = "[publish(Path(sys.argv[1]), f't{sys.argv[2]}-{n}') for n in range(10)]"
        processes = [start(code, root, each) for each in range(count)]
        problems = []
        for process in processes:
            _, err = process.communicate(timeout=600)
            if process.returncode:
                problems.append(err.strip().splitlines()[-1])
        tags = {each.tag for each in Registry("", Folder(root)).index().tags.values()}
        lost = {f"t{each}-{n}" for each in range(count) for n in range(10)} - tags
        problems += [f"{tag} is lost" for tag in sorted(lost)]
        problems += damage(root) + [f"{path} is left over" for path in unexpected(root)]
    return Outcome(10 * count, tuple(problems))


def full_disks(count: int) -> Outcome:
    """Limit the file size of a process, so that writes fail as on a full disk."""
    rng, problems = random.Random(2), []
    code = (
        "import resource; limit = int(sys.argv[3]);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)); "
    )
    with tempfile.TemporaryDirectory() as folder:
        path, root = Path(folder) / "model.safetensors", Path(folder) / "registry"
        before = save(path, 7)
        publish(root, "first")
        for attempt in range(count):
            what, size = (
                ("save(Path(sys.argv[1]), 8)", 4 * SIZE),
                ("publish(Path(sys.argv[2]), 'x')", 100_000),
                (
                    "publish(Path(sys.argv[2]), 'x', 400)",
                    900,
                ),  # because its index is the largest file
            )[attempt % 3]
            limit = rng.randrange(1, size)
            with start(code + what, path, root, limit) as process:
                _, err = process.communicate(timeout=600)
            printed = err.strip().splitlines()[-1] if err else "nothing"
            if not process.returncode or "File too large" not in printed:
                problems.append(f"limit {limit}: exit code {process.returncode}, printed {printed}")
            if load_weights(path).sha256 != before or len(os.listdir(folder)) != 2:
                problems.append(f"limit {limit}: the old file is not as it was")
            if damage(root) or unexpected(root) or len(Registry("", Folder(root)).index().tags) > 1:
                problems.append(f"limit {limit}: the registry is not as it was")
    return Outcome(count, tuple(problems), "old files as they were" if not problems else "")


def damage(root: Path) -> list[str]:
    """Return the problems of the files in an index."""
    try:
        index = Registry("", Folder(root)).index()
    except Exception as exc:
        return [str(exc)]
    wrong = []
    for entry in index.tags.values():
        for name, sha256 in ((WEIGHTS, entry.sha256), (CARD, entry.card_sha256)):
            path = root / entry.model / entry.tag / name
            if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                wrong.append(f"{path} does not match the index")
    return wrong


def unexpected(root: Path) -> list[str]:
    """Return the files of a registry that belong to no tag of its index."""
    index = Registry("", Folder(root)).index()
    expected = {f"{entry.model}/{entry.tag}" for entry in index.tags.values()}
    actual = {str(path.relative_to(root)) for path in root.glob("*/*") if path.is_dir()}
    models = {name.partition("/")[0] for name in expected}
    top = set(os.listdir(root)) - models - {INDEX, LOCK}
    return sorted(top | (actual - expected))
