"""A task of a stranger's, with its own losses, model and data: everything works, unchanged."""

import csv
import importlib
import io
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core import TargetSpec
from zoo_core.data.dataset import Split
from zoo_core.errors import DataError, VerificationError
from zoo_core.filenames import WEIGHTS
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.scores import concatenate, score
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.answers import check_scores, compute_answers

NAMES = ("poor", "fair", "good", "fine", "superb")
FRAMEWORKS = ["numpy", pytest.param("torch", marks=pytest.mark.torch)]

pytestmark = pytest.mark.requires("zoo-numpy")


@pytest.fixture
def published(zoo, tmp_path):
    """Return the registry of two published models, one of them trained for an epoch only."""
    for tag, recipe in (("good", "default"), ("bad", "short")):
        trained = zoo("train", "grader-numpy", "--recipe", recipe, "--out", tag)
        assert trained.code == 0, trained.err
        done = zoo("publish", tag, "--as", f"grader-numpy.{tag}", "--registry", "registry")
        assert done.code == 0, done.err
    return "--registry", str(tmp_path / "registry")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_training_of_a_strangers_task_learns(zoo, framework):
    trained = zoo("train", f"grader-{framework}", "--json")
    assert trained.code == 0, trained.err
    scores = trained.json["metrics"]["test"]
    assert scores["exact"] == [round(150 * scores["exact_match"][0])]
    assert scores["mae"][0] < 0.5
    assert scores["kappa"][0] > 0.8


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_killed_training_resumes_to_equal_bytes(zoo, killed, tmp_path, framework):
    words = ["train", f"grader-{framework}", "--checkpoint-every", 0]
    assert zoo(*words, "--out", "whole").code == 0
    killed(*words, "--out", "run", after=3)
    assert not (tmp_path / "run" / WEIGHTS).exists()
    resumed = zoo("train", "--resume", "run")
    assert resumed.code == 0, resumed.err
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()


def test_published_weights_are_verified_and_reproduced(zoo, published):
    verified = zoo("verify", "grader-numpy.good", *published)
    assert verified.code == 0, verified.out
    assert "the same answers" in verified.out
    reproduced = zoo("reproduce", "grader-numpy.good", *published)
    assert reproduced.code == 0, reproduced.err
    assert "equal bytes" in reproduced.out


def test_changed_data_set_fails_verification(zoo, published, strangers):
    path = strangers / "zoo_ordinal" / "data.py"
    path.write_text(path.read_text().replace("[0.3, 0.9, 1.5, 2.1]", "[0.3, 0.9, 1.5, 2.2]"))
    verified = zoo("verify", "grader-numpy.good", *published)
    assert verified.code == 5
    assert "dataset" in verified.out.splitlines()[-1]
    assert "expected sha256" in verified.out


@pytest.fixture
def installed(strangers, monkeypatch):
    """Install zoo-ordinal into this process."""
    monkeypatch.syspath_prepend(str(strangers))
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-ordinal,zoo-numpy")
    yield
    for name in [each for each in sys.modules if each.startswith("zoo_ordinal")]:
        del sys.modules[name]


def test_one_changed_grade_fails_verification(published, installed):
    pretrained = load_pretrained(load_catalog(), "grader-numpy.good", registry=published[1])
    test = importlib.import_module("zoo_ordinal.data").wines().splits["test"]
    stated = pretrained.card.metrics["test"]
    check_scores(compute_answers(pretrained, test), stated, "")
    (grades,) = test.targets
    row = int(pretrained.predict(test.inputs).labels[:, 0].tolist().index(2))
    changed = np.where(np.arange(len(grades)) == row, (grades + 1) % 5, grades)
    with pytest.raises(VerificationError, match=r"expected \d+ of 150 examples exact"):
        check_scores(compute_answers(pretrained, Split(test.inputs, (changed,))), stated, "")


def test_evaluate_has_the_metrics_of_the_task(zoo, published):
    scores = zoo("evaluate", "grader-numpy.good", *published, "--json").json["metrics"]["test"]
    assert {"loss", "mae", "exact_match", "exact", "kappa", "total"} <= scores.keys()


def test_models_are_compared_by_the_first_measure(zoo, published):
    done = zoo("compare", "grader-numpy.good", "grader-numpy.bad", *published)
    assert done.code == 0, done.err
    header, *_ = done.out.split("\n\n")[1:]
    assert header.splitlines()[0].split() == ["MODEL", "MAE", "FROM", "TO"]
    first, second = header.splitlines()[1:]
    assert first.startswith("grader-numpy.good")  # the better one, whose error is lower
    assert second.startswith("grader-numpy.bad")


