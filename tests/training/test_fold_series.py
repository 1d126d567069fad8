"""Series of folds: a training per fold in one folder, and out-of-fold predictions."""

import csv
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.data.folds.assignment import fold_numbers
from zoo_core.filenames import CARD, CONFIG, EXAMPLES, FOLDS, OUT_OF_FOLD, WEIGHTS

# Slowly, and from large weights, so that no fold is predicted without a mistake.
SLOWLY = ("--epochs", 2, "--set", "lr=0.02", "--set", "model.scale=1")
TRAIN = ("train", "softmax", "--folds", 3, *SLOWLY)

PAUSING = """
import os, signal
from zoo_core.hookspecs import hookimpl

@hookimpl
def zoo_epoch_end(run, epoch):
    if run.recipe.fold == int(os.environ.get("PAUSE_IN", 0)):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        print("paused", flush=True)
        number = signal.sigwait({signal.SIGTERM})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), number)
"""


@pytest.fixture(autouse=True)
def _in_the_tests_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def whole(cli):
    """Return the folder of a series that was not disturbed."""
    result = cli(*TRAIN, "--out", "whole")
    assert result.code == 0, result.err
    return Path("whole")


def content(folder):
    """Return the bytes that all processes of a series must agree on."""
    names = [*(f"fold-{fold}/{WEIGHTS}" for fold in (1, 2, 3)), FOLDS, OUT_OF_FOLD]
    return {name: (Path(folder) / name).read_bytes() for name in names}


def rows_of(folder):
    with (Path(folder) / OUT_OF_FOLD).open(newline="") as file:
        return list(csv.DictReader(file))


def test_results_of_a_series(cli, whole, toy):
    found = json.loads((whole / FOLDS).read_text())
    cards = [json.loads((whole / f"fold-{fold}" / CARD).read_text()) for fold in (1, 2, 3)]
    tests = [card["metrics"]["test"] for card in cards]
    assert found["scores"] == tests
    assert [card["recipe"]["fold"] for card in cards] == [1, 2, 3]
    accuracies = [each["accuracy"][0] for each in tests]
    assert found["mean"]["accuracy"] == pytest.approx([np.mean(accuracies)])
    assert found["sd"]["accuracy"] == pytest.approx([np.std(accuracies, ddof=1)])
    # Of all examples, each predicted once: the folds' counts add up.
    assert found["pooled"]["total"] == sum(each["total"] for each in tests) == 200
    assert found["pooled"]["correct"] == [sum(each["correct"][0] for each in tests)]
    assert found["pooled"]["correct"] != [200]
    assert "correct" not in found["mean"]
    # The rows are those of the data set, in its order.
    data = load_dataset(toy.dataset("toy"))
    rows, names = rows_of(whole), data.targets[0].classes
    assert [row["target"] for row in rows] == [names[n] for n in data.splits["train"].targets[0]]
    assert [int(row["fold"]) for row in rows] == fold_numbers(data, 3, 0).tolist()
    assert sum(row["target"] == row["label"] for row in rows) == found["pooled"]["correct"][0]
    assert [row["example"] for row in rows[:3]] == ["0", "1", "2"]


def test_table_of_a_series_and_a_second_call(cli, whole):
    before = content(whole)
    again = cli(*TRAIN, "--out", whole)
    lines = again.out.splitlines()
    assert lines[1].split() == ["FOLD", "EXAMPLES", "ACCURACY", "LOSS"]
    assert [line.split()[0] for line in lines[2:6]] == ["1", "2", "3", "all"]
    assert "Mean ± standard deviation of 3 folds: accuracy " in again.out
    assert "Epoch" not in again.out  # nothing is trained again
    assert content(whole) == before
    found = json.loads(cli(*TRAIN, "--out", whole, "--json").out)
    assert found["missing"] == []
    assert found["pooled"] == json.loads((whole / FOLDS).read_text())["pooled"]
    assert not [*whole.glob("*.lock")]


def test_one_fold_alone_has_the_bytes_of_the_series(cli, whole):
    alone = cli(*TRAIN, "--fold", 2, "--out", "alone")
    assert "Not trained yet: fold 1, 3." in alone.out
    plain = ("--set", "folds=3", "--set", "fold=2", *SLOWLY, "--out", "plain")
    assert cli("train", "softmax", *plain).code == 0
    expected = (whole / "fold-2" / WEIGHTS).read_bytes()
    assert (Path("alone/fold-2") / WEIGHTS).read_bytes() == expected
    assert (Path("plain") / WEIGHTS).read_bytes() == expected
    for fold in (3, 1):
        assert cli(*TRAIN, "--fold", fold, "--out", "alone").code == 0
    assert content("alone") == content(whole)


