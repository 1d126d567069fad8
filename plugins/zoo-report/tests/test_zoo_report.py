"""The pictures of a training."""

import io
import json
import math
import os
import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.text import Text
from PIL import Image

from zoo_core import Scores
from zoo_core.evaluation.compare_heads import Proportion
from zoo_core.plugin_api import LrRange
from zoo_core.tasks.misclassified import find_misclassified
from zoo_report.charts import ERROR, Chart
from zoo_report.confusion import (
    count_confusions,
    describe_confusion,
    draw_confusion,
    mistake_shares,
)
from zoo_report.curves import draw_curves, draw_measure, mean_curve
from zoo_report.history import Epoch, read_history
from zoo_report.misclassified_picture import draw_misclassified
from zoo_report.scale import log_ticks
from zoo_report.searches.lr_range import draw_lr_range, write_lr_range
from zoo_report.style import PANEL_HEIGHT, PANEL_WIDTH, add_panel, make_figure, png, svg
from zoo_report.tradeoff import Point, draw_tradeoff

PICTURES = ["calibration.png", "confusion.png", "curves.png", "misread.png"]
DIGITS = tuple("0123456789")
WORDS = tuple(f"quite a long name for class {i}" for i in range(10))


def texts(figure):
    """Return all text in a figure."""
    found = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        found += [text.get_text() for text in (*axes.texts, axes.title, axes._left_title)]
    return [text for text in found if text]


# Counting and ranking.


def test_count_confusions_has_row_per_true_class():
    labels, read = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2])
    assert count_confusions(labels, read, 4).tolist() == [
        [1, 2, 0, 0],
        [0, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 0, 0, 0],
    ]


def test_mistake_shares_are_relative_to_true_class_with_zero_diagonal():
    counts = np.array([[6, 2, 0], [0, 5, 0], [0, 0, 0]])
    assert mistake_shares(counts).tolist() == [[0, 0.25, 0], [0, 0, 0], [0, 0, 0]]


def test_find_misclassified_sorts_stably_by_confidence():
    labels = np.array([[0], [0], [1], [1], [0]])
    probabilities = [
        np.array([[0.4, 0.6], [0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.4, 0.6]], np.float32)
    ]
    read = probabilities[0].argmax(axis=1)[:, None]
    misread = find_misclassified(labels, read, probabilities)
    assert misread.rows.tolist() == [2, 0, 3, 4]
    assert misread.confidence == pytest.approx([0.8, 0.6, 0.6, 0.6])
    assert misread.total == 5


def test_find_misclassified_ignores_confidence_of_correct_heads():
    first = np.array([[0.99, 0.01], [0.3, 0.7], [0.9, 0.1]], np.float32)
    second = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.9, 0.1, 0.0]], np.float32)
    labels = np.array([[0, 0], [0, 0], [0, 0]])  # wrong: head 2 on 0, both on 1, none on 2
    read = np.array([[0, 1], [1, 2], [0, 0]])
    misread = find_misclassified(labels, read, [first, second])
    assert misread.rows.tolist() == [1, 0]
    assert misread.confidence == pytest.approx([0.8, 0.5])


# Learning curves.


def scores(wrong, heads):
    values = [wrong * (1 + head / 3) for head in range(heads)]
    loss, accuracy = [3 * value for value in values], [1 - value for value in values]
    return Scores({"loss": tuple(loss), "accuracy": tuple(accuracy)}, 1)


def history(epochs, heads, error):
    return [
        Epoch(
            epoch=epoch,
            train=scores(error(epoch), heads),
            validation=scores(1.5 * error(epoch), heads),
        )
        for epoch in range(1, epochs + 1)
    ]


def falling(epoch):
    return 0.3 / epoch


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("epochs", [1, 8, 50])
@pytest.mark.parametrize(
    "error",
    [falling, lambda epoch: 0.0, lambda epoch: max(0, 0.1 - epoch / 50), lambda epoch: 1e-9],
    ids=["falling", "none", "none at last", "tiny"],
)
def test_draw_curves_fits_figure_at_any_length(is_whole, epochs, heads, error):
    figure = draw_curves(history(epochs, heads, error), epochs, "loss 0.1", title="A model")
    assert is_whole(figure)
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert any(low <= tick <= high for tick in axes.get_yticks())


