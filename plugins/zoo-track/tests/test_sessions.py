"""Reports of trainings and searches to a tracker of the tests, which stores them in memory."""

import json
import time

import pytest

import zoo_track.offers
import zoo_track.reporter
import zoo_track.session
from zoo_core.errors import UnavailableError, UnknownNameError
from zoo_core.frameworks.run import Callbacks
from zoo_core.installation.installed import load_catalog
from zoo_core.training.checks.trackers import check_trackers, trackers
from zoo_core.training.training import Training
from zoo_core.tuning.study import Study, Trial
from zoo_track.describe import flat, flat_scores
from zoo_track.offers import OFFERS, Offer, check_packages
from zoo_track.record import Record
from zoo_track.session import sessions
from zoo_track.studies import report_study
from zoo_track.tracker import Tracker

STEPS = 12
"""Steps per epoch of the toy model."""


class Memory(Tracker):
    """A tracker that stores its calls, and fails or hangs in the method that a test names."""

    calls: list
    fails = ""
    hangs = ""

    def start(self, subject, known):
        self._call("start")
        self.calls.append(("start", subject, known))
        return known or "an-id"

    def log(self, points):
        self._call("log")
        self.calls.append(("log", points))

    def end(self, ending):
        self._call("end")
        self.calls.append(("end", ending))

    def _call(self, method):
        if method == self.hangs:
            time.sleep(60)
        if method == self.fails:
            raise OSError("the server is gone")


@pytest.fixture
def memory(monkeypatch):
    """Return the class of the tracker `memory`, which the user chose."""
    monkeypatch.setitem(OFFERS, "memory", Offer("json", "none"))
    monkeypatch.setattr(zoo_track.session, "make_tracker", lambda _name: Memory())
    monkeypatch.setattr("zoo_track.studies.make_tracker", lambda _name: Memory())
    monkeypatch.setattr(zoo_track.reporter, "INTERVAL", 0.001)
    monkeypatch.setattr(zoo_track.session, "WAIT_START", 1)
    monkeypatch.setattr(zoo_track.session, "WAIT_STOPPED", 1)
    monkeypatch.setenv("ZOO_TRACK", "memory")
    monkeypatch.setattr(Memory, "calls", [], raising=False)
    monkeypatch.setattr(Memory, "fails", "")
    monkeypatch.setattr(Memory, "hangs", "")
    return Memory


class Stop(Callbacks):
    """Callbacks that stop a training after some steps, as Ctrl-C does in Python."""

    def __init__(self, steps):
        self.left = steps

    def step_end(self, epoch, step, steps):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def points(calls):
    return [point for call in calls if call[0] == "log" for point in call[1]]


def names(calls):
    return [call[0] for call in calls if call[0] != "log"]


def test_tracker_gets_recipe_steps_epochs_and_results(catalog, memory, tmp_path):
    overrides = [{"epochs": 2}]
    run = Training.new(catalog, "softmax", out=tmp_path / "run", overrides=overrides).run()
    (_, subject, known), (_, ending) = memory.calls[0], memory.calls[-1]
    assert (subject.name, known, subject.group) == ("run", "", "")
    assert subject.params["lr"] == run.recipe.lr
    assert subject.params["model"] == "softmax"
    assert subject.facts["versions.zoo-toy"]
    logged = points(memory.calls)
    epochs = [each for each in logged if "epoch" in each.values]
    assert [(each.step, each.values["epoch"]) for each in epochs] == [(STEPS, 1), (2 * STEPS, 2)]
    lines = map(json.loads, (run.folder / "metrics.jsonl").read_text().splitlines())
    accuracies = [line["validation"]["accuracy"][0] for line in lines]
    assert [each.values["validation/accuracy"] for each in epochs] == accuracies
    steps = [each for each in logged if "step/loss" in each.values]
    # The first step alone, the others together, because epochs are short.
    assert [each.step for each in steps] == [1, STEPS, 2 * STEPS]
    assert all(each.values["step/lr"] > 0 for each in steps)
    assert ending.finished
    assert ending.results["kept/test/accuracy"] == run.card.metrics["test"]["accuracy"][0]
    assert ending.facts["weights.sha256"] == run.card.weights.sha256
    assert ending.files == []
    assert not sessions


