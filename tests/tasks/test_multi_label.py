"""Multi-label classification: metrics against scikit-learn, and the text of predictions."""

import numpy as np
import pytest

from tests.tasks.examples import labels
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks.multi_label import MultiLabel, binary_cross_entropies, sigmoid

TASK = MultiLabel(TargetSpec(task="multi-label", classes=("sea", "sky", "road")))


def metrics(outputs, targets):
    return TASK.metrics(TASK.measure(np.array(outputs, np.float32), np.array(targets)))


def test_metrics_agree_with_scikit_learn():
    theirs = pytest.importorskip("sklearn.metrics")
    task, outputs, targets = labels(np.random.default_rng(0), 100)
    found, predicted = task.metrics(task.measure(outputs, targets)), outputs > 0
    shares = 1 / (1 + np.exp(-outputs.astype(float)))
    assert found == pytest.approx(
        {
            "loss": np.mean(
                [theirs.log_loss(targets[:, i], shares[:, i]) for i in range(targets.shape[1])]
            ),
            "f1": theirs.f1_score(targets, predicted, average="samples", zero_division=1),
            "micro_f1": theirs.f1_score(targets, predicted, average="micro"),
            "macro_f1": theirs.f1_score(targets, predicted, average="macro"),
            "accuracy": 1 - theirs.hamming_loss(targets, predicted),
            "exact": theirs.accuracy_score(targets, predicted, normalize=False),
        },
        rel=1e-9,
    )


def test_label_without_examples_and_predictions_is_not_part_of_macro_f1():
    found = metrics([[1, -1, -1], [1, 1, -1]], [[1, 0, 0], [1, 0, 0]])
    assert found["macro_f1"] == 0.5  # 1 of sea, 0 of sky, nothing of road
    assert found["exact"] == 1


def test_prediction_of_nothing_where_nothing_is_is_right():
    found = metrics([[-1, -1, -1]], [[0, 0, 0]])
    assert found.pop("loss") == pytest.approx(np.log1p(np.exp(-1)))
    assert found == {"f1": 1, "micro_f1": 1, "macro_f1": 1, "accuracy": 1, "exact": 1}


def test_prediction_of_nothing_does_not_score_well_where_labels_are_rare():
    found = metrics(np.full((2, 3), -1), [[1, 0, 0], [0, 1, 0]])
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found[TASK.measures[0].name] == 0


def test_loss_and_probability_are_finite_for_large_logits():
    outputs = np.array([[1e4, -1e4], [1e4, -1e4]], np.float32)
    assert binary_cross_entropies(outputs, np.array([[0, 1], [1, 0]])).tolist() == [1e4, 0]
    assert sigmoid(outputs).tolist() == [[1, 0], [1, 0]]


def test_prediction_names_present_labels():
    prediction = TASK.predict(np.array([[0.9, 3, -1], [-2, -3, -4]], np.float32))
    assert prediction.present.tolist() == [[True, True, False], [False, False, False]]
    assert [*TASK.texts(prediction)] == ["sky (95.3%), sea (71.1%)", "none (sea 11.9%)"]
    first, second = TASK.records(prediction)
    assert first["labels"] == [1, 0]
    assert first["classes"] == ["sky", "sea"]
    assert first["probabilities"] == pytest.approx(
        {"sea": 0.710950, "sky": 0.952574, "road": 0.268941}, abs=1e-6
    )
    assert second["classes"] == []
    assert TASK.columns("_2") == [
        "labels_2",
        "probability_2_sea",
        "probability_2_sky",
        "probability_2_road",
    ]
    assert next(TASK.rows(prediction)) == ["sky; sea", "0.710949", "0.952574", "0.268941"]


def test_labels_that_a_data_set_lacks_are_absent():
    relabeled = TASK.relabel(np.array([[1, 0], [0, 1]], np.uint8), np.array([2, 0]))
    assert relabeled.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_ensemble_does_not_weight_members_by_logit_scale():
    small, large = np.array([[2.0, 0, 0]], np.float32), np.array([[-1000.0, 0, 0]], np.float32)
    shares = sigmoid(TASK.combine([small, large]))
    np.testing.assert_allclose(shares, (sigmoid(small) + sigmoid(large)) / 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((4, 2), np.int64), r"\(N, 3\), got int64 \(4, 2\)"),
        (np.zeros((4, 3)), r"bool, uint8 or int64 \(N, 3\), got float64 \(4, 3\)"),
        (np.array([[0, 1, 0], [0, 2, 1]]), "expected labels 0 or 1, got 2 in example 1"),
        (np.array([[0, -1, 0]]), "expected labels 0 or 1, got -1 in example 0"),
    ],
)
def test_targets_that_do_not_fit_are_an_error(targets, message):
    with pytest.raises(DataError, match=message):
        TASK.check_targets(targets)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_targets_of_every_dtype_score_alike(dtype):
    targets = np.array([[0, 1, 1]], dtype)
    TASK.check_targets(targets)
    assert metrics([[1, 1, -1]], targets) == metrics([[1, 1, -1]], [[0, 1, 1]])
