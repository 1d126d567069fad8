"""Scores: metrics per head, their JSON form, and the order of epochs."""

import json

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.metrics.metric_names import metric_names
from zoo_core.metrics.scores import Scores, measure, rank, score
from zoo_core.metrics.task import Measure, Measured, Task
from zoo_core.plugins.data_specs import TargetSpec, class_targets
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.multi_label import MultiLabel
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.segmentation import Segmentation
from zoo_core.tasks.sequence import StringRecognition


class Distance(Task):
    """A task with one number per example, whose only measure is an error."""

    measures = (Measure("distance", higher_is_better=False),)

    def measure(self, outputs, targets):
        return Measured({"distance": np.abs(outputs - targets)})


CLASSES = Classification(class_targets(3)[0])
DISTANCE = Distance(TargetSpec(task="distance"))


def logits_for(*labels, strength=5.0):
    """Return logits that predict labels."""
    return strength * np.eye(3, dtype=np.float32)[list(labels)]


def measured(*heads):
    """Return measures of heads, each with its task, outputs and targets."""
    tasks, outputs, targets = zip(*heads, strict=True)
    return measure(tasks, outputs, [np.array(each) for each in targets])


def test_score_counts_each_head_and_all_heads():
    tasks = [CLASSES, CLASSES]
    outputs = [np.eye(3, dtype=np.float32)] * 2
    targets = [np.array([0, 1, 0]), np.array([0, 0, 2])]
    scores = score(tasks, measure(tasks, outputs, targets))
    assert scores["correct"] == (2, 2)
    assert scores["accuracy"] == (2 / 3, 2 / 3)
    assert (scores.all_correct, scores.total) == (1, 3)
    assert scores.headline == {"accuracy": [2 / 3, 2 / 3]}
    assert scores.counts_text == "2 / 2 of 3 examples correct"


def test_only_counts_of_examples_are_shown_as_shares():
    metrics = {"loss": (0.5,), "inversions": (83,), "exact": (40,), "swaps": (7,)}
    scores = Scores(metrics, total=50)
    assert scores.counts_text == "40 of 50 examples exact"
    assert str(scores) == "loss 0.5000, inversions 83, swaps 7"
    assert Scores({"swaps": (7,)}, total=1).counts_text == "1 example"


def test_score_of_heads_with_different_tasks():
    heads = measured(
        (CLASSES, logits_for(0, 1), [0, 2]), (DISTANCE, np.array([1.0, 2.0]), [1.5, 3.5])
    )
    scores = score([CLASSES, DISTANCE], heads)
    assert scores["accuracy"] == (0.5, None)
    assert scores["distance"] == (None, 1.0)
    assert scores.all_correct is None  # a distance is neither right nor wrong
    assert scores.headline == {"accuracy": [0.5], "distance": [1.0]}
    assert scores.mean_loss == scores["loss"][0]
    assert str(scores) == f"loss {scores.mean_loss:.4f}, accuracy 50.00%, distance 1"
    assert Scores.from_json(json.loads(json.dumps(scores.to_json()))) == scores


VALUES = st.lists(st.none() | st.integers(0, 100) | st.floats(0, 1), min_size=2, max_size=2)


@given(
    st.dictionaries(st.sampled_from(["loss", "accuracy", "mae", "top5"]), VALUES, min_size=1),
    st.integers(0, 1000),
    st.none() | st.integers(0, 1000),
    st.data(),
)
def test_scores_survive_json(metrics, total, all_correct, data):
    headlines = data.draw(st.just(()) | st.lists(st.sampled_from(sorted(metrics)), min_size=2))
    values = {name: tuple(each) for name, each in metrics.items()}
    scores = Scores(values, total, all_correct, tuple(headlines))
    again = Scores.from_json(json.loads(json.dumps(scores.to_json())))
    assert again == scores
    for name, each in values.items():
        assert [type(value) for value in again[name]] == [type(value) for value in each]


def test_json_of_scores_of_classes_has_keys_of_first_cards():
    scores = score([CLASSES], measured((CLASSES, logits_for(0, 1), [0, 2])))
    assert [*scores.to_json()] == ["loss", "accuracy", "correct", "all_correct", "total"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"accuracy": [0.5]},
        {"accuracy": 0.5, "total": 2},
        {"accuracy": [], "total": 2},
        {"accuracy": [0.5], "loss": [0.1, 0.2], "total": 2},
        {"accuracy": ["0.5"], "total": 2},
        {"accuracy": [0.5], "total": 2.5},
        {"accuracy": [0.5], "total": 2, "all_correct": "1"},
        {"accuracy": [0.5], "total": 2, "headlines": ["mae"]},
    ],
)
def test_from_json_refuses_values_that_are_not_scores(values):
    with pytest.raises(ValueError, match="expected lists of numbers, one per head, and a total"):
        Scores.from_json(values)


def test_measures_of_no_example_have_columns_and_counts_of_others():
    outputs, targets = logits_for(0, 1), np.array([0, 1])
    (some,) = measure([CLASSES], [outputs], [targets])
    (none,) = measure([CLASSES], [outputs[:0]], [targets[:0]])
    assert len(none) == 0
    assert {name: each.dtype for name, each in none.columns.items()} == {
        name: each.dtype for name, each in some.columns.items()
    }
    assert {name: each.shape for name, each in none.counts.items()} == {
        name: each.shape for name, each in some.counts.items()
    }
    assert all((each == 0).all() for each in none.counts.values())


