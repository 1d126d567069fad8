"""The end of a training: patience, a time limit, and the schedule that ends with it."""

import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from zoo_core.filenames import METRICS, WEIGHTS
from zoo_core.frameworks.run import Callbacks
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.publishing.seed_interval import make_interval
from zoo_core.testing.check import ContractError
from zoo_core.testing.checks.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainee import Subject
from zoo_core.training import loop
from zoo_core.training.course.course import Course, cooldown_epochs
from zoo_core.training.training import Training
from zoo_core.weights.card_course import EndDecision

WORSE = {"lr": 2, "validation": 0.5, "batch_size": 30}
"""Values with which the first epoch of the toy model is the best one."""

SCHEDULES = [
    {"schedule": "polynomial", "lr_power": 2.0, "final_lr": 0.1, "keep": "last"},
    {"schedule": "step", "lr_epochs": [1], "keep": "last"},
    {"schedule": "step", "lr_factor": 0.5, "keep": "last"},
    {"schedule": "plateau", "lr_patience": 1, "lr_factor": 0.5, "keep": "last"},
    {"schedule": "restarts", "cycle": 1, "cycle_factor": 2.0, "keep": "last"},
    {"schedule": "cooldown", "cooldown": 0.5, "keep": "last"},
    {"schedule": "cooldown", "patience": 1},
    {"schedule": "cosine", "patience": 1},
]


class Clock(Callbacks):
    """A clock on which an epoch takes given seconds; the last of them for all further ones."""

    def __init__(self, monkeypatch, *seconds):
        self.now, self._seconds = 1000.0, seconds
        monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def step_end(self, epoch, step, steps):
        self.now += self._seconds[min(epoch, len(self._seconds)) - 1] / steps


def train(toy, out, *, callbacks=None, **values):
    return Training.new(toy, "softmax", out=out, overrides=[values], callbacks=callbacks).run()


def lines(run):
    return [json.loads(line) for line in (run.folder / METRICS).read_text().splitlines()]


@pytest.mark.parametrize("values", SCHEDULES, ids=str)
def test_training_with_schedule_resumes_to_the_bit(toy, values):
    """Trainings are stopped after random steps, twice each."""
    rng = random.Random(str(values))
    stops = [rng.randrange(1, 12), rng.randrange(1, 8)]
    resumes_to_the_bit(Subject(toy, "softmax"), stops, epochs=5, batch_size=4, lr=2.0, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"schedule": "plateau", "lr_patience": 1, "keep": "last"},
        {"schedule": "cooldown", "patience": 2},
    ],
    ids=str,
)
def test_resume_check_detects_lost_course(toy, values, monkeypatch):
    start = Course.__init__

    def forgetful(self, run, state, group):
        state.ranks, state.ends = [], []
        start(self, run, state, group)

    subject, values = Subject(toy, "softmax"), {**values, "lr": 2.0, "batch_size": 4, "epochs": 8}
    resumes_to_the_bit(subject, [22], **values)
    monkeypatch.setattr(Course, "__init__", forgetful)
    with pytest.raises(ContractError):
        resumes_to_the_bit(subject, [22], **values)


@pytest.mark.parametrize("values", SCHEDULES, ids=str)
def test_each_schedule_changes_the_weights(toy, values):
    subject = Subject(toy, "softmax")
    plain = subject.fit(epochs=5, batch_size=4, lr=2.0, keep="last")
    changed = subject.fit(epochs=5, batch_size=4, lr=2.0, **values)
    assert changed.epoch < plain.epoch or any(
        not np.array_equal(each, changed.weights[name]) for name, each in plain.weights.items()
    )


def test_patience_ends_training(toy, tmp_path):
    run = train(toy, tmp_path / "run", epochs=40, patience=3, **WORSE)
    assert run.card.epoch == 1
    assert run.card.ended == (EndDecision(after=4, last=4, because="patience"),)
    assert [line["epoch"] for line in lines(run)] == [1, 2, 3, 4]
    assert lines(run)[-1]["ended"] == {"after": 4, "last": 4, "because": "patience"}
    page = (run.folder / "card.md").read_text()
    assert "- Ended: after epoch 4 of 40: no better validation for 3 epochs\n" in page


def test_training_that_is_not_ended_has_neither_card_nor_line_of_it(toy, tmp_path):
    run = train(toy, tmp_path / "run", epochs=3, patience=3, max_minutes=60, **WORSE)
    assert "ended" not in json.loads((run.folder / "card.json").read_text())
    assert not any("ended" in line for line in lines(run))


def test_patience_begins_cooldown(toy, tmp_path):
    schedule = {"schedule": "cooldown", "cooldown": 0.5, "patience": 3}
    run = train(toy, tmp_path / "run", epochs=40, **schedule, **WORSE)
    assert run.card.ended == (EndDecision(after=4, last=8, because="patience"),)
    assert "and then a cooldown of 4 epochs" in (run.folder / "card.md").read_text()
    rates = [line["lr"] for line in lines(run)]
    assert rates[:4] == [2.0] * 4
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.2


@pytest.mark.parametrize(("share", "epochs", "expected"), [(0.2, 8, 2), (0.5, 4, 4), (0.01, 3, 1)])
def test_cooldown_is_its_share_of_all_epochs(toy, share, epochs, expected):
    recipe = Subject(toy, "softmax").trainee(schedule="cooldown", cooldown=share).run.recipe
    assert cooldown_epochs(recipe, epochs) == expected