def test_draw_curves_has_line_per_head_and_split():
    lines = history(8, 2, falling)
    loss, error = draw_curves(lines, 5, "loss 0.1", title="A model").axes
    shown = {line.get_label(): list(line.get_ydata()) for line in loss.lines}
    assert shown["training, head 2"] == [line.train["loss"][1] for line in lines]
    assert shown["validation, head 1"] == [line.validation["loss"][0] for line in lines]
    shown = {line.get_label(): list(line.get_ydata()) for line in error.lines}
    assert shown["validation, head 2"] == [1 - line.validation["accuracy"][1] for line in lines]


def test_draw_curves_marks_kept_epoch_and_shows_test_result():
    figure = draw_curves(history(8, 1, falling), 5, "loss 0.1, accuracy 97%", title="A model")
    assert "Test: loss 0.1, accuracy 97%" in texts(figure)
    for axes in figure.axes:
        assert [text.get_text() for text in axes.texts] == ["kept: epoch 5"]
        assert any(list(line.get_xdata()) == [5, 5] for line in axes.lines)
        assert [line.get_markevery() for line in axes.lines if line.get_marker() == "o"] == [[4]]


@pytest.fixture
def lr_test():
    """Return a range test whose loss falls and then diverges."""
    rates = [1e-6 * 1.2**step for step in range(80)]
    losses = [2.3 - 0.02 * step if step < 75 else 10.0**step for step in range(80)]
    smoothed = tuple(min(each, 9.0) for each in losses)
    return LrRange(tuple(rates), tuple(losses), smoothed, 0.012, diverged=True)


def test_draw_lr_range_fits_figure_and_shows_suggestion(is_whole, lr_test):
    figure = draw_lr_range("a-model-with-a-long-name on a-data-set", lr_test)
    assert is_whole(figure)
    assert "0.012" in texts(figure)
    low, high = figure.axes[0].get_ylim()
    assert low <= 0.82 and 2.3 < high < 5  # the loss that diverges is cut off


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_write_lr_range_writes_equal_files_of_both_formats(tmp_path, lr_test, name, start):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        write_lr_range("mlp on mnist", lr_test, tmp_path / folder / name)
    content = (tmp_path / "first" / name).read_bytes()
    assert content.startswith(start)
    assert (tmp_path / "second" / name).read_bytes() == content


def test_draw_curves_handles_non_finite_loss(is_whole):
    lines = history(4, 1, {1: 0.3, 2: math.nan, 3: math.inf, 4: 0.1}.get)
    figure = draw_curves(lines, 4, "loss 0.1", title="A model")
    assert is_whole(figure)
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_read_history_accepts_non_finite_loss(tmp_path):
    lines = history(2, 1, {1: math.nan, 2: 0.1}.get)
    path = tmp_path / "metrics.jsonl"
    # json and not pydantic, which would write null.
    path.write_text("".join(json.dumps(line.model_dump()) + "\n" for line in lines))
    epochs, missing = read_history(path)
    assert [epoch.epoch for epoch in epochs] == [1, 2]
    assert math.isnan(epochs[0].train["loss"][0])
    assert not missing


@pytest.mark.parametrize("lengths", [(5,), (5, 5), (1, 5, 9), range(1, 13)])
@pytest.mark.parametrize("chart", [Chart("loss", "Loss", "loss"), ERROR])
def test_curves_of_several_models_fit_figure(is_whole, lengths, chart):
    curves = [
        mean_curve(i, f"model {i}", history(length, 2, falling), length, chart)
        for i, length in enumerate(lengths)
    ]
    figure = make_figure(PANEL_WIDTH, PANEL_HEIGHT)
    axes = add_panel(figure, "A measure")
    draw_measure(axes, curves, chart)
    assert is_whole(figure)
    assert [line.get_label() for line in axes.lines] == [curve.label for curve in curves]
    styles = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(styles) == len(curves)
    places = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert not any(left.overlaps(right) for left, right in pairwise(places))


# Accuracy against costs.