def test_rank_prefers_more_correct_predictions_and_then_smaller_loss():
    tasks = [CLASSES, CLASSES]
    targets = ([0, 1, 2], [0, 1, 2])
    right, wrong = logits_for(0, 1, 2), logits_for(0, 1, 0, strength=0.1)
    surer = logits_for(0, 1, 2, strength=9.0)
    # In order, from the worst; the second has a larger loss, but more correct predictions.
    epochs = [
        (wrong, wrong),
        (logits_for(0, 1, 0, strength=50.0), right),
        (wrong, right),
        (right, right),
        (right, surer),
        (surer, surer),
    ]
    ranks = [
        rank(tasks, measured(*zip(tasks, outputs, targets, strict=True))) for outputs in epochs
    ]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert [first for first, _ in ranks] == [4, 5, 5, 6, 6, 6]
    # The sum of all heads decides, whichever has them.
    assert rank(tasks, measured(*zip(tasks, (right, wrong), targets, strict=True))) == ranks[2]


def test_rank_prefers_smaller_errors():
    targets = [1.0, 2.0]
    near, far = (
        rank([DISTANCE], measured((DISTANCE, np.array(values), targets)))
        for values in ([1.1, 2.0], [1.5, 2.0])
    )
    assert near > far


def test_rank_of_heads_with_different_measures_is_by_their_losses_alone():
    tasks, truth = [CLASSES, DISTANCE], ([0, 1], [1.0, 2.0])

    def rank_of(logits, values):
        outputs = (logits, np.array(values))
        return rank(tasks, measured(*zip(tasks, outputs, truth, strict=True)))

    right, wrong = logits_for(0, 1), logits_for(0, 2, strength=0.1)
    assert rank_of(right, [1.0, 2.0]) > rank_of(wrong, [1.0, 2.0])
    assert rank_of(right, [1.0, 2.0]) > rank_of(right, [1.0, 2.5])
    # Fewer correct predictions, but a smaller mean of loss and distance.
    assert rank_of(wrong, [1.0, 2.0]) > rank_of(right, [9.0, 9.0])


# Of nine examples, one is of class 1 and one of class 2.
RARE = [0] * 7 + [1, 2]
MOST = logits_for(*[0] * 9)  # 7 of 9 are right, but of the rare classes none
EACH = logits_for(0, 0, 0, 1, 1, 2, 2, 1, 2)  # 5 of 9, among them the rare ones


def test_chosen_metric_ranks_epochs_and_is_their_headline():
    ranks = {
        chosen: [
            rank([CLASSES], measured((CLASSES, logits, RARE)), chosen) for logits in (MOST, EACH)
        ]
        for chosen in ("", "accuracy", "balanced_accuracy", "macro_f1", "loss")
    }
    assert ranks[""][0] > ranks[""][1]
    assert ranks["accuracy"][0] > ranks["accuracy"][1]
    assert ranks["balanced_accuracy"][0] < ranks["balanced_accuracy"][1]
    assert ranks["macro_f1"][0] < ranks["macro_f1"][1]
    # Negative, because a lower loss is better.
    assert ranks["loss"][0][0] < 0
    scores = score([CLASSES], measured((CLASSES, EACH, RARE)), "balanced_accuracy")
    assert scores.headline == {"balanced_accuracy": [pytest.approx((3 / 7 + 2) / 3)]}
    assert Scores.from_json(json.loads(json.dumps(scores.to_json()))) == scores
    assert "balanced accuracy 80.95%" in str(scores)


def test_chosen_metric_is_a_mean_over_the_heads_that_have_it():
    tasks = [CLASSES, DISTANCE, CLASSES]
    heads = measured(
        (CLASSES, MOST, RARE), (DISTANCE, np.ones(9), np.zeros(9)), (CLASSES, EACH, RARE)
    )
    first, _ = rank(tasks, heads, "balanced_accuracy")
    assert first == pytest.approx((1 / 3 + (3 / 7 + 2) / 3) / 2)
    assert rank(tasks, heads, "distance")[0] == -1
    names = score(tasks, heads, "balanced_accuracy").headline_names
    assert names == ("balanced_accuracy", "distance", "balanced_accuracy")


def test_root_of_a_squared_error_ranks_lower_values_first():
    task = Regression(TargetSpec(task="regression"))
    near, far = (
        rank([task], measured((task, np.full((3, 1), value), np.arange(3.0))), "rmse")
        for value in (1.0, 5.0)
    )
    assert near > far
    (r2, _) = rank([task], measured((task, np.full((3, 1), 1.0), np.arange(3.0))), "r2")
    assert r2 == 0


@pytest.mark.parametrize(
    ("target", "cls", "some"),
    [
        (TargetSpec(task="classification", size=7), Classification, {"loss", "macro_f1", "top5"}),
        (TargetSpec(task="regression"), Regression, {"loss", "rmse", "r2"}),
        (TargetSpec(task="multi-label", size=4), MultiLabel, {"f1", "macro_f1"}),
        (TargetSpec(task="segmentation", size=3, shape=(4, 6)), Segmentation, {"mean_iou"}),
        (TargetSpec(task="sequence", classes=tuple("abc"), shape=(5,)), StringRecognition, {"cer"}),
    ],
)
def test_names_of_metrics_are_known_without_data(target, cls, some):
    assert some <= {*metric_names(cls(target))}
