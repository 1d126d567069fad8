"""Folders of runs: their listing, their comparison, and the removal of what is not needed."""

import json
import os
import shutil
import time

import hypothesis
import pytest
from hypothesis import strategies as st

from zoo_core.errors import DataError
from zoo_core.filenames import CARD, CONFIG, METRICS, RUN_LOCK, STUDY, WEIGHTS
from zoo_core.frameworks.run import Callbacks
from zoo_core.system.locks import is_locked
from zoo_core.training.run_folder import locked_run
from zoo_core.training.runs.prune import old_unfinished, remove
from zoo_core.training.runs.run_facts import find_runs, read_run_facts
from zoo_core.training.training import Training

STATES = {"finished", "running", "stopped", "diverged", "damaged", "search"}


class Stop(Callbacks):
    """Callbacks that stop a training in its third epoch, of 12 steps each."""

    def __init__(self):
        self.left = 30

    def step_end(self, epoch, step, steps):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.fixture
def runs(toy, tmp_path, monkeypatch):
    """Return a function that trains in ``runs/NAME``, to the end or not."""
    monkeypatch.chdir(tmp_path)

    def train(name, *, finish=True, **overrides):
        folder = tmp_path / "runs" / name
        training = Training.new(
            toy,
            "softmax",
            out=folder,
            overrides=[overrides],
            checkpoint_every=0,
            callbacks=None if finish else Stop(),
        )
        if finish:
            return training.run().folder
        with pytest.raises(KeyboardInterrupt):
            training.run()
        return folder

    return train


def age(folder, days):
    """Let the files of a run be some days old."""
    then = time.time() - days * 86_400
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (then, then))


# Listing.


def test_list_shows_state_score_and_age(runs, cli, tmp_path):
    runs("b", epochs=2)
    runs("series/seed-1", finish=False)
    age(runs("a", epochs=1, seed=1), 3)
    rows = {row["folder"]: row for row in cli("list", "runs", "--json").json["runs"]}
    assert [*rows] == ["runs/a", "runs/b", "runs/series/seed-1"]
    finished, stopped = rows["runs/b"], rows["runs/series/seed-1"]
    card = json.loads((tmp_path / "runs/b" / CARD).read_text())
    assert finished["state"] == "finished"
    assert (finished["epoch"], finished["epochs"], finished["split"]) == (2, 2, "test")
    assert finished["score"] == {"accuracy": card["metrics"]["test"]["accuracy"]}
    assert (stopped["state"], stopped["epoch"], stopped["epochs"]) == ("stopped", 2, 5)
    assert stopped["split"] == "validation"
    text = cli("list", "runs").out
    assert "stopped at epoch 2 of 5" in text
    assert text.splitlines()[1].endswith("3 d")
    assert cli("list", "runs", "runs/series").out.count("runs/") == 1


def test_list_names_run_that_is_being_trained(runs):
    folder = runs("a", finish=False)
    with locked_run(folder):
        assert read_run_facts(folder).state == "running"
    assert read_run_facts(folder).state == "stopped"


def test_lock_of_killed_process_is_not_held(tmp_path):
    file = tmp_path / RUN_LOCK
    assert not is_locked(file)
    file.write_text("process 1 on a-host")
    assert not is_locked(file)
    assert file.read_text()  # which was not written to


def test_list_shows_divergence(runs):
    folder = runs("a", epochs=1)
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "stopped": "the training diverged"}))
    facts = read_run_facts(folder)
    assert (facts.state, facts.problem) == ("diverged", "the training diverged")


def test_list_shows_searches(tmp_path):
    trials = [{"scores": [0.5, 0.7]}, {"scores": []}]
    study = {"model": "softmax", "dataset": "toy", "recipe_name": "default", "trials": trials}
    (tmp_path / STUDY).write_text(json.dumps(study))
    (facts,) = find_runs(tmp_path)
    assert (facts.state_text, facts.score) == ("search, 2 trials", {"accuracy": [0.6]})


def test_list_survives_damaged_folders_and_names_them(runs, cli, tmp_path):
    for name in ("config", "card", "other"):
        runs(name, epochs=1)
    (tmp_path / "runs/config" / CONFIG).write_text("{")
    (tmp_path / "runs/card" / CARD).write_text("[]")
    done = cli("list", "runs")
    assert done.code == 0
    assert done.out.count("damaged") == 2
    first, second = done.err.splitlines()
    assert first == "zoo: runs/card is damaged: card.json: expected an object, got a list"
    assert second.startswith("zoo: runs/config is damaged: config.json: Expecting property name")


