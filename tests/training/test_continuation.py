"""A finished training that is continued for more epochs."""

import json
import shutil
from pathlib import Path

import pytest

import zoo_core
from tests.training.test_resume import Interrupt
from zoo_core.errors import DataError, InterruptedTrainingError, InvalidValueError
from zoo_core.filenames import CARD, METRICS, WEIGHTS
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.training.course.continuation import continue_training
from zoo_core.training.training import Training
from zoo_core.weights.card_course import ContinuedEnd

PATIENT = {"patience": 3, "lr": 2, "validation": 0.5, "batch_size": 30}
"""Values with which the toy model has no better epoch than the first."""


@pytest.fixture
def finished(toy, tmp_path):
    """Return a finished training of 4 epochs with a schedule that ended at 0."""
    return train(toy, tmp_path / "finished", epochs=4, schedule="cosine")


def train(toy, out, **values):
    return Training.new(toy, "softmax", out=out, overrides=[values]).run()


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(run):
    return [json.loads(line) for line in (run.folder / METRICS).read_text().splitlines()]


def test_continued_training_has_the_schedule_of_all_epochs(toy, finished, tmp_path):
    before = files(finished.folder)
    run = continue_training(toy, finished.folder, 8, out=tmp_path / "longer").run()
    planned = train(toy, tmp_path / "planned", epochs=8, schedule="cosine")
    rates = [line["lr"] for line in lines(run)]
    assert rates[:4] == [line["lr"] for line in lines(finished)]
    assert rates[4:] == [line["lr"] for line in lines(planned)][4:]
    # It is not the training that was planned for all of them.
    assert (run.folder / WEIGHTS).read_bytes() != (planned.folder / WEIGHTS).read_bytes()
    sha256 = finished.card.weights.sha256
    assert run.card.continued == (ContinuedEnd(epochs=4, after=4, sha256=sha256),)
    assert not planned.card.continued
    assert sha256 in (run.folder / "card.md").read_text()
    assert files(finished.folder) == before


@pytest.mark.parametrize("ends", [(8,), (6, 9)])
def test_continued_training_is_reproduced_from_its_card(toy, finished, tmp_path, ends):
    run = finished
    for epochs in ends:
        run = continue_training(toy, run.folder, epochs, out=tmp_path / str(epochs)).run()
    found = publish_run(toy, run.folder, "softmax.longer", str(tmp_path / "registry"))
    again = reproduce_published(toy, found, out=tmp_path / "again")
    assert [each.same_bytes for each in again] == [True]
    card = json.loads((tmp_path / "registry" / "softmax" / "longer" / CARD).read_text())
    commands = card["command"].split(" && ")
    assert "--epochs 4" in commands[0]
    assert commands[1:] == [f"zoo train --resume RUN --epochs {epochs}" for epochs in ends]


@pytest.mark.parametrize("schedule", ["constant", "cooldown"])
def test_continued_training_has_new_patience(toy, tmp_path, schedule):
    ended = train(toy, tmp_path / "ended", epochs=40, schedule=schedule, **PATIENT)
    after = len(lines(ended))
    run = continue_training(toy, ended.folder, 40, out=tmp_path / "longer").run()
    assert run.card.continued[0].after == after
    assert run.card.ended[0].after == after + 3
    found = publish_run(toy, run.folder, "softmax.longer", str(tmp_path / "registry"))
    assert reproduce_published(toy, found, out=tmp_path / "again")[0].same_bytes


def test_continued_training_survives_a_stop(toy, finished, tmp_path):
    whole = continue_training(toy, finished.folder, 8, out=tmp_path / "whole").run()
    training = continue_training(
        toy,
        finished.folder,
        8,
        out=tmp_path / "stopped",
        checkpoint_every=0,
        callbacks=Interrupt(after=20),
    )
    with pytest.raises(InterruptedTrainingError):
        training.run()
    run = Training.resume(toy, tmp_path / "stopped").run()
    assert (run.folder / WEIGHTS).read_bytes() == (whole.folder / WEIGHTS).read_bytes()
    # Without the checkpoint that it began with, it trains the first epochs again.
    shutil.rmtree(tmp_path / "stopped" / "checkpoints")
    (tmp_path / "stopped" / CARD).unlink()
    run = Training.resume(toy, tmp_path / "stopped").run()
    assert (run.folder / WEIGHTS).read_bytes() == (whole.folder / WEIGHTS).read_bytes()


def test_continuation_is_refused_where_it_has_no_effect(toy, finished, tmp_path):
    with pytest.raises(InvalidValueError, match="expected more than 4, .* got 4"):
        continue_training(toy, finished.folder, 4)
    shutil.rmtree(finished.folder / "checkpoints")
    with pytest.raises(DataError, match="no checkpoint of the end"):
        continue_training(toy, finished.folder, 8)
    limited = train(toy, tmp_path / "limited", epochs=2, max_minutes=60)
    with pytest.raises(InvalidValueError, match="limited by max_minutes 60"):
        continue_training(toy, limited.folder, 8)
    (limited.folder / CARD).unlink()
    with pytest.raises(InvalidValueError, match="is not finished.*") as caught:
        continue_training(toy, limited.folder, 8)
    assert f"zoo train --resume {limited.folder}" in str(caught.value)


def test_diverged_training_is_not_continued(toy, finished, tmp_path):
    path = finished.folder / CARD
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"stopped": "the training diverged"}))
    with pytest.raises(InvalidValueError, match="it diverged"):
        continue_training(toy, finished.folder, 8)


def test_train_resume_with_epochs_continues_into_a_new_folder(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("train", "softmax", "--epochs", 2).code == 0
    again = cli("train", "--resume", "runs/softmax-1")
    assert again.code == 2
    assert "zoo train --resume runs/softmax-1 --epochs N" in again.err
    done = cli("train", "--resume", "runs/softmax-1", "--epochs", 3, "--quiet")
    assert (done.code, done.out) == (0, "runs/softmax-2\n")
    assert Path("runs/softmax-2", CARD).exists()
    assert cli("train", "--resume", "runs/softmax-1", "--epochs", 3, "--seed", 1).code == 2
    assert cli("train", "--resume", "runs/softmax-1", "--out", "other").code == 2


def test_resume_in_python_continues_a_finished_training(toy, finished, tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_core.api.training.usable_catalog", lambda: toy)
    run = zoo_core.resume(finished.folder, epochs=6, out=tmp_path / "longer")
    assert run.recipe.epochs == 6
    with pytest.raises(InvalidValueError, match="out is for a finished training"):
        zoo_core.resume(finished.folder, out=tmp_path / "other")