@pytest.mark.parametrize("models", [2, 5, 12])
@pytest.mark.parametrize("spread", [0.001, 0.1])
def test_draw_tradeoff_places_labels_without_overlap(is_whole, models, spread):
    rng = np.random.default_rng(models)
    shares = [
        Proportion(int(10_000 * a), 10_000, a - 0.002, min(a + 0.002, 1.0))
        for a in 1 - spread * rng.random(models)
    ]
    points = [Point(f"m-{i}.tag", i, 10.0 ** (4 + i % 3), s) for i, s in enumerate(shares)]
    figure = draw_tradeoff("A title", "parameters", points)
    assert is_whole(figure)
    (axes,) = figure.axes
    assert sorted(text.get_text() for text in axes.texts) == sorted(p.label for p in points)
    boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_draw_tradeoff_labels_perfect_accuracy_and_omits_unknown_costs():
    perfect, half = Proportion(100, 100, 0.96, 1.0), Proportion(50, 100, 0.4, 0.6)
    points = [Point("a", 0, 10.0, perfect), Point("b", 1, 20.0, half), Point("c", 2, 0.0, half)]
    (axes,) = draw_tradeoff("A title", "seconds", points).axes
    assert {text.get_text() for text in axes.texts} == {"a", "b"}
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "100%"
    assert "90%" in labels
    assert draw_tradeoff("A title", "seconds", points[1:]) is None


@given(st.floats(1e-6, 1e6), st.floats(1.0, 1e6))
@settings(deadline=None)
def test_log_ticks_are_few_and_within_range(low, ratio):
    ticks = log_ticks(low, low * ratio)
    assert 1 <= len(ticks) <= 12
    assert ticks == sorted(set(ticks))
    assert all(low <= tick <= low * ratio for tick in ticks)


# Confusion matrices.


def counts(classes, wrong=0.1, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, 40 * classes)
    other = rng.integers(0, classes, len(labels))
    return count_confusions(
        labels, np.where(rng.random(len(labels)) < wrong, other, labels), classes
    )


@pytest.mark.parametrize(
    "classes",
    [[DIGITS], [DIGITS, DIGITS], [WORDS], [("a", "b"), WORDS], [[str(i) for i in range(300)]]],
    ids=["digits", "pairs", "words", "unlike", "many"],
)
def test_draw_confusion_fits_figure_without_overlap(is_whole, classes):
    figure = draw_confusion([counts(len(names)) for names in classes], classes, title="A model")
    assert is_whole(figure)
    *panels, _scale = [axes.get_tightbbox() for axes in figure.axes]
    for left, right in pairwise(panels):
        assert left.x1 < right.x0
    assert is_whole(draw_confusion([counts(len(classes[0]))], classes[:1]))


def test_draw_confusion_titles_each_head_with_accuracy():
    first, second = np.array([[9, 1], [0, 10]]), np.array([[5, 5], [0, 10]])
    figure = draw_confusion([first, second], [("a", "b"), ("c", "d")], title="A model")
    titles = [axes.get_title(loc="left") for axes in figure.axes[:2]]
    assert titles == [
        "head 1: accuracy 95.00% of 20 images",
        "head 2: accuracy 75.00% of 20 images",
    ]


def test_draw_confusion_colors_mistakes_by_share():
    matrix = np.array([[7, 3, 0], [1, 9, 0], [0, 0, 0]])
    panel = draw_confusion([matrix], [("a", "b", "c")], title="A model").axes[0]
    opacity = panel.images[0].get_array()[:, :, 3]
    assert opacity[0, 1] == 1
    assert 0.12 < opacity[1, 0] < 0.6
    assert not opacity[matrix == 0][:-1].any()
    assert (panel.get_ylabel(), panel.get_xlabel()) == ("true", "predicted")
    assert [(t.get_position(), t.get_text()) for t in panel.texts] == [
        ((0, 0), "7"),
        ((1, 0), "3"),
        ((0, 1), "1"),
        ((1, 1), "9"),
    ]