def test_list_leaves_out_other_folders_and_links(runs, tmp_path):
    folder = runs("a", epochs=1)
    other = tmp_path / "runs" / "other"
    other.mkdir()
    (other / CONFIG).write_text('{"model_type": "bert"}')
    (tmp_path / "runs" / "link").symlink_to(folder)
    (tmp_path / "runs" / "loop").symlink_to(tmp_path / "runs")
    assert [facts.folder for facts in find_runs(tmp_path / "runs")] == [folder]


def test_list_refuses_folder_that_does_not_exist_and_options_of_other_kinds(cli):
    done = cli("list", "runs", "nothing")
    assert (done.code, done.out) == (1, "")
    assert "there is no folder nothing" in done.err
    assert cli("list", "runs", "--search", "a").code == 2
    empty = cli("list", "runs")
    assert (empty.code, empty.err) == (
        0,
        "There are no runs in runs. To train one: zoo train NAME\n",
    )


def test_list_of_runs_imports_no_framework_and_no_numpy(runs, run_python):
    runs("a", epochs=1)
    code = (
        "import sys; sys.argv = ['zoo', 'list', 'runs']\n"
        "from zoo_core.__main__ import main; main()\n"
        "print({'numpy', 'pydantic', 'click', 'torch'} & {*sys.modules})"
    )
    assert run_python(code).endswith("set()\n")


@pytest.fixture(scope="module")
def contents(_first_run):
    """Return the contents of the files of a finished run, and those of a study."""
    names = (CONFIG, CARD, METRICS)
    study = {"model": "a", "dataset": "b", "recipe_name": "c", "trials": [{"scores": [0.5]}]}
    read = {name: (_first_run.folder / name).read_bytes() for name in names}
    return {**read, STUDY: json.dumps(study).encode()}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=5,
)


@hypothesis.settings(max_examples=150, suppress_health_check=[*hypothesis.HealthCheck])
@hypothesis.given(data=st.data())
def test_damaged_files_never_stop_the_listing(contents, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    names = data.draw(st.sets(st.sampled_from([CONFIG, CARD, METRICS, STUDY]), min_size=1))
    for name in names:
        content = contents[name]
        how = data.draw(
            st.sampled_from(["whole", "cut", "other", "bytes", "key", "deep", "folder"])
        )
        if how == "cut":
            content = content[: data.draw(st.integers(0, len(content)))]
        elif how == "other":
            content = json.dumps(data.draw(json_values)).encode()
        elif how == "bytes":
            content = data.draw(st.binary(max_size=20))
        elif how == "deep":
            content = b"[" * 100_000
        elif how == "key":
            values = json.loads(content.splitlines()[0] if name == METRICS else content)
            values[data.draw(st.sampled_from(sorted(values)))] = data.draw(json_values)
            content = json.dumps(values).encode()
        if how == "folder":
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)
    found = [*find_runs(folder)]
    assert len(found) <= 1
    for facts in found:
        assert facts.state in STATES
        assert isinstance(facts.state_text, str)
        assert all(isinstance(each, int | float) for row in facts.score.values() for each in row)
    shutil.rmtree(folder)


# Comparison.


def test_compare_orders_runs_and_shows_what_differs(runs, cli):
    runs("worse", epochs=1, lr=0.0001)
    runs("better", epochs=3)
    runs("stopped", finish=False)
    folders = ["runs/better", "runs/stopped", "runs/worse"]
    done = cli("compare", *reversed(folders))
    assert done.code == 0, done.err
    assert "zoo: runs/stopped is left out: stopped at epoch 2 of 5\n" in done.err
    first, second = done.out.split("MODEL")[1].splitlines()[1:3]
    assert first.startswith("runs/better ") and second.startswith("runs/worse ")
    table = done.out.split("Their trainings differ in:\n\n")[1].splitlines()
    assert table[0].split() == ["MODEL", "EPOCHS", "LR"]
    assert [row.split() for row in table[1:3]] == [
        ["runs/better", "3", "0.5"],
        ["runs/worse", "1", "0.0001"],
    ]
    report = cli("compare", *folders, "--json").json
    assert report["settings"] == {"epochs": [3, 1], "lr": [0.5, 0.0001]}


def test_compare_leaves_out_runs_on_other_data(runs, cli, tmp_path):
    for name in ("a", "b", "c"):
        runs(name, epochs=1, seed=ord(name))
    card = tmp_path / "runs/c/card.json"
    for file in (card, tmp_path / "runs/c" / CONFIG):
        values = json.loads(file.read_text())
        if "recipe" in values:
            values["recipe"]["dataset"] = "synthetic"
        file.write_text(json.dumps(values))
    done = cli("compare", "runs/a", "runs/b", "runs/c")
    assert done.code == 0, done.err
    assert "runs/c is left out: it was trained on synthetic, not on toy" in done.err


