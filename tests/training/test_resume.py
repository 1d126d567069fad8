"""Resumed trainings end with the weights of one that was never stopped."""

import dataclasses
import json
import os
import re
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from zoo_core.errors import (
    DataError,
    InterruptedTrainingError,
    InvalidValueError,
    TrainingError,
)
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.run import Callbacks
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.task import Measured
from zoo_core.testing.check import ContractError
from zoo_core.testing.checks.resume_checks import StopAfter, expect_same
from zoo_core.testing.trainee import Trainee
from zoo_core.training import checkpoint
from zoo_core.training.checkpoint import (
    ARRAYS,
    MANIFEST,
    Checkpoints,
    SerializedCheckpoint,
    deserialize,
    serialize,
)
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.course.course import Course
from zoo_core.training.training import Training

EPOCHS = ("--epochs", 8)

PAUSING = """
import os, signal
from zoo_core.hookspecs import hookimpl

@hookimpl
def zoo_epoch_end(run, epoch):
    if epoch == int(os.environ.get("PAUSE_AFTER", 0)):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        print("paused", flush=True)
        number = signal.sigwait({signal.SIGTERM})  # pause() would miss one that comes before it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), number)
"""


@pytest.fixture(autouse=True)
def _in_the_tests_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def content(run):
    return (Path(run) / WEIGHTS).read_bytes()


@pytest.fixture
def whole(cli):
    """Return the weights of a training that was not disturbed."""
    assert cli("train", "softmax", "--out", "whole", *EPOCHS).code == 0
    return content("whole")


@pytest.fixture
def signaled(spawn, site, write_plugin):
    """Return a function that runs `zoo` and sends it a signal after an epoch, at which it waits."""
    write_plugin(site, "zoo-pausing", PAUSING)

    def run(*command, number, epoch):
        environment = {"PAUSE_AFTER": str(epoch)}
        with spawn("-m", "zoo_core", *command, site=site, env=environment) as process:
            while (line := process.stdout.readline()) != "paused\n":
                assert line, process.stderr.read()
            process.send_signal(number)
            _, err = process.communicate()
        return process.returncode, err

    return run


@pytest.mark.slow
def test_train_resume_after_kills_gives_undisturbed_weights(cli, signaled, whole):
    train_it = ["train", "softmax", "--out", "run", "--checkpoint-every", 0, *EPOCHS]
    resume_it = ["train", "--resume", "run", "--checkpoint-every", 0]
    for epoch, command in enumerate((train_it, resume_it, resume_it), 2):
        code, _ = signaled(*command, number=signal.SIGKILL, epoch=epoch)
        assert code == -signal.SIGKILL
    assert cli(*resume_it).code == 0
    assert content("run") == whole
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, EPOCHS[1] + 1))


@pytest.mark.slow
def test_terminated_training_prints_resume_command(cli, signaled, whole):
    train_it = ["train", "softmax", "--out", "run", *EPOCHS]
    code, err = signaled(*train_it, number=signal.SIGTERM, epoch=3)
    assert code == 143
    command = err.strip().rpartition("Continue: zoo ")[2].split()
    assert command == ["train", "--resume", "run"]
    resumed = cli(*command)
    assert resumed.code == 0
    assert re.search(r"step \d+ of epoch \d+\.", resumed.out)
    assert content("run") == whole
    again = cli(*command)
    assert again.code == 2
    assert "is done" in again.err


@pytest.fixture
def stopped(toy, tmp_path):
    """Return the folder of a run whose newest two checkpoints are at steps 7 and 8 of 60."""
    run = tmp_path / "run"
    with pytest.raises(InterruptedTrainingError):
        Training.new(
            toy, "softmax", out=run, checkpoint_every=0, callbacks=Interrupt(after=8)
        ).run()
    assert sorted(os.listdir(run / "checkpoints")) == ["8", "9"]
    return run


@pytest.fixture
def undisturbed(toy, tmp_path):
    """Return the weight file of the same training without a stop."""
    return content(Training.new(toy, "softmax", out=tmp_path / "other").run().folder)