def test_fold_of_a_run_has_its_name(cli, whole):
    info = cli("info", whole / "fold-2").out
    assert "fold 2 of 3" in info
    assert "\n  test " not in info
    assert "| fold 2 of 3 | 1 |" in (whole / "fold-2" / "card.md").read_text()
    assert cli("evaluate", whole / "fold-2").code == 0


def test_published_fold_is_verified_and_reproduced_on_its_fold(cli, whole):
    publish = ("publish", whole / "fold-2", "--as", "softmax.fold", "--registry", "registry")
    assert cli(*publish).code == 0
    verified = cli("verify", "softmax.fold", "--registry", "registry")
    assert verified.code == 0, verified.out
    total = json.loads((whole / "fold-2" / CARD).read_text())["metrics"]["test"]["total"]
    assert f"of {total} examples correct" in verified.out
    assert cli("reproduce", "softmax.fold", "--registry", "registry").code == 0


def test_same_command_continues_in_the_default_folder(cli):
    assert cli(*TRAIN, "--fold", 3, "--quiet").out == "runs/softmax-1\n"
    assert cli(*TRAIN, "--quiet").out == "runs/softmax-1\n"
    assert cli(*TRAIN, "--quiet").out == "runs/softmax-2\n"  # the first one is complete
    other = cli(*TRAIN, "--set", "lr=0.1", "--fold", 1, "--quiet")
    assert other.out == "runs/softmax-3\n"


def test_other_values_in_a_folder_are_refused(cli, whole):
    before = content(whole)
    other = cli(*TRAIN, "--set", "lr=0.1", "--out", whole)
    assert other.code == 2
    assert f"{whole / 'fold-1'} was begun with other values: expected lr 0.02, got 0.1" in other.err
    fewer = cli("train", "softmax", "--folds", 2, *SLOWLY, "--out", whole)
    assert "expected folds 3, got 2" in fewer.err
    Path("other").mkdir()
    Path("other/thesis.txt").write_text("mine")
    assert "not empty" in cli(*TRAIN, "--out", "other").err
    assert content(whole) == before


def test_damaged_config_of_a_fold(cli, whole):
    (whole / "fold-2" / CONFIG).write_text("{")
    result = cli(*TRAIN, "--out", whole)
    assert result.code == 1
    assert f"{whole / 'fold-2' / CONFIG} cannot be read" in result.err
    # And does not hinder others, which look for an unfinished series.
    Path("runs").mkdir()
    whole.rename("runs/softmax-7")
    assert cli(*TRAIN, "--fold", 1, "--quiet").out == "runs/softmax-1\n"


def test_fold_of_other_data_is_found_out(cli, whole):
    (whole / FOLDS).unlink()
    path = whole / "fold-2" / CARD
    card = json.loads(path.read_text())
    card["dataset"]["sha256"] = "0" * 64
    path.write_text(json.dumps(card))
    result = cli(*TRAIN, "--out", whole)
    assert result.code == 5
    assert "fold-2 was trained on other data" in result.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--folds", 1), "1 is not in the range"),
        (("--folds", 99), "at most 64, the number of training examples of class"),
        (("--folds", 3, "--fold", 4), "fold: expected 1 to 3, the number of folds, got 4"),
        (("--fold", 2), "--fold requires --folds"),
        (("--set", "fold=2"), "fold requires folds"),
        (("--set", "folds=1", "--set", "fold=1"), "expected at least 2, got 1"),
        (("--set", "folds=3"), "fold: expected 1 to 3, the number of folds, got 0"),
        (("--folds", 3, "--set", "held_out=last"), "held_out is last, but folds are a random"),
        (("--folds", 3, "--set", "batch_size=150"), "batch_size: expected at most"),
    ],
)
def test_folds_that_cannot_be(cli, options, problem):
    result = cli("train", "softmax", *options)
    assert result.code == 2
    assert problem in result.err
    assert not [*Path().glob("runs/*")]