def test_max_minutes_ends_training_with_its_schedule(toy, tmp_path, monkeypatch):
    clock = Clock(monkeypatch, 6)
    run = train(toy, tmp_path / "run", epochs=40, max_minutes=1, schedule="cosine", callbacks=clock)
    assert len(lines(run)) == 10
    assert run.card.ended == (EndDecision(after=1, last=10, because="max_minutes"),)
    assert run.card.seconds == pytest.approx(60)
    rates = [line["lr"] for line in lines(run)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.01 * run.recipe.lr
    page = (run.folder / "card.md").read_text()
    assert "- Ended: after epoch 10 of 40: one more would exceed max_minutes 1\n" in page


def test_max_minutes_follows_the_duration_of_epochs(toy, tmp_path, monkeypatch):
    clock = Clock(monkeypatch, 6, 6, 6, 12)
    run = train(toy, tmp_path / "run", epochs=40, max_minutes=1, callbacks=clock)
    assert run.card.seconds <= 60
    assert len(lines(run)) == run.card.ended[-1].last == 6
    assert len(run.card.ended) > 1


def test_max_minutes_shorter_than_an_epoch_keeps_the_first(cli, tmp_path, monkeypatch, toy, capsys):
    clock = Clock(monkeypatch, 90)
    run = train(toy, tmp_path / "run", epochs=40, max_minutes=1, callbacks=clock)
    assert run.card.epoch == 1
    assert (run.folder / WEIGHTS).exists()
    assert run.card.ended == (EndDecision(after=1, last=1, because="max_minutes"),)
    done = cli("train", "softmax", "--out", "r", "--set", "max_minutes=0.000001", "--quiet")
    assert done.code == 0
    assert "longer than max_minutes 1e-06: the training ends after the first" in done.err


def test_patience_cooldown_that_exceeds_the_time_is_shorter(toy, tmp_path, monkeypatch):
    schedule = {"schedule": "cooldown", "cooldown": 0.5, "patience": 3, "max_minutes": 1}
    clock = Clock(monkeypatch, 6, 6, 6, 12)
    run = train(toy, tmp_path / "run", epochs=40, **schedule, **WORSE, callbacks=clock)
    assert [end.because for end in run.card.ended][-1] == "max_minutes"
    assert run.card.seconds <= 60
    assert lines(run)[-1]["lr"] < 1


@pytest.mark.parametrize("stop", [5, 17, 40])
def test_decisions_of_max_minutes_survive_a_stop(toy, tmp_path, monkeypatch, stop):
    from tests.training.test_resume import Interrupt
    from zoo_core.errors import InterruptedTrainingError
    from zoo_core.frameworks.run import CallbackList

    values = {"epochs": 40, "max_minutes": 1, "schedule": "one-cycle"}
    whole = train(toy, tmp_path / "whole", callbacks=Clock(monkeypatch, 6, 6, 9), **values)
    clock = Clock(monkeypatch, 6, 6, 9)
    training = Training.new(
        toy,
        "softmax",
        out=tmp_path / "run",
        overrides=[values],
        checkpoint_every=0,
        callbacks=CallbackList([clock, Interrupt(stop)]),
    )
    with pytest.raises(InterruptedTrainingError):
        training.run()
    Training.resume(toy, tmp_path / "run", callbacks=clock).run()
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (whole.folder / WEIGHTS).read_bytes()


@pytest.mark.parametrize(
    "values",
    [
        {"max_minutes": 1, "schedule": "cosine"},
        {"max_minutes": 1, "schedule": "cooldown", "patience": 3, **WORSE},
        {"patience": 3, **WORSE},
    ],
    ids=str,
)
def test_reproduce_repeats_decisions_with_another_clock(toy, tmp_path, monkeypatch, values):
    clock = Clock(monkeypatch, 6, 6, 6, 12)
    run = train(toy, tmp_path / "run", epochs=40, callbacks=clock, **values)
    assert run.card.ended
    found = publish_run(toy, run.folder, "softmax.limited", str(tmp_path / "registry"))
    again = reproduce_published(
        toy, found, out=tmp_path / "again", callbacks=Clock(monkeypatch, 100)
    )
    assert [each.same_bytes for each in again] == [True]


def test_seeds_that_end_at_different_epochs_have_an_interval(toy, tmp_path):
    values = {"epochs": 40, "patience": 1, "lr": 1.5, "batch_size": 2}
    runs = [train(toy, tmp_path / str(seed), seed=seed, **values) for seed in range(4)]
    assert len({len(lines(run)) for run in runs}) > 1
    cards = [run.card for run in runs]
    interval = make_interval(cards[0], cards[1:])
    assert interval.seeds == (0, 1, 2, 3)


def test_terminal_states_the_end(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [f"--set={name}={value}" for name, value in (WORSE | {"patience": 3}).items()]
    done = cli("train", "softmax", "--epochs", 40, "--out", "run", *words)
    assert done.code == 0
    assert "Ended after epoch 4 of 40: no better validation for 3 epochs." in done.out
    assert "Ended:   after epoch 4 of 40: no better validation for 3 epochs" in done.out
    info = " ".join(cli("info", str(Path("run"))).out.split())
    assert "It ended after epoch 4 of 40: no better validation for 3 epochs." in info