class Interrupt(Callbacks):
    """Callbacks that interrupt this very process after some steps."""

    def __init__(self, after):
        self.left = after

    def step_end(self, epoch, step, steps):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGTERM)


DAMAGES = {
    "shorter arrays": (ARRAYS, lambda old: old[:-10]),
    "no arrays": (ARRAYS, None),
    "a flipped bit": (ARRAYS, lambda old: old[:-1] + bytes([old[-1] ^ 1])),
    "half a manifest": (MANIFEST, lambda old: old[: len(old) // 2]),
    "an empty manifest": (MANIFEST, lambda old: b""),
    "another training's": (MANIFEST, lambda old: old.replace(b'_sha256": "', b'_sha256": "0', 1)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_resume_falls_back_from_damaged_checkpoint(toy, stopped, undisturbed, capsys, damage):
    name, change = DAMAGES[damage]
    path = stopped / "checkpoints" / "9" / name
    path.write_bytes(change(path.read_bytes())) if change else path.unlink()
    steps = Steps()
    resumed = Training.resume(toy, stopped, callbacks=steps).run()
    (warning,) = capsys.readouterr().err.splitlines()
    assert str(path.parent) in warning
    assert steps.first == 8
    assert content(resumed.folder) == undisturbed


class Steps(Callbacks):
    """Callbacks that store the number of the first step."""

    first = None

    def step_end(self, epoch, step, steps):
        self.first = self.first or step


def test_resume_ignores_unfinished_checkpoint(toy, stopped, capsys):
    (stopped / "checkpoints" / "9" / MANIFEST).unlink()
    (stopped / "checkpoints" / "10").mkdir()
    steps = Steps()
    Training.resume(toy, stopped, callbacks=steps).run()
    assert steps.first == 8
    assert capsys.readouterr().err == ""


def test_resume_without_checkpoint_starts_over(toy, stopped, undisturbed):
    shutil.rmtree(stopped / "checkpoints")
    resumed = Training.resume(toy, stopped).run()
    assert content(resumed.folder) == undisturbed


def test_resume_warns_of_changed_environment(toy, stopped, capsys):
    config = json.loads((stopped / CONFIG).read_text())
    config["environment"]["threads"] = 64
    (stopped / CONFIG).write_text(json.dumps(config))
    Training.resume(toy, stopped).run()
    assert re.search(r"\bthreads 64\b.* None\b", capsys.readouterr().err)


@pytest.mark.slow
def test_training_keeps_checkpoints_on_full_disk(toy, stopped, undisturbed, run_process):
    """The operating system refuses to write more than 600 bytes, as on a full disk."""
    before = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
        "from zoo_core.cli.main import run\n"
        "sys.exit(run())"
    )
    command = ["train", "--resume", str(stopped), "--checkpoint-every", "0"]
    done = run_process("-c", code, *command)
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert re.search("checkpoints/10 .*File too large", line)
    assert line.endswith(f"zoo train --resume {stopped}")
    after = {path: path.read_bytes() for path in stopped.rglob("*") if path.is_file()}
    assert {p: after[p] for p in before} == before
    resumed = Training.resume(toy, stopped).run()
    assert content(resumed.folder) == undisturbed


@pytest.fixture
def diverging(monkeypatch):
    """Make the learning rate, and with it the loss, NaN from step 30 on, in the third epoch."""
    monkeypatch.setattr(
        Course, "learning_rate", lambda self, step: float("nan") if step >= 30 else 0.5
    )


def test_diverged_training_keeps_last_good_epoch(toy, tmp_path, diverging):
    with pytest.raises(TrainingError) as caught:
        Training.new(toy, "softmax", out=tmp_path / "run").run()
    message = str(caught.value)
    assert re.search(
        r"not finite .*step 8 of epoch 3 .*\blr 0\.5\b.* 16 examples, rows \d", message
    )
    assert "--set lr=0.05" in message
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert card["epoch"] <= 2
    assert re.search(rf"\bepoch {card['epoch']}\b.*model\.safetensors", message)
    assert "diverged" in card["stopped"]
    assert card["metrics"]["test"]["accuracy"][0] > 0.5
    assert "Stopped early" in (tmp_path / "run" / "card.md").read_text()


def test_checkpoints_survive_failed_save(stopped, monkeypatch):
    def refuse(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_atomic", refuse)
    checkpoints = Checkpoints(stopped)
    with pytest.raises(DataError, match="checkpoints/10 .*No space left"):
        checkpoints.save(deserialize(checkpoints.latest()))
    assert sorted(os.listdir(stopped / "checkpoints")) == ["8", "9"]


PARTS = ["weights", "statistics", "muon", "mean", "square", "steps", "average", "position"]
PARTS += ["measured", "kept"]


def changed(head, change):
    """Return measures with changed columns."""
    return Measured({name: change(column) for name, column in head.columns.items()}, head.counts)


def without(part, packed):
    """Return a checkpoint that lacks a part of a training's state."""
    found = deserialize(packed)
    progress, state = found.training, dict(found.learner)
    prefixes = {
        "weights": "model.hidden.0.weight",
        "statistics": "model.reader.1.running",
        "average": "average.",
    }
    named = [name for name in state if name.startswith(prefixes.get(part, f"optimizer.{part}."))]
    assert named or part in ("nothing", "position", "measured", "kept")
    for name in named:
        state[name] = np.zeros_like(state[name])
    if part == "position":
        progress.step -= 1
        progress.measured = [changed(head, lambda c: c[:-6]) for head in progress.measured]
    elif part == "measured":
        progress.measured = [changed(head, np.zeros_like) for head in progress.measured]
    elif part == "kept":
        progress.kept = None
    return serialize(dataclasses.replace(found, learner=state), "")


@pytest.mark.torch
@pytest.mark.requires("zoo-two-headed", "zoo-mnist")
@pytest.mark.parametrize("part", ["nothing", *PARTS])
def test_resume_check_detects_each_missing_part_of_state(part, tmp_path, monkeypatch):
    """Resume checks detect a checkpoint without any one part of the state."""
    catalog = load_catalog()
    (tmp_path / CONFIG).touch()
    changes = {"epochs": 2, "batch_size": 6, "keep": "best" if part == "kept" else "last"}

    def trainee():
        return Trainee.make(catalog, "two-headed-cnn", threads=1, **changes)

    while part == "kept" and trainee().fit().epoch == 2:
        changes["seed"] = changes.get("seed", 0) + 1  # until the first epoch is the best
    undisturbed = trainee().fit()
    with pytest.raises(InterruptedTrainingError):
        trainee().fit(CheckpointManager(Checkpoints(tmp_path, every=1e9), StopAfter(6)))
    latest = Checkpoints.latest
    monkeypatch.setattr(Checkpoints, "latest", lambda self: without(part, latest(self)))
    resumed = trainee().fit(CheckpointManager(Checkpoints(tmp_path, every=1e9)))
    if part == "nothing":
        expect_same(resumed, undisturbed)
    else:
        with pytest.raises(ContractError):
            expect_same(resumed, undisturbed)


def test_checkpoint_round_trips_infinite_ranks():
    state = TrainingState(ranks=[(3.0, float("-inf")), (0.1, 0.2)])
    found = deserialize(serialize(checkpoint.Checkpoint(state, {}), "x"))
    assert found.training.ranks == state.ranks


def test_resume_of_a_run_that_ended_meanwhile_is_refused(toy, stopped):
    training = Training.resume(toy, stopped)
    Training.resume(toy, stopped).run()
    before = content(stopped)
    with pytest.raises(InvalidValueError, match="is done"):
        training.run()
    assert content(stopped) == before


def test_checkpoint_round_trips_empty_state_and_detects_mismatch():
    packed = serialize(checkpoint.Checkpoint(TrainingState(), {"w": np.ones(())}), "x")
    found = deserialize(packed, "x")
    assert found.training == TrainingState()
    assert found.learner["w"].shape == ()
    with pytest.raises(ValueError, match="another config.json"):
        deserialize(packed, "y")
    with pytest.raises(ValueError, match="checksum"):
        deserialize(SerializedCheckpoint(packed.manifest, packed.arrays + b" "), "x")
