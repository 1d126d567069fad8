"""Segmentation: metrics against a plain confusion matrix, ignored pixels, and shares."""

import numpy as np
import pytest

from tests.tasks.examples import masks
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks import segmentation
from zoo_core.tasks.classification import cross_entropies
from zoo_core.tasks.segmentation import IGNORED_PIXEL, Segmentation

CLASSES = ("sky", "road", "car")
TASK = Segmentation(TargetSpec(task="segmentation", classes=CLASSES, shape=(2, 2)))


def outputs_of(*found):
    """Return logits ``(N, 3, 2, 2)`` whose predictions are the given masks."""
    return np.stack(
        [np.eye(3, dtype=np.float32)[np.array(mask)].transpose(2, 0, 1) for mask in found]
    )


def measure(found, wanted):
    return TASK.measure(outputs_of(*found), np.array(wanted, np.uint8))


def test_metrics_agree_with_confusion_matrix():
    theirs = pytest.importorskip("sklearn.metrics")
    task, outputs, targets = masks(np.random.default_rng(0), 60)
    metrics = task.metrics(task.measure(outputs, targets))
    counted = targets != IGNORED_PIXEL
    wanted, found = targets[counted], outputs.argmax(axis=1)[counted]
    assert metrics["pixel_accuracy"] == theirs.accuracy_score(wanted, found)
    assert metrics["mean_iou"] == pytest.approx(
        theirs.jaccard_score(wanted, found, average="macro"), rel=1e-12
    )
    each = [
        theirs.jaccard_score(target[here], mask[here], average="macro")
        for target, mask, here in zip(targets, outputs.argmax(axis=1), counted, strict=True)
    ]
    assert metrics["iou"] == pytest.approx(np.mean(each), rel=1e-12)


def test_loss_is_mean_cross_entropy_of_counted_pixels():
    task, outputs, targets = masks(np.random.default_rng(1), 3)
    for loss, logits, target in zip(
        task.measure(outputs, targets).columns["loss"], outputs, targets, strict=True
    ):
        counted = target != IGNORED_PIXEL
        expected = cross_entropies(logits[:, counted].T, target[counted].astype(np.int64))
        assert loss == pytest.approx(expected.mean(), rel=1e-12)


def test_blocks_of_examples_do_not_change_scores(monkeypatch):
    task, outputs, targets = masks(np.random.default_rng(2), 23)
    whole = task.measure(outputs, targets)
    monkeypatch.setattr(segmentation, "BLOCK", 5 * outputs[0].size + 1)
    parts = task.measure(outputs, targets)
    for name in whole.columns:
        assert np.array_equal(whole.columns[name], parts.columns[name])
    assert np.array_equal(whole.counts["pixels"], parts.counts["pixels"])


def test_iou_is_over_classes_of_target_or_prediction():
    measured = measure(
        [[[0, 0], [1, 1]], [[0, 0], [0, 0]]],
        [[[0, 0], [0, 1]], [[0, 0], [0, 0]]],
    )
    # sky 2 of 3 and road 1 of 2 pixels; then sky alone.
    assert measured.columns["iou"].tolist() == pytest.approx([(2 / 3 + 1 / 2) / 2, 1])
    metrics = TASK.metrics(measured)
    assert metrics["mean_iou"] == pytest.approx((6 / 7 + 1 / 2) / 2)
    assert metrics["pixel_accuracy"] == 7 / 8


def test_ignored_pixels_do_not_count():
    ours = measure([[[0, 2], [1, 1]]], [[[0, IGNORED_PIXEL], [1, 1]]])
    assert ours.columns["iou"].tolist() == [1]
    assert TASK.metrics(ours)["pixel_accuracy"] == 1


def test_mask_of_ignored_pixels_has_no_errors():
    metrics = TASK.metrics(measure([[[0, 2], [1, 1]]], np.full((1, 2, 2), IGNORED_PIXEL)))
    assert metrics == {"loss": 0, "iou": 1, "mean_iou": 1, "pixel_accuracy": 1}


def test_ignored_pixels_are_ignored_after_relabeling():
    targets = np.array([[[0, IGNORED_PIXEL], [1, 0]]], np.uint8)
    relabeled = TASK.relabel(targets, np.array([2, 0]))
    assert relabeled.tolist() == [[[2, IGNORED_PIXEL], [0, 2]]]
    assert relabeled.dtype == np.uint8


def test_prediction_is_mask_with_confidence():
    outputs = outputs_of([[0, 2], [1, 1]])
    prediction = TASK.predict(outputs)
    assert prediction.masks.tolist() == [[[0, 2], [1, 1]]]
    assert prediction.masks.dtype == np.uint8
    np.testing.assert_allclose(prediction.confidences, np.e / (np.e + 2), rtol=1e-6)
    assert np.array_equal(TASK.answers(prediction), prediction.masks)


def test_output_is_share_of_each_class():
    prediction = TASK.predict(outputs_of([[0, 2], [2, 2]], [[1, 1], [1, 1]]))
    assert [*TASK.texts(prediction)] == ["car 75.0%, sky 25.0%", "road 100.0%"]
    first, second = TASK.records(prediction)
    assert first["classes"] == ["car", "sky"]
    assert first["shares"] == {"car": 0.75, "sky": 0.25}
    assert second["shares"] == {"road": 1}
    assert TASK.columns("") == ["share_sky", "share_road", "share_car"]
    assert next(TASK.rows(prediction)) == ["0.250000", "0.000000", "0.750000"]


def test_text_of_many_classes_is_short():
    names = tuple("abcdefgh")
    task = Segmentation(TargetSpec(task="segmentation", classes=names, shape=(2, 4)))
    outputs = np.eye(8, dtype=np.float32).reshape(1, 8, 2, 4)
    text = "a 12.5%, b 12.5%, c 12.5%, d 12.5%, e 12.5% and 3 more"
    assert [*task.texts(task.predict(outputs))] == [text]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((1, 2, 3), np.uint8), r"expected masks uint8 or int64 \(N, 2, 2\), got uint8"),
        (np.zeros((1, 2, 2), np.int32), r"\(N, 2, 2\), got int32 \(1, 2, 2\)"),
        (np.full((2, 2, 2), 3), "expected classes 0 to 2, or 255 .*, got 3 in example 0"),
        (np.full((2, 2, 2), -1), "got -1 in example 0"),
    ],
)
def test_targets_that_do_not_fit_are_an_error(targets, message):
    with pytest.raises(DataError, match=message):
        TASK.check_targets(targets)


def test_more_classes_than_a_mask_can_have_are_an_error():
    task = Segmentation(TargetSpec(task="segmentation", size=256, shape=(2, 2)))
    with pytest.raises(DataError, match="expected at most 255 classes, got 256"):
        task.check_targets(np.zeros((1, 2, 2), np.int64))