def test_weights_are_sent_on_request_only(catalog, memory, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_TRACK_WEIGHTS", "1")
    run = Training.new(catalog, "softmax", out=tmp_path / "run", overrides=[{"epochs": 1}]).run()
    assert memory.calls[-1][1].files == [run.folder / "model.safetensors"]


def test_tracking_changes_no_byte_of_the_weights(catalog, memory, tmp_path, monkeypatch):
    tracked = Training.new(catalog, "softmax", out=tmp_path / "run").run()
    monkeypatch.delenv("ZOO_TRACK")
    plain = Training.new(catalog, "softmax", out=tmp_path / "plain").run()
    assert tracked.card.weights.sha256 == plain.card.weights.sha256
    assert not (plain.folder / "track.json").exists()


@pytest.mark.parametrize("stop", [1, 13, 24, 30])
def test_resumed_training_continues_its_run_without_doubles(catalog, memory, tmp_path, stop):
    with pytest.raises(KeyboardInterrupt):
        Training.new(
            catalog,
            "softmax",
            out=tmp_path / "run",
            overrides=[{"epochs": 4}],
            checkpoint_every=0,
            callbacks=Stop(stop),
        ).run()
    Training.resume(catalog, tmp_path / "run").run()
    assert names(memory.calls) == ["start", "end", "start", "end"]  # stopped, then finished
    assert [call[1].finished for call in memory.calls if call[0] == "end"] == [False, True]
    assert [call[2] for call in memory.calls if call[0] == "start"] == ["", "an-id"]
    logged = points(memory.calls)
    epochs = [each.values["epoch"] for each in logged if "epoch" in each.values]
    assert epochs == [1, 2, 3, 4]
    steps = [each.step for each in logged if "step/loss" in each.values]
    assert steps == sorted({*steps})
    assert {STEPS, 2 * STEPS, 3 * STEPS, 4 * STEPS} <= {*steps}


def test_resumed_training_reports_epochs_that_a_dead_server_missed(catalog, memory, tmp_path):
    memory.fails = "log"
    with pytest.raises(KeyboardInterrupt):
        Training.new(
            catalog, "softmax", out=tmp_path / "run", checkpoint_every=0, callbacks=Stop(30)
        ).run()
    memory.fails = ""
    Training.resume(catalog, tmp_path / "run").run()
    epochs = [e.values["epoch"] for e in points(memory.calls) if "epoch" in e.values]
    assert epochs == [1, 2, 3, 4, 5]
    found = {e.values["epoch"]: e.step for e in points(memory.calls) if "epoch" in e.values}
    assert found == {epoch: epoch * STEPS for epoch in epochs}


@pytest.mark.parametrize("method", ["start", "log", "end"])
def test_failure_of_a_tracker_costs_one_warning(catalog, memory, tmp_path, capsys, method):
    memory.fails = method
    run = Training.new(catalog, "softmax", out=tmp_path / "run").run()
    assert run.card.epoch
    warning = "the tracker memory failed, the training continues: OSError: the server is gone"
    assert capsys.readouterr().err.splitlines() == [f"zoo: {warning}"]


@pytest.mark.parametrize("method", ["start", "log", "end"])
def test_tracker_that_hangs_does_not_stop_a_training(
    catalog, memory, tmp_path, capsys, monkeypatch, method
):
    memory.hangs = method
    monkeypatch.setattr(zoo_track.session, "WAIT", 0.2)
    start = time.monotonic()
    run = Training.new(catalog, "softmax", out=tmp_path / "run").run()
    assert time.monotonic() - start < 30
    assert run.card.epoch
    (warning,) = capsys.readouterr().err.splitlines()
    assert "did not take all reports within 0.2 seconds" in warning


def test_full_disk_costs_one_warning(catalog, memory, tmp_path, capsys, monkeypatch):
    def fail(_path, _content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("zoo_track.record.write_atomic", fail)
    Training.new(catalog, "softmax", out=tmp_path / "run").run()
    (warning,) = capsys.readouterr().err.splitlines()
    assert "No space left on device" in warning


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"trackers": 1}', '{"trackers": {"memory": {"id": []}}}', "\x00"]
)
def test_damaged_record_begins_a_new_run(tmp_path, content):
    (tmp_path / "track.json").write_text(content)
    record = Record(tmp_path)
    assert not record.id_of("a") and not record.has("a", 1, 0)
    record.start("a", "b")
    assert Record(tmp_path).id_of("a") == "b"