def test_describe_confusion_names_most_frequent_mistakes():
    matrix = np.array([[7, 3, 0], [1, 9, 5], [0, 0, 0]])
    described = describe_confusion(matrix, ("a", "b", "c"), most=2)
    assert "b as c, 5 times; a as b, 3 times" in described
    assert "1 times" not in described
    assert "No mistakes" in describe_confusion(np.eye(2, dtype=int), ("a", "b"))


@pytest.mark.parametrize(("classes", "numbers"), [(25, True), (26, False)])
def test_draw_confusion_omits_numbers_for_many_classes(classes, numbers):
    names = [str(i) for i in range(classes)]
    panel = draw_confusion([counts(classes)], [names], title="A model").axes[0]
    assert bool(panel.texts) == numbers


def test_pictures_do_not_render_names_as_math():
    names = ("$5", "$\\x$")
    figure = draw_confusion([counts(2)], [names], title="$\\x$ is not a formula")
    assert png(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(names)
    assert png(misread_figure(20, classes=(("$\\x$",) * 10,))[0])


# Misclassified images.


def misread_figure(size, shape=(1, 28, 28), classes=(DIGITS,), wrong=30, title="A model"):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (size, *shape)).astype(np.uint8)
    labels = rng.integers(0, 10, (size, len(classes)))
    read = labels.copy()
    read[:wrong, 0] = (labels[:wrong, 0] + 1) % 10
    probabilities = [np.full((size, 10), 0.02, np.float32) for _ in classes]
    for head, likely in enumerate(probabilities):
        likely[np.arange(size), read[:, head]] = np.linspace(0.3, 0.82, size)
    misread = find_misclassified(labels, read, probabilities)
    return (
        draw_misclassified(misread, images, labels, read, classes, title=title),
        images,
        labels,
        read,
    )


@pytest.mark.parametrize("shape", [(1, 6, 5), (3, 32, 32), (1, 10, 100), (2, 300, 20)])
@pytest.mark.parametrize("classes", [(DIGITS,), (WORDS, WORDS)])
@pytest.mark.parametrize("wrong", [0, 1, 60])
def test_draw_misclassified_fits_figure_without_overlap(is_whole, shape, classes, wrong):
    figure, *_ = misread_figure(60, shape, classes, wrong)
    assert is_whole(figure)
    assert len(figure.axes) == min(wrong, 24)
    boxes = [text.get_window_extent() for text in figure.texts]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_draw_misclassified_shows_most_confident_mistakes_with_captions():
    figure, images, labels, read = misread_figure(40, wrong=30)
    assert len(figure.axes) == 24
    assert np.array_equal(figure.axes[0].images[0].get_array(), images[29, 0])
    assert np.array_equal(figure.axes[23].images[0].get_array(), images[6, 0])
    assert figure.texts[2].get_text() == f"{labels[29, 0]} → {read[29, 0]}"
    assert figure.texts[3].get_text() == f"{0.3 + 0.52 * 29 / 39:.1%}"
    assert figure.texts[-1].get_text() == f"{0.3 + 0.52 * 6 / 39:.1%}"
    assert re.findall(r"\d+", figure.texts[1].get_text())[:3] == ["30", "40", "24"]


def test_draw_misclassified_captions_labels_of_both_heads():
    figure, _, labels, read = misread_figure(20, classes=(DIGITS, DIGITS), wrong=1)
    (i, j), (k, _) = labels[0], read[0]
    assert figure.texts[2].get_text() == f"{i} {j} → {k} {j}"


def test_draw_misclassified_never_rounds_probability_to_100_percent():
    sure = np.array([[0.0001, 0.9999]], np.float32)
    labels, read = np.array([[0]]), np.array([[1]])
    images = np.zeros((1, 1, 8, 8), np.uint8)
    misread = find_misclassified(labels, read, [sure])
    figure = draw_misclassified(misread, images, labels, read, [("a", "b")], title="A model")
    assert "> 99.9%" in texts(figure)


def test_draw_misclassified_states_absence_of_mistakes():
    figure, *_ = misread_figure(50, wrong=0)
    assert any("No mistakes" in text and " 50 " in text for text in texts(figure))


