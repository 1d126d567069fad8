"""Pictures and pages of every task, and of one that zoo-report does not know."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from sklearn.metrics import jaccard_score, precision_recall_fscore_support

from zoo_core import Column, InputSpec, Split, TargetSpec
from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.scores import measure
from zoo_core.pretrained.load import load_pretrained
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.ctc import edit_distances
from zoo_core.tasks.multi_label import MultiLabel
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.segmentation import Segmentation
from zoo_core.tasks.sequence import StringRecognition
from zoo_core.training.training import Training
from zoo_report.heads.hardest import hardest_of
from zoo_report.heads.inputs import input_text
from zoo_report.heads.results import Examples, HeadResults
from zoo_report.report import write_report
from zoo_report.style import PLAIN, png
from zoo_report.views.alignment import align, count_edits
from zoo_report.views.multi_label import scores_by_label
from zoo_report.views.regression import draw_values, quantities_of
from zoo_report.views.segmentation import class_color, ious_by_class
from zoo_report.views.table import view_of

CODE = Path(__file__).with_name("made_plugin.py").read_text()
NAMES = tuple("abcdefghij")
MODELS = {"masks": "masker", "words": "reader"}
PICTURES = {
    "prices": ["curves", "hardest", "values"],
    "places": ["curves", "hardest", "values"],
    "depths": ["curves", "hardest", "values"],
    "tags": ["calibration", "curves", "hardest", "labels"],
    "masks": ["curves", "iou", "masks"],
    "words": ["calibration", "curves", "edits", "strings"],
    "table-grades": ["curves", "hardest", "measure"],
    "table-kinds": ["calibration", "confusion", "curves", "misread"],
    "numbered-kinds": ["calibration", "confusion", "curves", "misread"],
    "texts": ["calibration", "confusion", "curves", "misread"],
    "mixed": [
        "calibration",
        "confusion",
        "curves",
        "hardest-head2",
        "hardest-head3",
        "measure",
        "misread",
        "values",
    ],
}
"""Data set -> names of the pictures of a training."""


@pytest.fixture(scope="module")
def made(write_plugin, tmp_path_factory):
    """Return a catalog with the made plugin, and a function that trains on one of its data sets."""
    folder = tmp_path_factory.mktemp("made")
    write_plugin(folder / "site", "zoo-made", CODE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder / "site"))
        patch.setenv("ZOO_PLUGINS", "zoo-made,zoo-report")
        patch.setenv("ZOO_HOME", str(folder / "home"))
        catalog = load_catalog()

        def train(dataset, **overrides):
            name = f"{dataset}-{len(overrides)}"
            if not (folder / name).exists():
                model = MODELS.get(dataset, "linear")
                changes = [{"dataset": dataset, "epochs": 2, **overrides}]
                Training.new(catalog, model, out=folder / name, overrides=changes).run()
            return folder / name

        yield catalog, train


@pytest.fixture
def catalog(made, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-made,zoo-report")
    return made[0]


@pytest.fixture
def train(made, catalog):
    return made[1]


@pytest.mark.parametrize("dataset", PICTURES)
def test_training_of_any_task_writes_pictures_and_page(
    catalog, train, read_page, tmp_path, dataset, capsys
):
    run = train(dataset)
    assert "failed" not in capsys.readouterr().err
    pictures = sorted(path.stem for path in run.glob("*.png"))
    assert set(pictures) == set(PICTURES[dataset]) - ({"misread"} - set(pictures))
    for path in run.glob("*.png"):
        with Image.open(path) as picture:
            picture.load()
            assert 400 < picture.width < 2500
            assert 100 < picture.height < 4000
    path, _ = write_report(catalog, [str(run)], out=tmp_path / "page.html")
    page = read_page(path.read_bytes())
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(image["alt"] for image in page.all("img"))
    assert not re.search(r"url\(|@import|https?://", path.read_text())
    assert "Values after each epoch" in page.words


@pytest.mark.parametrize(
    ("dataset", "heading"),
    [
        ("prices", "Predicted against true values"),
        ("tags", "Scores of each label"),
        ("masks", "Intersection over union"),
        ("words", "The hardest strings"),
        ("table-grades", "Distance of 60 test examples: mean"),
    ],
)
def test_page_shows_metrics_and_pictures_of_task(
    catalog, train, read_page, tmp_path, dataset, heading
):
    run = train(dataset)
    path, _ = write_report(catalog, [str(run)], out=tmp_path / "page.html")
    page = read_page(path.read_bytes())
    assert heading in page.words
    scores = load_pretrained(catalog, run).card.metrics["test"]
    shown = {row[0]: row[1] for row in page.tables["metrics"][1:]}
    assert len(shown) >= len(scores.metrics)
    (headline,) = scores.headline_values
    assert {f"{headline:.2%}", f"{headline:.4g}"} & set(shown.values())


def test_page_of_heads_for_different_tasks_shows_each(catalog, train, read_page, tmp_path):
    path, _ = write_report(catalog, [str(train("mixed"))], out=tmp_path / "page.html")
    page = read_page(path.read_bytes())
    assert page.tables["metrics"][0] == ["Metric", "Head 1", "Head 2: price", "Head 3: grade"]
    labels = [svg["aria-label"] for svg in page.all("svg")]
    for start in ("Loss per epoch", "Error rate", "1 − R²", "Distance", "Confusion", "Histogram"):
        assert any(label.startswith(start) for label in labels), start
    assert "Head 2: price regression" in page.words
    assert "Head 3: grade grades" in page.words


@pytest.mark.parametrize(("dataset", "measure"), [("prices", "loss"), ("masks", "IoU")])
def test_comparison_of_means_agrees_with_its_tests(
    catalog, train, read_page, tmp_path, dataset, measure
):
    runs = [train(dataset), train(dataset, seed=1, lr=0.01)]
    (head,) = compare_pretrained(
        catalog, [load_pretrained(catalog, run) for run in runs]
    ).heads_compared
    path, subjects = write_report(catalog, list(map(str, runs)), out=tmp_path / "page.html")
    page = read_page(path.read_bytes())
    (pair,) = head.paired
    (row,) = page.tables["paired"][1:]
    assert row[:2] == [subject.label for subject in subjects]
    assert page.tables["paired"][0][2] == f"Difference of {measure}"
    sign = 1 if head.measure.higher_is_better else -1
    best = max(range(2), key=lambda i: sign * head.means[i].mean)
    extreme = "highest" if sign > 0 else "lowest"
    assert f"{subjects[best].label} has the {extreme} mean {measure}:" in page.words
    differ = pair.adjusted < 0.05
    assert row[-1] == (subjects[best].label if differ else "not significant")
    assert ("is significant" in page.words) == differ
    # The best model is the first row.
    assert page.tables["models"][1][0] == subjects[best].label
    # The hardest examples have an answer of each model.
    assert len(page.tables["examples"][1]) >= 4 - (dataset == "masks")


def test_comparison_of_strings_and_of_mixed_heads(catalog, train, read_page, tmp_path):
    words = [str(train("words")), str(train("words", lr=0.01))]
    page = read_page(write_report(catalog, words, out=tmp_path / "a.html")[0].read_bytes())
    assert "Exact match on all 60 images" in page.words
    assert "pairs" in page.tables
    mixed = [str(train("mixed")), str(train("mixed", lr=0.01))]
    page = read_page(write_report(catalog, mixed, out=tmp_path / "b.html")[0].read_bytes())
    header = page.tables["models"][0]
    assert {"Head 1: Accuracy", "Head 2: price: Loss", "Head 3: grade: Distance"} <= set(header)
    assert page.words.count("significant.") >= 3 or "equal" in page.words


# Results of one head.


def head_of(task, outputs, targets, inputs=None, spec=None):
    inputs = np.zeros((len(targets), 3), np.float32) if inputs is None else inputs
    spec = spec or InputSpec(kind="features", shape=inputs.shape[1:])
    examples = Examples(spec, Split(inputs, (targets,)), np.arange(len(targets)))
    (measured,) = measure([task], [outputs], [targets])
    return HeadResults(0, 1, task, outputs, targets, measured, examples)


def test_hardest_examples_have_worst_first_measure_then_second():
    task = Classification(TargetSpec(task="classification", classes=("a", "b", "c")))
    # Right but unsure, with the loss 1.09; wrong with 0.70; wrong with 4; right.
    outputs = np.array([[0.01, 0, 0], [0, 0.01, -9], [0, 4, -9], [9, 0, 0]], np.float32)
    head = head_of(task, outputs, np.array([0, 0, 0, 0]))
    assert head.hardest(4).tolist() == [2, 1, 0, 3]
    hard = hardest_of(head, 1)[0]
    assert (hard.index, hard.true, hard.name) == (2, "a", "2")
    assert hard.predicted.startswith("b (98")
    assert hard.value == "loss 4.0182"


def test_predictions_of_a_head_have_its_temperature():
    task = Classification(TargetSpec(task="classification", classes=("a", "b")))
    head = head_of(task, np.array([[4, 0], [0, 2]], np.float32), np.array([0, 0]))
    assert head.confidence(0) == "confidence 98.2%"
    cooler = dataclasses.replace(head, temperature=2.0)
    assert cooler.confidence(0) == "confidence 88.1%"
    assert hardest_of(cooler, 1)[0].predicted.startswith("b (73.1%)")


def test_head_without_confidences_has_outputs_as_they_are():
    task = Regression(TargetSpec(task="regression"))
    outputs = np.array([[4.0], [2.0]], np.float32)
    head = dataclasses.replace(head_of(task, outputs, np.array([4, 2], np.float32)), temperature=2)
    assert head.confidence(0) == ""
    assert head.predict(np.array([1])).values.tolist() == [2.0]


def test_values_show_targets_in_their_unit():
    task = Regression(TargetSpec(task="regression", unit="km"))
    head = head_of(task, np.array([[1.5], [7]], np.float32), np.array([1.25, 3], np.float32))
    first = hardest_of(head)[0]
    assert (first.true, first.predicted, first.value) == ("3 km", "7 km", "MAE 4")


@pytest.mark.parametrize(("shape", "quantities"), [((), 1), ((3,), 3), ((4, 5), 1), ((11,), 11)])
@pytest.mark.parametrize("count", [1, 5, 3000])
def test_draw_values_fits_figure_and_shows_every_value(is_whole, shape, quantities, count):
    rng = np.random.default_rng(0)
    task = Regression(TargetSpec(task="regression", name="distance", unit="km", shape=shape))
    targets = rng.normal(50, 9, (count, *shape)).astype(np.float32)
    outputs = rng.normal(50, 9, (count, task.outputs)).astype(np.float32)
    head = head_of(task, outputs, targets)
    found = quantities_of(head)
    assert len(found) == quantities
    np.testing.assert_array_equal(
        np.stack([each.true for each in found], axis=-1).ravel(), targets.ravel()
    )
    (picture,) = view_of("regression").pictures(head)
    for title in ("", "A model"):
        figure = picture.draw(title)
        assert is_whole(figure)
        assert len(figure.axes) == 2 * min(quantities, 6)
    axes = figure.axes[-2]
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xlabel().startswith("true distance")
    assert "(km)" in axes.get_ylabel()


@pytest.mark.parametrize("value", [np.inf, np.nan, 0.0])
def test_draw_values_accepts_constant_and_infinite_values(value):
    task = Regression(TargetSpec(task="regression"))
    outputs, targets = np.full((4, 1), value, np.float32), np.zeros(4, np.float32)
    with np.errstate(all="ignore"):
        head = head_of(task, outputs, targets)
        assert png(draw_values(quantities_of(head), "caption", "A model"))


def test_scores_by_label_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    task = MultiLabel(TargetSpec(task="multi-label", classes=NAMES))
    targets = (rng.random((50, 10)) < np.linspace(0, 1, 10)).astype(np.uint8)
    outputs = rng.normal(size=(50, 10)).astype(np.float32)
    head = head_of(task, outputs, targets)
    expected = precision_recall_fscore_support(targets, outputs > 0, zero_division=np.nan)
    np.testing.assert_allclose(scores_by_label(head.measured.counts["labels"]), expected[:3])


@pytest.mark.parametrize("labels", [2, 30, 90])
def test_draw_labels_fits_figure(is_whole, labels):
    rng = np.random.default_rng(0)
    names = tuple(f"label {i} with quite a long name" for i in range(labels))
    task = MultiLabel(TargetSpec(task="multi-label", classes=names))
    targets = rng.integers(0, 2, (40, labels)).astype(np.uint8)
    head = head_of(task, rng.normal(size=(40, labels)).astype(np.float32), targets)
    (picture,) = view_of("multi-label").pictures(head)
    assert is_whole(picture.draw(""))
    assert is_whole(picture.draw("A model"))


def masks_of(classes, count=9, shape=(7, 12)):
    rng = np.random.default_rng(0)
    names = tuple(f"class {i}" for i in range(classes))
    task = Segmentation(TargetSpec(task="segmentation", classes=names, shape=shape))
    targets = rng.integers(0, classes, (count, *shape)).astype(np.uint8)
    targets[:, 0] = 255
    outputs = rng.normal(size=(count, classes, *shape)).astype(np.float32)
    return task, outputs, targets


@pytest.mark.parametrize("classes", [2, 10, 60])
@pytest.mark.parametrize("count", [1, 7, 9])
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_draw_masks_fits_figure(is_whole, classes, count, channels):
    task, outputs, targets = masks_of(classes, count)
    images = np.zeros((count, channels or 2, 7, 12), np.uint8 if channels else np.float32)
    spec = None if channels else InputSpec(kind="array", shape=(2, 7, 12))
    head = head_of(task, outputs, targets, images, spec or InputSpec(shape=images.shape[1:]))
    for picture in view_of("segmentation").pictures(head):
        assert is_whole(picture.draw("A model"))
        assert is_whole(picture.draw(""))
    masks = view_of("segmentation").pictures(head)[0].draw("")
    assert len(masks.axes) == min(count, 8) * (3 if channels else 2)
    shown = {text.get_text() for legend in masks.legends for text in legend.get_texts()}
    assert shown == {*task.target.classes, "no class"}


def test_masks_are_drawn_in_colors_of_their_classes():
    task, outputs, targets = masks_of(4, 1)
    head = head_of(
        task,
        outputs,
        targets,
        np.zeros((1, 2, 7, 12), np.float32),
        InputSpec(kind="array", shape=(2, 7, 12)),
    )
    true, predicted = view_of("segmentation").pictures(head)[0].draw("").axes
    colors = (255 * np.array([class_color(i) for i in range(4)])).round()
    np.testing.assert_array_equal(true.images[0].get_array()[1:], colors[targets[0, 1:]])
    np.testing.assert_array_equal(predicted.images[0].get_array(), colors[outputs[0].argmax(0)])
    assert len({class_color(i) for i in range(40)}) == 40


def test_ious_by_class_agree_with_scikit_learn():
    task, outputs, targets = masks_of(4)
    head = head_of(task, outputs, targets)
    counted = targets != 255
    expected = jaccard_score(targets[counted], outputs.argmax(1)[counted], average=None)
    np.testing.assert_allclose(ious_by_class(head.measured.counts["pixels"]), expected)


STRINGS = st.lists(st.sampled_from(NAMES[:4]), max_size=7)


@given(STRINGS, STRINGS)
@settings(deadline=None)
def test_alignment_has_both_strings_and_fewest_edits(true, predicted):
    edits = align(true, predicted)
    assert [wanted for wanted, _ in edits if wanted] == true
    assert [found for _, found in edits if found] == predicted
    assert ("", "") not in edits
    codes = np.full((2, 7), -1)
    for row, string in zip(codes, (predicted, true), strict=True):
        row[: len(string)] = [NAMES.index(symbol) for symbol in string]
    (distance,) = edit_distances(codes[:1], codes[1:])
    assert count_edits([edits]).total() == distance


@pytest.mark.parametrize("length", [0, 4, 60])
@pytest.mark.parametrize("images", [True, False])
def test_draw_strings_fits_figure_without_overlap(is_whole, length, images):
    rng = np.random.default_rng(0)
    symbols = ("a", "W", " ", "long")
    task = StringRecognition(TargetSpec(task="sequence", classes=symbols, shape=(60,)))
    targets = np.full((20, 60), -1)
    targets[:, :length] = rng.integers(0, 4, (20, length))
    outputs = rng.normal(size=(20, 90, 5)).astype(np.float32)
    inputs = np.zeros((20, 1, 8, 90), np.uint8) if images else None
    head = head_of(task, outputs, targets, inputs, InputSpec(shape=(1, 8, 90)) if images else None)
    for picture in view_of("sequence").pictures(head):
        figure = picture.draw("A model")
        assert is_whole(figure)
        assert is_whole(picture.draw(""))
    (first, *_) = view_of("sequence").pictures(head)
    boxes = [text.get_window_extent() for text in first.draw("").texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 : i + 60])


# Inputs as text.


def test_input_text_names_features_categories_and_tokens():
    columns = (Column(name="rooms"), Column(name="town", categories=("Rome", "Oslo")))
    table = InputSpec(kind="features", shape=(3,), columns=columns)
    assert input_text(table, np.array([3.5, 0, 1])) == "rooms 3.5, town Oslo"
    assert input_text(table, np.array([3.5, 0, 0])) == "rooms 3.5, town –"
    plain = InputSpec(kind="features", shape=(12,))
    assert input_text(plain, np.arange(12.0)) == "0, 1, 2, 3, 4, 5, 6, 7 and 4 more"
    words = InputSpec(kind="tokens", shape=(4,), vocabulary=("<pad>", "<unknown>", "good", "bad"))
    assert input_text(words, np.array([2, 3, 0, 0])) == "good bad"
    letters = InputSpec(kind="tokens", shape=(4,), vocabulary=("_", "?", "a", "b"))
    assert input_text(letters, np.array([2, 3, 2, 0])) == "aba"
    array = InputSpec(kind="array", shape=(2, 3))
    assert input_text(array, np.arange(6.0).reshape(2, 3)) == "2×3 numbers from 0 to 5"
    assert not input_text(InputSpec(shape=(1, 2, 2)), np.zeros((1, 2, 2), np.uint8))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01, "0.01"),
        (-1500, "−1500"),
        (-12500, "−12.5k"),
        (2.5e6, "2.5M"),
        (3e9, "3G"),
        (1e300, "1e+300"),
    ],
)
def test_numbers_of_axes_are_short(value, text):
    assert PLAIN(value) == text
