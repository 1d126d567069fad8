"""Steps that train, resume, publish and verify: all are bound to the data of one training."""

from __future__ import annotations

import json
import random
import re

import numpy as np

from tests.stress.folders.commands import SETTINGS, Result
from tests.stress.folders.judge import (
    Claim,
    Expectation,
    Request,
    Tally,
    judge,
    judge_refusal,
)
from tests.stress.folders.net import Net, Truth
from tests.stress.folders.python_calls import stop_training
from tests.stress.folders.samples import Trained, read_folder
from tests.stress.folders.steps import REGISTRY, call, finished, pick, step, tag
from tests.stress.folders.world import World
from zoo_core.data.example_record import ExampleRecord
from zoo_core.filenames import CARD, EXAMPLES, WEIGHTS

SEEDS = 3
"""Number of seeds of trainings; a run and its twin have the first."""


@step
def train(world: World, rng: random.Random, tally: Tally) -> None:
    """Train on the folder in the working directory, and check what was trained on."""
    _train(world, tally, rng.randrange(SEEDS))


def _train(world: World, tally: Tally, seed: int) -> Trained | None:
    samples, run = read_folder(world.here), _new_run(world)
    result = call(
        world, tally, "train", "numpy-net", "--dataset", world.address, "--threads", 1,
        "--seed", seed, "--out", run.folder, *SETTINGS,
    )  # fmt: skip
    if result.code:
        judge_refusal(tally, result, unchanged=samples == read_folder(world.backup))
        return None
    if samples is None:
        tally.note("other fault", f"trained on a folder that cannot be read: {result}")
        return None
    run.samples = samples
    world.runs.append(run)
    _check_training(tally, result, run)
    return run


def _new_run(world: World) -> Trained:
    name = f"run {world.number()}"
    return Trained(name, world.project, frozenset(), world.address, world.here, world.home)


def _check_training(tally: Tally, result: Result, run: Trained) -> None:
    """Check classes, scores, normalization and splits of a finished training."""
    net = Net(run.folder / WEIGHTS)
    if sorted({each.label for each in run.samples}) != sorted(net.classes):
        tally.note("other fault", f"{result}: classes {net.classes}")
        return
    for split in ("validation", "test"):
        truth = net.score(each for each in run.samples if each.split == split)
        _judge_statement(tally, result, net.stated["metrics"][split], truth)
    mean = net.as_array([each for each in run.samples if each.is_in("train")]).mean(axis=(0, 1, 2))
    if not np.allclose(mean / 255, net.stated["normalization"]["mean"]):
        tally.note("other fault", f"{result}: the mean of the pixels is not {mean / 255}")
    path = run.folder / EXAMPLES
    record = ExampleRecord.from_csv(path.read_bytes(), str(path))
    stated = {(each.key, each.label, each.split) for each in record.examples}
    if stated != {(each.key, each.label, each.split) for each in run.samples}:
        tally.note("other fault", f"{result}: {EXAMPLES} differs from the rule of the splits")


def _judge_statement(
    tally: Tally, result: Result, stated: dict[str, list[float]], truth: Truth | None
) -> None:
    """Judge scores of a card."""
    claim = Claim.of(stated)
    judge(tally, result, [claim], [[Expectation(truth, "its card")] if truth else []])


@step
def stop(world: World, rng: random.Random, tally: Tally) -> None:
    """Train once, and begin the same training again but stop it."""
    if not (twin := _train(world, tally, 0)):
        return
    run = _new_run(world)
    run.samples, run.twin, run.is_done = twin.samples, twin.name, False
    tally.count("commands")
    if error := stop_training(world, world.address, run.folder, rng.randrange(1, 9), 0):
        tally.note("other fault", f"stopping a training: {error}")
    else:
        world.runs.append(run)


@step
def resume(world: World, rng: random.Random, tally: Tally) -> None:
    """Resume a stopped training; its weights have to be those of one that was not stopped."""
    if not (run := pick(rng, [run for run in world.runs if not run.is_done])):
        return
    result = call(world, tally, "train", "--resume", run.folder, "--threads", 1)
    if result.code:
        judge_refusal(tally, result, unchanged=Request().finds_same(world, run))
        return
    run.is_done = True
    tally.count("resumed")
    mine, twin = (
        Net(folder / WEIGHTS).tensors for folder in (run.folder, run.folder.with_name(run.twin))
    )
    if any(not np.array_equal(mine[name], twin[name]) for name in twin):
        tally.note("wrong without a word", f"{result} continued with other data")


@step
def publish(world: World, rng: random.Random, tally: Tally) -> None:
    """Publish a run; only the data of its card can confirm the scores."""
    run = pick(rng, finished(world))
    if not run or run.published:
        return
    registry = world.root / REGISTRY
    result = call(world, tally, "publish", run.folder, "--as", tag(run), "--registry", registry)
    if result.code:
        judge_refusal(tally, result, unchanged=Request().finds_same(world, run))
        return
    run.published = True
    (card,) = registry.rglob(f"{tag(run).partition('.')[2]}/{CARD}")
    stated = json.loads(card.read_bytes())["metrics"]["test"]
    _judge_statement(tally, result, stated, _truth_of_card(run))


def _truth_of_card(run: Trained) -> Truth | None:
    return Net(run.folder / WEIGHTS).score(each for each in run.samples if each.split == "test")


@step
def verify(world: World, rng: random.Random, tally: Tally) -> None:
    """Verify published weights; as for publishing, only the data of their card can do that."""
    if not (run := pick(rng, [run for run in world.runs if run.published])):
        return
    result = call(world, tally, "verify", tag(run), "--registry", world.root / REGISTRY)
    counts = re.search(r"test split: ([\d,]+) of ([\d,]+) examples correct", result.out)
    if result.code or not counts:
        # Published weights have no place: their folder is the one in the working directory.
        judge_refusal(tally, result, unchanged=read_folder(world.here) == run.samples)
        return
    tally.count("scores")
    truth = _truth_of_card(run)
    if not truth or (int(counts[1]), int(counts[2])) != (truth.correct, truth.total):
        tally.note("wrong without a word", f"{result}, expected {truth}")