def test_draw_misclassified_keeps_colors_and_averages_two_channels():
    colored, images, *_ = misread_figure(5, (3, 8, 9), wrong=1)
    shown = colored.axes[0].images[0].get_array()
    assert np.array_equal(shown, images[0].transpose(1, 2, 0))
    gray, images, *_ = misread_figure(5, (2, 8, 9), wrong=1)
    assert np.array_equal(
        gray.axes[0].images[0].get_array(), images[0].mean(axis=0).astype(np.uint8)
    )


# Files.


@pytest.mark.slow
def test_png_is_deterministic():
    def draw():
        return [
            png(draw_curves(history(8, 2, falling), 5, "loss 0.1", title="A model")),
            png(draw_confusion([counts(10)], [DIGITS], title="A model")),
            png(misread_figure(40)[0]),
        ]

    first = draw()
    assert first == draw()
    assert [Image.open(io.BytesIO(picture)).info.keys() for picture in first] == [{"dpi"}] * 3


def test_svg_is_deterministic_and_follows_page_colors():
    def draw(name):
        return svg(draw_confusion([counts(3)], [("<a>", "$\\x$", "c")]), name, 'a "label"')

    one, other = draw("one"), draw("other")
    assert one == draw("one")
    assert 'aria-label="a &quot;label&quot;"' in one
    assert "<a>" not in one
    assert ">$\\x$</text>" in one
    assert "var(--ink)" in one
    assert not re.search(r"url\(|<style|font-family|<metadata", one)
    ids = [re.findall(r'\bid="([^"]*)"', each) for each in (one, other)]
    assert ids[0]
    assert not set(ids[0]) & set(ids[1])
    assert len(set(ids[0])) == len(ids[0])


@pytest.mark.parametrize("model", ["softmax", "softmax-pairs"])
def test_zoo_train_writes_pictures(cli, tmp_path, model):
    result = cli("train", model, "--out", "run")
    assert result.code == 0
    assert result.err == ""
    found = sorted(name for name in os.listdir(tmp_path / "run") if name.endswith(".png"))
    assert found == PICTURES
    for name in PICTURES:
        with Image.open(tmp_path / "run" / name) as picture:
            picture.load()
            assert 500 < picture.width < 2000
            assert 100 < picture.height < 2000


def test_zoo_train_gives_same_results_without_plugin(cli, tmp_path):
    with_it = cli("train", "softmax", "--out", "with", "--json")
    without = cli("train", "softmax", "--out", "without", "--json", env={"ZOO_PLUGINS": "zoo-toy"})
    assert with_it.json["weights"] == without.json["weights"]
    assert with_it.json["metrics"] == without.json["metrics"]
    left = set(os.listdir(tmp_path / "with")) - set(os.listdir(tmp_path / "without"))
    assert sorted(left) == PICTURES


FAILING = """
import sys
import zoo_report.run_pictures

def fail(run, result, predictions):
    raise RuntimeError("cannot draw")

zoo_report.run_pictures.write_pictures = fail
sys.argv = ["zoo", "train", "softmax", "--out", "run"]
from zoo_core.__main__ import main
sys.exit(main())
"""


def test_zoo_train_warns_and_succeeds_if_plugin_fails(run_process, tmp_path):
    result = run_process("-c", FAILING)
    assert result.code == 0
    assert "Weights: " in result.out
    (warning,) = result.err.splitlines()
    assert "zoo-report" in warning
    assert "RuntimeError: cannot draw" in warning
    assert (tmp_path / "run" / "card.json").exists()


def test_plugin_import_avoids_numpy_and_matplotlib(run_python):
    code = (
        "import sys, zoo_report.plugin; print(sorted({'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    assert run_python(code) == "[]\n"


def test_drawing_leaves_matplotlib_global_state_unchanged(run_python):
    code = """
import sys, matplotlib
before = matplotlib.rcParams.copy()
import numpy as np
from zoo_report import run_pictures, style
from zoo_report.confusion import draw_confusion
style.png(draw_confusion([np.eye(2, dtype=int)], [("a", "b")], title="A model"))
print(matplotlib.rcParams.copy() == before, "matplotlib.pyplot" in sys.modules)
"""
    assert run_python(code) == "True False\n"
