"""Benchmarks: the page matches the measurements, and whole processes are measured."""

import json
import math
import re
import sys
import time
from pathlib import Path

import pytest

from benchmarks import imbalance
from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu.suite import marked_files
from benchmarks.gpu.time_to_accuracy import Target, measure_target
from benchmarks.speed import page
from benchmarks.speed.comparisons import COMPARISONS
from benchmarks.speed.contest import KEPT, Contestant, Measured, Turn
from benchmarks.speed.contestants import inside

ROOT = Path(__file__).parents[1]


def test_speed_page_matches_measurements():
    assert page.PAGE.read_text() == page.page()


def test_comparisons_have_measurements_of_every_contestant():
    assert {path.stem for path in KEPT.glob("*.json")} == set(COMPARISONS)
    for name, comparison in COMPARISONS.items():
        measured = Measured.model_validate_json((KEPT / f"{name}.json").read_bytes())
        assert list(measured.turns) == [contestant.name for contestant in comparison.contestants]
        assert {len(turns) for turns in measured.turns.values()} == {comparison.times}


def test_imbalance_page_matches_measurements():
    scores = json.loads(imbalance.STORE.read_bytes())
    assert list(scores) == list(imbalance.VARIANTS)
    assert imbalance.table(scores) in imbalance.PAGE.read_text()


def test_contestant_records_time_memory_and_figures():
    work = "x = bytearray(200_000_000)"
    command = (
        f"{{python}} -c '{work}; import json; print(json.dumps(dict(seconds=.25, accuracy=[.5])))'"
    )
    turn = Contestant("c", command).run()
    assert turn.peak_mb > 190
    assert turn.cpu > 0
    assert turn.whole > 0
    assert turn.figure("seconds") == 0.25
    assert turn.accuracy == (0.5,)


def test_contestant_extrapolates_to_all_epochs():
    command = "{python} -c 'import json; print(json.dumps(dict(seconds=1000.0, accuracy=[1])))'"
    turn = Contestant("c", command, epochs=1, all_epochs=30).run()
    assert turn.figure("seconds") == 30_000
    assert 29_000 < turn.whole < 29_900
    assert turn.accuracy == ()


def test_contestant_failure_ends_benchmark():
    with pytest.raises(SystemExit, match="ends with 3"):
        Contestant("c", "{python} -c 'raise SystemExit(3)'").run()


def test_ratios_compare_turn_by_turn():
    turns = {
        name: [turn(value) for value in values]
        for name, values in {"ours": [1, 2, 4], "theirs": [3, 4, 4]}.items()
    }
    measured = Measured(machine="m", turns=turns)
    assert measured.ratios("theirs", "ours", "seconds") == [3, 2, 1]
    assert page.ratio(measured.ratios("theirs", "ours", "seconds")) == "2 ×"


def test_share_compares_step_with_best_matrix_product():
    """A million operations per image and 128 images per ms are 128 of 512 GFLOP/s."""
    figures = {
        "gemm": ("torch", {"float32": 512.0}),
        "overhead-mlp": ("one process", {"zoo": 1.0}),
        "share-mlp": ("operations", {"operations": 1e6}),
    }
    measured = {
        name: Measured(machine="m", turns={who: [turn(0).model_copy(update={"figures": found})]})
        for name, (who, found) in figures.items()
    }
    assert "reaches 25% of" in page.share("share-mlp", measured)
    assert page.share("gemm", measured) == ""


@pytest.mark.torch
@pytest.mark.requires("zoo-numpy", "zoo-mlp", "zoo-cnn", "zoo-two-headed", "zoo-mnist")
@pytest.mark.parametrize("model", ["numpy-net", "mlp", "cnn", "two-headed-mlp", "two-headed-cnn"])
def test_inside_subject_uses_plain_adamw_steps(model):
    _, _, run = inside.subject(model, rows=256)
    assert (run.recipe.optimizer, run.recipe.batch_size) == ("adamw", 128)
    assert len(run.data.train_rows) == 256


def turn(seconds):
    return Turn(whole=1, cpu=1, peak_mb=1, accuracy=(), figures={"seconds": seconds})


DEPTH = f"""
import sys
sys.path.append({str(ROOT)!r})
from benchmarks.frames import trace_training
passage = trace_training(["train", "numpy-net", "--dataset", "synthetic", "--epochs", "1"])
print(passage.chain[0], passage.chain[-1], passage.depth, sep="\\n")
"""


@pytest.mark.requires("zoo-mnist", "zoo-numpy")
def test_training_reaches_arithmetic_within_eight_calls(run_python):
    first, last, depth = run_python(DEPTH).splitlines()
    assert first == "('zoo_core.__main__', 'main')"
    assert last == "('zoo_numpy.layers', 'Dense.forward')"
    assert int(depth) <= 8


@pytest.mark.requires("zoo-mnist", "zoo-numpy")
def test_measure_target_returns_time_to_accuracy():
    started = time.perf_counter()
    times = measure_target(Target(0.9, "fast", "numpy-net"), "cpu", 1, math.inf)
    assert 0 < times.median < time.perf_counter() - started
    assert (times.missed, times.out_of_time) == ([], False)


@pytest.mark.requires("zoo-mnist", "zoo-numpy")
def test_measure_target_counts_missed_seed_in_median():
    times = measure_target(Target(1.0, "fast", "numpy-net"), "cpu", 1, math.inf)
    assert (times.seconds, times.missed, times.out_of_time) == ([], [0], False)
    assert times.median == math.inf


@pytest.mark.requires("zoo-mnist", "zoo-numpy")
def test_measure_target_stops_when_budget_is_spent():
    times = measure_target(Target(0.9, "fast", "numpy-net"), "cpu", 2, time.monotonic())
    assert (times.seconds, times.missed, times.out_of_time) == ([], [], True)


def test_gpu_benchmark_names_missing_requirement(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks.gpu"])
    monkeypatch.setitem(gpu.REQUIREMENTS, "zoo-absent", "-e plugins/zoo-absent")
    assert gpu.main() == 1
    assert re.search("pip install .*-e plugins/zoo-absent$", capsys.readouterr().err)


def test_gpu_benchmark_finds_files_with_marked_tests():
    assert ROOT / "plugins/zoo-torch/tests/test_zoo_torch.py" in marked_files()
