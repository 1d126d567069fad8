"""`zoo train --seeds`: one recipe with several seeds."""

import shlex
import signal
import statistics
from pathlib import Path

import pytest

from zoo_core.cli.main import run
from zoo_core.filenames import WEIGHTS
from zoo_core.training.loop import TrainingLoop

TRAIN = ("train", "softmax", "--epochs", 3)


@pytest.fixture(autouse=True)
def _in_the_folder_of_the_commands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def weights(folder):
    return {path.parent.name: path.read_bytes() for path in Path(folder).glob(f"*/{WEIGHTS}")}


def test_seeds_are_trained_and_summarized(cli):
    result = cli(*TRAIN, "--seeds", 3)
    assert result.code == 0, result.err
    *_, heading, first, _, third, spread, _, publish = result.out.splitlines()
    assert heading.split() == ["SEED", "TEST", "ACCURACY", "EPOCH", "RUN"]
    assert first.split()[0::3] == ["0", "runs/softmax-1/seed-0"]
    assert third.split()[-1] == "runs/softmax-1/seed-2"
    assert spread.startswith("mean ± sd")
    seeds = weights("runs/softmax-1")
    assert sorted(seeds) == ["seed-0", "seed-1", "seed-2"]
    # The same bytes as those of a training with this seed alone.
    assert cli(*TRAIN, "--seed", 1, "--out", "alone").code == 0
    assert (Path("alone") / WEIGHTS).read_bytes() == seeds["seed-1"]
    command = publish.partition("zoo ")[2].replace("TAG", "seeds").replace("FOLDER", "mine")
    result = cli(*shlex.split(command))
    assert result.code == 0, result.err


def test_seeds_begin_with_that_of_the_recipe(cli):
    report = cli(*TRAIN, "--seeds", 2, "--seed", 5, "--json").json
    assert [run["seed"] for run in report["runs"]] == [5, 6]
    scores = [run["metrics"]["test"]["accuracy"][0] for run in report["runs"]]
    assert report["metric"] == ["accuracy"]
    assert report["mean"] == [pytest.approx(statistics.fmean(scores))]
    assert report["sd"] == [pytest.approx(statistics.stdev(scores))]
    quiet = cli(*TRAIN, "--seeds", 2, "--quiet").out
    assert quiet == "runs/softmax-2\n"


def test_finished_seeds_are_kept_and_further_ones_added(cli):
    assert cli(*TRAIN, "--seeds", 2, "--out", "seeds").code == 0
    times = {path: path.stat().st_mtime_ns for path in Path("seeds").glob(f"*/{WEIGHTS}")}
    result = cli(*TRAIN, "--seeds", 4, "--out", "seeds")
    assert result.code == 0, result.err
    assert "seed 1." not in result.out
    assert "seed 2." in result.out
    assert sorted(weights("seeds")) == ["seed-0", "seed-1", "seed-2", "seed-3"]
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_interrupted_seeds_continue_by_the_command_that_is_printed(toy, monkeypatch, capsys):
    start = TrainingLoop._start_epoch

    def stop_in_seed_1(self):
        if self._run.recipe.seed == 1 and self._state.epoch == 2:
            self._checkpoints._stop.signal = signal.SIGINT
        return start(self)

    words = [*map(str, TRAIN), "--set", "lr=0.3", "--set", "model.scale=0.5", "--seeds", "3"]
    with monkeypatch.context() as patch:
        patch.setattr(TrainingLoop, "_start_epoch", stop_in_seed_1)
        assert run(words) == 130
    assert sorted(weights("runs/softmax-1")) == ["seed-0"]
    command = capsys.readouterr().err.partition("Continue: zoo ")[2]
    assert "--out runs/softmax-1" in command
    assert run(shlex.split(command)) == 0
    assert "Resuming after step 0 of epoch 2." in capsys.readouterr().out
    assert run([*words, "--out", "again"]) == 0
    assert weights("runs/softmax-1") == weights("again")


def test_runs_of_another_recipe_are_refused(cli):
    assert cli(*TRAIN, "--seeds", 2, "--out", "seeds").code == 0
    result = cli("train", "softmax", "--epochs", 4, "--seeds", 3, "--out", "seeds")
    assert result.code == 2
    assert "seed-0 is a run with other values of epochs" in result.err
    result = cli(*TRAIN, "--seeds", 2, "--out", "seeds/seed-0")
    assert result.code == 2
    assert "expected a folder of runs seed-0, seed-1, …" in result.err
    assert sorted(weights("seeds")) == ["seed-0", "seed-1"]


def test_training_that_cannot_begin_leaves_no_folder(cli):
    assert cli(*TRAIN, "--seeds", 2, env={"TOY_SHA256": "0" * 64}).code == 5
    assert cli(*TRAIN, "--seeds", 2, "--set", "lrate=1").code == 2
    assert not [*Path("runs").glob("*")]


def test_several_processes_and_a_resumed_run_are_refused(cli):
    result = cli(*TRAIN, "--seeds", 2, env={"WORLD_SIZE": "2", "RANK": "0"})
    assert result.code == 2
    assert "expected 1 process, got 2" in result.err
    result = cli("train", "--resume", "run", "--seeds", 2)
    assert result.code == 2
    assert "leave out NAME, --recipe, --dataset, --seed, --seeds" in result.err
    assert cli(*TRAIN, "--seeds", 1).code == 2