def test_launcher_trains_one_fold_in_a_given_folder(cli, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    result = cli(*TRAIN)
    assert result.code == 2
    assert "--folds: expected 1 process, got WORLD_SIZE 2" in result.err


@pytest.fixture
def paused(spawn, site, write_plugin):
    """Return a function that starts a series, and waits until it pauses in a fold."""
    write_plugin(site, "zoo-pausing", PAUSING)

    def start(*options, fold):
        command = [*TRAIN, "--checkpoint-every", 0, "--out", "shared", *options]
        process = spawn("-m", "zoo_core", *command, site=site, env={"PAUSE_IN": str(fold)})
        while (line := process.stdout.readline()) != "paused\n":
            assert line, process.stderr.read()
        return process

    return start


def test_interrupted_series_continues_by_the_same_command(cli, whole, paused):
    process = paused(fold=2)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert "nothing is lost. Continue: zoo train softmax" in err
    assert "--out shared --folds 3" in err
    assert not Path("shared/fold-2", CARD).exists()
    result = cli(*TRAIN, "--out", "shared")
    assert "Resuming after" in result.out
    assert content("shared") == content(whole)


def test_two_processes_share_a_folder_and_one_takes_over_the_fold_of_the_killed(
    spawn, whole, paused
):
    killed = paused(fold=1)
    other = spawn("-m", "zoo_core", *TRAIN, "--out", "shared")
    seen = []
    while not seen or not seen[-1].startswith("Fold 3 of 3"):
        seen.append(other.stdout.readline())
        assert seen[-1], other.stderr.read()
    assert not any("Resuming" in line for line in seen)  # it left fold 1 to the other process
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    out, err = other.communicate()
    assert other.returncode == 0, err
    assert "Resuming after" in out
    assert "Fold 1 of 3" in out
    assert content("shared") == content(whole)


def test_process_that_was_killed_before_its_config(cli, whole):
    for name in ("fold-1", "fold-2"):
        (Path("shared") / name).mkdir(parents=True)
    Path("shared/fold-1", EXAMPLES).write_text("half")
    Path("shared/fold-1.lock").touch()
    assert not Path("shared/fold-1", CONFIG).exists()
    assert cli(*TRAIN, "--out", "shared").code == 0
    assert content("shared") == content(whole)


def test_compare_folders_of_folds(cli, whole):
    assert cli(*TRAIN, "--set", "lr=0.0001", "--out", "weak").code == 0
    report = json.loads(cli("compare", whole, "weak", "--json").out)
    strong, weak = rows_of(whole), rows_of("weak")
    right = [[row["target"] == row["label"] for row in rows] for rows in (strong, weak)]
    (pair,) = report["questions"][0]["pairs"]
    assert report["total"] == 200
    assert report["out_of_fold"]
    assert pair["only_first"] == sum(a and not b for a, b in zip(*right, strict=True))
    assert pair["only_second"] == sum(b and not a for a, b in zip(*right, strict=True))
    text = cli("compare", whole, "weak").out
    assert "toy, out-of-fold predictions, 200 examples" in text


def test_folds_that_cannot_be_compared(cli, whole):
    assert cli(*TRAIN, "--set", "split_seed=1", "--out", "other").code == 0
    result = cli("compare", whole, "other")
    assert result.code == 2
    assert "other has other folds than whole: expected 3 folds by split_seed 0 of toy" in result.err
    mixed = cli("compare", whole, whole / "fold-1")
    assert mixed.code == 2
    assert "whole has folds, but whole/fold-1 has none" in mixed.err
    assert "do not apply to folds" in cli("compare", whole, "other", "--split", "train").err
    shutil.rmtree("other/fold-2")
    lacking = cli("compare", whole, "other")
    assert lacking.code == 1
    assert "other lacks fold-2" in lacking.err


def test_folds_from_python(cli, whole, toy):
    values = {"epochs": 2, "lr": 0.02, "model": {"scale": 1}}
    found = zoo.train_folds("softmax", 3, out="python", **values)
    assert content("python") == content(whole)
    assert found.pooled.total == 200
    assert zoo.train_folds("softmax", 3, out="python", **values) == found


def test_predictions_for_callbacks_are_those_of_the_fold(toy):
    class Ends(zoo.Callbacks):
        def train_end(self, run, result, predictions):
            right = predictions().labels[:, 0] == run.data.test.targets[0]
            assert right.sum() == result.metrics["test"]["correct"][0] != len(right)
            assert len(right) == len(run.data.test_rows)

    values = {"epochs": 2, "lr": 0.02, "model": {"scale": 1}}
    run = zoo.train("softmax", folds=3, fold=2, out="run", callbacks=[Ends()], **values)
    assert "fold 2 of 3: loss" in repr(run)
    assert "fold 2 of 3" in run.card._repr_html_()