def test_ensemble_is_evaluated(zoo, published):
    done = zoo("evaluate", "grader-numpy.good", "grader-numpy.bad", *published, "--json")
    assert done.code == 0, done.err


@pytest.mark.requires("zoo-report")
def test_models_are_reported(zoo, published, tmp_path):
    reporting = {"ZOO_PLUGINS": "zoo-ordinal,zoo-numpy,zoo-report"}
    words = ("grader-numpy.good", "grader-numpy.bad", *published)
    done = zoo("report", *words, **reporting)
    assert done.code == 0, done.err
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "grader-numpy.good" in page
    for metric in ("exact match", "kappa"):
        assert metric in page.lower()
    trained = zoo("train", "grader-numpy", "--out", "drawn", **reporting)
    assert trained.code == 0, trained.err
    pictures = sorted(path.name for path in (tmp_path / "drawn").glob("*.png"))
    assert pictures == ["curves.png", "hardest.png", "measure.png"]


@pytest.mark.requires("zoo-tune")
def test_recipe_is_searched(zoo, tmp_path):
    done = zoo("tune", "grader-numpy", "--trials", 2, "--out", "study")
    assert done.code == 0, done.err
    assert "Validation loss:" in done.out  # the task has no share to maximize
    assert zoo("train", "grader-numpy", "--recipe", "study/best.toml").code == 0


def test_predictions_have_the_names_of_grades(zoo, published, installed, tmp_path):
    test = importlib.import_module("zoo_ordinal.data").wines().splits["test"]
    np.save(tmp_path / "x.npy", test.inputs[:40])
    words = ["predict", "grader-numpy.good", "x.npy", *published]
    texts = [line.partition(": ")[2] for line in zoo(*words).out.splitlines()]
    records = zoo(*words, "--json").json["predictions"]
    rows = list(csv.DictReader(io.StringIO(zoo(*words, "--csv").out)))
    assert len(texts) == len(records) == len(rows) == 40
    for text, record, row in zip(texts, records, rows, strict=True):
        (label,), (name,), (above,) = record["labels"], record["grades"], record["above"]
        assert name == NAMES[label] == row["grade"] == text.partition(",")[0]
        assert label == sum(share > 0.5 for share in above)
        assert float(row["above_poor"]) == pytest.approx(above[0], abs=1e-6)
    assert {record["grades"][0] for record in records} >= {"poor", "fair", "good"}


def test_predictions_need_only_the_weights_and_the_task(zoo, published, tmp_path, strangers):
    """The names are in the weight file, and the data set is not loaded."""
    (strangers / "zoo_ordinal" / "data.py").unlink()
    np.save(tmp_path / "x.npy", np.zeros((1, 6), np.float32))
    done = zoo("predict", "grader-numpy.good", "x.npy", *published)
    assert done.code == 0, done.err
    assert "poor" in done.out


def test_targets_outside_the_grades_are_refused_before_training(zoo, strangers, tmp_path):
    path = strangers / "zoo_ordinal" / "data.py"
    path.write_text(path.read_text().replace("np.searchsorted(", "1 + np.searchsorted("))
    spec = strangers / "zoo_ordinal" / "plugin.py"
    spec.write_text(spec.read_text().replace("sha256=sha256", 'sha256=""'))
    done = zoo("train", "grader-numpy", "--out", "run")
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "grade (ordinal): expected grades 0 to 4, got" in done.err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.torch
def test_package_passes_its_check(zoo):
    checked = zoo("check", "zoo-ordinal")
    assert checked.code == 0, checked.out
    assert " failed" not in checked.out


@pytest.fixture
def task(installed):
    return importlib.import_module("zoo_ordinal.task").Ordinal(
        TargetSpec(task="ordinal", classes=NAMES)
    )


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 4)).astype(np.float32), rng.integers(0, 5, 64)


def test_scores_do_not_depend_on_chunks(task, examples):
    outputs, targets = examples
    whole = score([task], [task.measure(outputs, targets)])

    @given(st.integers(1, 63))
    def check(cut):
        parts = [[task.measure(outputs[i], targets[i])] for i in (slice(cut), slice(cut, None))]
        assert score([task], concatenate(parts)) == whole

    check()


def test_grades_in_another_order_are_refused(task, examples):
    outputs, _ = examples
    assert task.reorder(outputs, np.arange(5)) is outputs
    with pytest.raises(DataError, match="same order"):
        task.reorder(outputs, np.array([1, 0, 2, 3, 4]))