def test_slow_tracker_loses_steps_but_no_epoch(catalog, memory, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo_track.reporter, "MOST_POINTS", 0)
    Training.new(catalog, "softmax", out=tmp_path / "run").run()
    assert [point.values["epoch"] for point in points(memory.calls)] == [1, 2, 3, 4, 5]


def test_trackers_are_those_of_the_variable(monkeypatch):
    monkeypatch.setenv("ZOO_TRACK", " mlflow, ,wandb,mlflow")
    assert trackers() == ("mlflow", "wandb")
    monkeypatch.setenv("ZOO_TRACK", "")
    assert trackers() == ()


def test_missing_package_is_an_error_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    check_packages(["a-tracker-of-another-plugin"])
    message = "the package mlflow, which is not installed. Run: pip install 'zoo-track.mlflow.'"
    with pytest.raises(UnavailableError, match=message):
        check_packages(["mlflow"])


def test_unknown_tracker_is_an_error_before_the_training(train, tmp_path):
    done = train("--track", "tensorbord")
    assert (done.code, (tmp_path / "run").exists()) == (3, False)
    assert "there is no tracker 'tensorbord'. Did you mean 'tensorboard'?" in done.err


def test_trackers_need_the_plugin(catalog, monkeypatch):
    monkeypatch.setenv("ZOO_TRACK", "mlflow")
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy")
    with pytest.raises(UnknownNameError, match="there is no tracker 'mlflow'. Run: pip install"):
        check_trackers(load_catalog())


def test_training_without_trackers_imports_none(run_python, tmp_path):
    code = (
        "import sys, zoo_core as zoo\n"
        "zoo.train('softmax', out='run', epochs=1)\n"
        "names = 'tensorboard mlflow wandb trackio zoo_track.session zoo_track.offers'\n"
        "print({*names.split()} & {*sys.modules})"
    )
    assert run_python(code, env={"ZOO_PLUGINS": "zoo-toy,zoo-track"}) == "set()\n"


def test_secrets_of_addresses_are_masked():
    address = "hf:https://me:pass@example.org/x?token=abc"
    found = flat({"dataset": address, "more": {"list": [address], "none": None, "on": True}})
    assert "pass" not in str(found) and "abc" not in str(found)
    assert found["more.on"] is True
    assert "more.none" not in found


def test_scores_of_several_heads_have_numbers():
    scores = {"accuracy": [0.5, 0.25], "loss": [1.0, None], "correct": [1, 2], "total": 4}
    assert flat_scores("train", scores) == {
        "train/accuracy/1": 0.5,
        "train/accuracy/2": 0.25,
        "train/loss/1": 1.0,
    }


def study(trials):
    made = [
        Trial(
            number=number,
            state="complete",
            values={"lr": 0.1, "model.width": [number]},
            scores=(0.5,),
            loss=0.1,
            curve=(0.4, 0.5),
            epochs=2,
            seconds=1.0,
        )
        for number in range(trials)
    ]
    return Study(
        name="wide",
        model="softmax",
        recipe_name="default",
        dataset="toy",
        space={},
        grid=False,
        seeds=(0,),
        trials=tuple(made),
        importances={},
    )


def test_trials_of_a_search_are_runs_of_a_group_reported_once(memory, tmp_path):
    report_study(study(2), tmp_path, ["memory"])
    report_study(study(3), tmp_path, ["memory"])  # the search was continued
    subjects = [call[1] for call in memory.calls if call[0] == "start"]
    assert [each.name for each in subjects] == ["wide-0", "wide-1", "wide-2"]
    assert {each.group for each in subjects} == {"wide"}
    assert subjects[1].params["model.width"] == "[1]"
    assert [point.step for point in points(memory.calls)] == [1, 2] * 3


def test_failure_of_a_tracker_keeps_the_search(memory, tmp_path, capsys):
    memory.fails = "log"
    report_study(study(1), tmp_path, ["memory"])
    warning = "zoo: the tracker memory failed, the search is kept: OSError: the server is gone\n"
    assert capsys.readouterr().err == warning