def test_compare_needs_two_runs_that_can_be_compared(runs, cli, tmp_path):
    runs("a", epochs=1)
    (tmp_path / "runs" / "notes").mkdir()
    done = cli("compare", "runs/a", "runs/notes")
    assert done.code == 2
    notes, error = done.err.splitlines()
    assert notes == "zoo: runs/notes is left out: it is not the folder of a run"
    assert "expected at least two models that can be compared, got runs/a" in error


# Removal.


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def test_prune_shows_checkpoints_and_removes_them_on_request(runs, cli, tmp_path):
    finished, stopped = runs("a", epochs=1), runs("b", finish=False)
    (finished / "checkpoints" / "1").mkdir(parents=True, exist_ok=True)
    (finished / "checkpoints" / "1" / "big").write_bytes(b"x" * 5000)
    before = names(finished)
    shown = cli("runs", "prune")
    assert "runs/a/checkpoints" in shown.out and "Add --yes to remove it." in shown.out
    assert names(finished) == before
    report = cli("runs", "prune", "--yes", "--json").json
    assert report["removed"] and report["bytes"] >= 5000
    assert [each["folder"] for each in report["folders"]] == ["runs/a/checkpoints"]
    assert {"checkpoints"} == {*before} - {*names(finished), RUN_LOCK}
    assert (stopped / "checkpoints").exists()
    assert cli("runs", "prune", "--yes").out == "Removed 0 bytes.\n"


def test_prune_removes_old_unfinished_runs_only(runs, cli, tmp_path):
    old, new, finished = runs("a", finish=False), runs("b", finish=False), runs("c", epochs=1)
    age(old, 31)
    age(finished, 31)
    other = tmp_path / "runs" / "notes"
    other.mkdir()
    age(other, 31)
    assert "31 days old" in cli("runs", "prune", "--unfinished", 30).out
    cli("runs", "prune", "--unfinished", 30, "--yes")
    assert not old.exists()
    assert new.exists() and finished.exists() and other.exists()


def test_prune_never_removes_a_run_that_is_being_trained(runs, cli):
    folder = runs("a", finish=False)
    age(folder, 31)
    with locked_run(folder):
        age(folder, 31)
        assert cli("runs", "prune", "--unfinished", 1, "--yes").out == "Removed 0 bytes.\n"
    assert (folder / CONFIG).exists()


def test_prune_keeps_a_run_that_was_resumed_meanwhile(runs, capsys):
    folder = runs("a", finish=False)
    age(folder, 31)
    facts = [*find_runs(folder)]
    (removal,) = old_unfinished(facts, 30, time.time())
    with locked_run(folder):
        assert not remove(removal)
    assert "another process trains in" in capsys.readouterr().err
    os.utime(folder / METRICS)
    assert not remove(removal)
    assert "has changed meanwhile" in capsys.readouterr().err
    assert (folder / CONFIG).exists()


def test_prune_keeps_a_folder_with_other_runs(runs):
    folder = runs("a", finish=False)
    runs("a/seed-1", epochs=1)
    age(folder, 31)
    assert not [*old_unfinished([*find_runs(folder)], 30, time.time())]


def test_prune_keeps_the_best_runs_of_each_model_by_validation(runs, cli):
    best, worse = runs("a", epochs=3), runs("b", epochs=1, lr=0.0001)
    scores = [
        json.loads((folder / CARD).read_text())["metrics"]["validation"]["loss"][0]
        for folder in (best, worse)
    ]
    assert scores[0] < scores[1]
    report = cli("runs", "prune", "--keep-best", 1, "--yes", "--json").json
    assert [each["folder"] for each in report["folders"]] == ["runs/b"]
    assert report["folders"][0]["reason"] == "number 2 of 2 of softmax on toy"
    assert (best / WEIGHTS).exists() and not worse.exists()


def test_prune_reports_a_folder_that_cannot_be_removed(runs, capsys, monkeypatch):
    folder = runs("a", finish=False)
    age(folder, 31)
    (removal,) = old_unfinished([*find_runs(folder)], 30, time.time())

    def refuse(_path):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert not remove(removal)
    assert "cannot be removed: Permission denied" in capsys.readouterr().err


def test_prune_refuses_folder_that_does_not_exist(cli):
    assert cli("runs", "prune", "nothing").code == DataError.exit_code
