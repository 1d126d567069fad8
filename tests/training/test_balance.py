"""Trainings on classes of unequal size: weights, sampler, and the metric that chooses epochs."""

import json
from contextlib import nullcontext

import numpy as np
import pytest

from zoo_core import ArrayDataset, Normalization, Recipe, Split, class_targets
from zoo_core.data.sampling.balanced_order import joint_classes
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError
from zoo_core.filenames import METRICS
from zoo_core.installation.installed import load_catalog
from zoo_core.testing.checks.resume_checks import STOPS, resumes_to_the_bit
from zoo_core.testing.trainee import Subject
from zoo_core.training.checks.balance_checks import check_sampled_classes
from zoo_core.training.make_plan import make_plan
from zoo_core.training.training import Training
from zoo_core.weights.card_words import kept_reason

ALL = {"class_weights": "balanced", "sampler": "balanced", "choose_by": "macro_f1"}


def test_epoch_with_the_best_chosen_metric_is_kept(toy, tmp_path):
    values = {"choose_by": "balanced_accuracy", "epochs": 5, "lr": 3.0}
    run = Training.new(toy, "softmax", out=tmp_path / "run", overrides=[values]).run()
    lines = [json.loads(line) for line in (run.folder / METRICS).read_text().splitlines()]
    found = [line["validation"]["balanced_accuracy"][0] for line in lines]
    assert all("balanced_accuracy" in line["train"] for line in lines)
    assert run.card.metrics["validation"]["balanced_accuracy"][0] == max(found)
    assert found[run.card.epoch - 1] == max(found)
    assert (
        kept_reason(run.card) == "the one with the best balanced accuracy on the validation split"
    )
    # That of the test split is the task's own, which lists compare.
    assert run.card.metrics["test"].headline_names == ("accuracy",)


def test_epoch_without_a_chosen_metric_has_the_metrics_of_the_task(toy, tmp_path):
    run = Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"epochs": 1}]).run()
    line = json.loads((run.folder / METRICS).read_text())
    assert [*line["validation"]] == ["loss", "accuracy", "correct", "all_correct", "total"]


def test_sampler_draws_the_training_rows_of_each_epoch_anew(toy):
    plan = make_plan(toy, "softmax-pairs", "default", [{"sampler": "balanced"}])
    loaded = plan.dataset.resolve(plan.dataset.spec.loader)()
    data = plan.split(loaded)
    classes = joint_classes(data.train.targets)
    first, second = (data.epoch(plan.recipe, epoch)[1] for epoch in (1, 2))
    assert len(first) == len(data.train_rows)
    assert np.isin(first, data.train_rows).all()
    assert first.tolist() != second.tolist()
    counts = np.bincount(classes[first])
    assert counts[counts > 0].max() - counts[counts > 0].min() <= 1


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_balanced_training_resumes_to_the_bit():
    subject = Subject(load_catalog(), "numpy-net", changes=(("keep", "best"), *ALL.items()))
    resumes_to_the_bit(subject, STOPS)


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_each_field_changes_the_weights():
    subject = Subject(load_catalog(), "numpy-net", changes=(("keep", "best"),))
    plain, *others = (
        subject.fit(**values).weights
        for values in ({}, {"sampler": "balanced"}, {"class_weights": {"3": 9}}, {"loss": "focal"})
    )
    for other in others:
        assert any((other[name] != tensor).any() for name, tensor in plain.items())


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
@pytest.mark.parametrize(
    ("values", "problem", "hint"),
    [
        (
            {"choose_by": "balancd_accuracy"},
            "choose_by: expected one of accuracy, ",
            "Did you mean",
        ),
        ({"sampler": "balanced", "shuffle": False}, "expected shuffle true", "--set shuffle=true"),
        ({"sampler": "balanced", "reshuffle": False}, "expected reshuffle true", "reshuffle=true"),
        ({"class_weights": [1, 2]}, "expected 10 numbers, one per class", "class_weights={"),
        ({"loss": "cross-entropy", "focal_gamma": 3}, "focal_gamma requires loss focal", ""),
        ({"choose_by": "loss", "keep": "last"}, "choose_by requires keep best", ""),
    ],
)
def test_values_that_would_have_no_effect_are_refused_before_data_are_loaded(values, problem, hint):
    with pytest.raises(InvalidValueError) as found:
        make_plan(load_catalog(), "numpy-net", "default", [values])
    assert problem in found.value.problem
    assert hint in (found.value.hint or "")


@pytest.mark.requires("zoo-numpy", "zoo-mnist")
def test_name_of_no_class_is_refused_when_the_names_are_known():
    subject = Subject(load_catalog(), "numpy-net")
    with pytest.raises(InvalidValueError, match="expected names of classes, got '10'"):
        _ = subject.trainee(class_weights={"10": 2}).run.loss_recipes


@pytest.mark.requires("zoo-numpy")
@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"sampler": "balanced"}, "'weighted-sums' (regression) has no single class"),
        ({"class_weights": "balanced"}, "the loss squared-error does not implement that field"),
    ],
)
def test_targets_without_classes_are_refused(values, problem):
    with pytest.raises(InvalidValueError) as found:
        make_plan(load_catalog(), "numpy-regressor", "default", [values])
    assert problem in found.value.problem


def test_loss_without_weights_of_classes_is_refused(toy):
    with pytest.raises(InvalidValueError, match="does not implement that field"):
        make_plan(toy, "softmax", "default", [{"class_weights": "balanced"}])


@pytest.mark.parametrize(
    ("train", "held_out", "problem"),
    [
        (
            [0, 0, 0, 1],
            [0, 2],
            "training examples none is of class 'owl': all of its examples valid",
        ),
        ([1, 1, 1, 1], [1, 1], "of the training examples all are of one class"),
        ([0, 0, 0, 1], [0, 1], ""),
    ],
)
def test_sampler_that_cannot_draw_a_class_is_refused(train, held_out, problem):
    labels = np.array([*train, *held_out])
    split = Split(np.zeros((6, 1, 2, 2), np.uint8), (labels,))
    dataset = ArrayDataset({"train": split}, class_targets(("cat", "dog", "owl")))
    rows = np.arange(6)
    data = TrainingData(dataset, rows[:4], rows[4:], Normalization((), ()))
    recipe = Recipe(dataset="pets", trainer="torch", sampler="balanced")
    with pytest.raises(InvalidValueError, match=problem) if problem else nullcontext():
        check_sampled_classes(recipe, data)
    check_sampled_classes(recipe.model_copy(update={"sampler": ""}), data)


def test_sampler_is_refused_if_a_fold_has_every_example_of_a_class():
    split = Split(np.zeros((6, 1, 2, 2), np.uint8), (np.array([0, 1, 0, 1, 2, 2]),))
    dataset = ArrayDataset({"train": split}, class_targets(("cat", "dog", "owl")))
    rows = np.arange(6)
    data = TrainingData(dataset, rows[:2], rows[2:4], Normalization((), ()), test_rows=rows[4:])
    recipe = Recipe(dataset="pets", trainer="torch", sampler="balanced", folds=3, fold=2)
    with pytest.raises(InvalidValueError, match="'owl': .* are in fold 2 of 3 or valid") as found:
        check_sampled_classes(recipe, data)
    assert "--set split_seed=1" in found.value.hint
