"""Losses of the built-in tasks: their definitions, and those of the tasks and of zoo-numpy."""

from importlib import import_module
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from zoo_core.plugin_api import IGNORED_PIXEL
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.multi_label import MultiLabel
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.segmentation import Segmentation
from zoo_core.tasks.sequence import StringRecognition
from zoo_torch import losses
from zoo_torch.plugin import zoo_losses

RNG = np.random.default_rng(0)
PLAIN, SMOOTH = (
    SimpleNamespace(label_smoothing=0.0, class_weights=""),
    SimpleNamespace(label_smoothing=0.1, class_weights=""),
)


def masks(count):
    targets = RNG.integers(0, 4, (count, 5, 6)).astype(np.uint8)
    targets[RNG.random(targets.shape) < 0.3] = IGNORED_PIXEL
    return targets


def strings(count):
    codes = RNG.integers(0, 3, (count, 5))
    codes[np.arange(5) >= RNG.integers(0, 6, count)[:, np.newaxis]] = -1
    return codes


# Loss -> task, shape of an example's outputs, targets, and the factor of its definition.
CASES = {
    "cross_entropy": (Classification, {"size": 7}, (7,), RNG.integers(0, 7, 20), 1),
    "binary_cross_entropy": (MultiLabel, {"size": 7}, (7,), RNG.integers(0, 2, (20, 7)), 1),
    "subset_cross_entropy": (
        MultiLabel,
        {"size": 7, "choose": 3},
        (7,),
        (RNG.random((20, 7)).argsort(axis=1) < 3).astype(np.uint8),
        1,
    ),
    "squared_error": (Regression, {"shape": (2, 3)}, (6,), RNG.normal(size=(20, 2, 3)), 6 / 2),
    "pixel_cross_entropy": (Segmentation, {"size": 4, "shape": (5, 6)}, (4, 5, 6), masks(20), 1),
    "ctc": (StringRecognition, {"size": 3, "shape": (5,)}, (12, 4), strings(20), 1),
}


@pytest.mark.parametrize("name", CASES)
def test_loss_is_the_one_that_the_task_reports(name):
    task, fields, shape, targets, factor = CASES[name]
    outputs = RNG.normal(0, 2, (20, *shape)).astype(np.float32)
    loss = getattr(losses, name)(torch.tensor(outputs), torch.tensor(targets), PLAIN)
    measured = task(TargetSpec(task="task", **fields)).measure(outputs, targets)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(factor * measured.columns["loss"].mean(), rel=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_loss_is_a_mean_over_examples(name):
    _, _, shape, targets, _ = CASES[name]
    outputs, targets = torch.randn((20, *shape)), torch.tensor(targets)
    loss = getattr(losses, name)
    parts = [
        len(rows) / 20 * loss(outputs[rows], targets[rows], SMOOTH)
        for rows in (torch.arange(13), torch.arange(13, 20))
    ]
    assert sum(parts).item() == pytest.approx(loss(outputs, targets, SMOOTH).item(), rel=1e-5)


@pytest.mark.requires("zoo-numpy")
@pytest.mark.parametrize("recipe", [PLAIN, SMOOTH], ids=["plain", "smoothed"])
@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "squared_error"])
def test_loss_and_gradient_are_those_of_zoo_numpy(name, recipe):
    theirs = pytest.importorskip("zoo_numpy.losses")
    _, _, shape, targets, _ = CASES[name]
    outputs = torch.randn((20, *shape), dtype=torch.float64, requires_grad=True)
    loss = getattr(losses, name)(outputs, torch.tensor(targets), recipe)
    loss.backward()
    expected, gradient = getattr(theirs, name)(outputs.detach().numpy(), targets, recipe)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(outputs.grad.numpy(), gradient, atol=1e-15)


WEIGHTS = (1.0, 0.0, 3.0, 0.5, 2.0, 1.0, 7.0)


def weighted(weights=WEIGHTS, smoothing=0.0, gamma=2.0):
    return SimpleNamespace(label_smoothing=smoothing, class_weights=weights, focal_gamma=gamma)


WEIGHTED = [
    *(weighted(smoothing=smoothing) for smoothing in (0.0, 0.1)),
    *(weighted("", gamma=gamma) for gamma in (0.0, 0.5, 2.0)),
    weighted(gamma=3.5),
]


@pytest.mark.requires("zoo-numpy")
@pytest.mark.parametrize("recipe", WEIGHTED, ids=str)
@pytest.mark.parametrize("name", ["cross_entropy", "focal", "binary_cross_entropy", "binary_focal"])
def test_weighted_loss_and_gradient_are_those_of_zoo_numpy(name, recipe):
    theirs = pytest.importorskip("zoo_numpy.losses")
    targets = CASES["binary_cross_entropy" if name.startswith("binary") else "cross_entropy"][3]
    outputs = torch.randn((20, 7), dtype=torch.float64, requires_grad=True)
    loss = getattr(losses, name)(outputs, torch.tensor(targets), recipe)
    loss.backward()
    expected, gradient = getattr(theirs, name)(outputs.detach().numpy(), targets, recipe)
    assert loss.item() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(outputs.grad.numpy(), gradient, atol=1e-15)


def test_weighted_cross_entropy_is_divided_by_the_number_of_examples():
    outputs, targets = torch.randn(20, 7), torch.tensor(CASES["cross_entropy"][3])
    total = functional.cross_entropy(outputs, targets, torch.tensor(WEIGHTS), reduction="sum")
    loss = losses.cross_entropy(outputs, targets, weighted())
    assert loss.item() == pytest.approx(total.item() / 20, rel=1e-5)


def test_weight_of_a_label_is_that_of_its_presence():
    outputs, weights = torch.zeros(2, 2), weighted((3.0, 1.0))
    expected = [np.log(2) * (3 + 1) / 2, np.log(2)]
    for row, each in zip(([1, 1], [0, 1]), expected, strict=True):
        targets = torch.tensor([row, row])
        assert losses.binary_cross_entropy(outputs, targets, weights).item() == pytest.approx(each)
        # Of a probability of one half, it is a quarter of the cross-entropy.
        assert losses.binary_focal(outputs, targets, weights).item() == pytest.approx(each / 4)


def test_weighted_pixels_are_a_mean_over_the_counted_ones():
    targets = torch.tensor([[[0, 1], [2, IGNORED_PIXEL]], [[1, 1], [IGNORED_PIXEL] * 2]])
    loss = losses.pixel_cross_entropy(torch.zeros(2, 3, 2, 2), targets, weighted((1.0, 2.0, 6.0)))
    assert loss.item() == pytest.approx(np.log(3) * ((1 + 2 + 6) / 3 + 2) / 2)


def test_focal_loss_is_that_of_its_definition():
    outputs, targets = torch.randn(20, 7), torch.tensor(CASES["cross_entropy"][3])
    p = outputs.softmax(dim=1)[torch.arange(20), targets]
    expected = -((1 - p) ** 3.5) * p.log() * torch.tensor(WEIGHTS)[targets]
    loss = losses.focal(outputs, targets, weighted(gamma=3.5))
    assert loss.item() == pytest.approx(expected.mean().item(), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_focal_loss_of_a_certain_prediction_has_a_gradient(gamma):
    outputs = torch.tensor([[200.0, 0.0]], requires_grad=True)
    losses.focal(outputs, torch.tensor([0]), weighted("", gamma=gamma)).backward()
    assert outputs.grad.tolist() == [[0, 0]]


def test_smoothed_subset_cross_entropy_is_a_mean_over_all_sets():
    outputs, targets = torch.randn(2, 4), torch.tensor([[1, 0, 0, 1], [0, 1, 0, 0]])
    expected = []
    for output, target in zip(outputs, targets, strict=True):
        sets = [list(each) for each in combinations(range(4), int(target.sum()))]
        logs = torch.stack([output[each].sum() for each in sets]).log_softmax(dim=0)
        right = logs[sets.index(target.nonzero()[:, 0].tolist())]
        expected.append(-(0.9 * right + 0.1 * logs.mean()))
    loss = losses.subset_cross_entropy(outputs, targets, SMOOTH)
    assert loss.item() == pytest.approx(torch.stack(expected).mean().item(), rel=1e-5)


def test_sets_without_an_alternative_have_no_loss():
    outputs = torch.randn(2, 4, requires_grad=True)
    targets = torch.tensor([[0, 0, 0, 0], [1, 1, 1, 1]])  # none, and all: there is no other set
    loss = losses.subset_cross_entropy(outputs, targets, PLAIN)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert outputs.grad.abs().max().item() == pytest.approx(0, abs=1e-6)


def test_losses_of_numbers_are_sums_over_values():
    outputs, targets = torch.tensor([[0.5, 3.0], [0.0, 0.0]]), torch.zeros(2, 2)
    assert losses.squared_error(outputs, targets, PLAIN).item() == (0.25 / 2 + 9 / 2) / 2
    assert losses.absolute_error(outputs, targets, PLAIN).item() == 3.5 / 2
    assert losses.huber(outputs, targets, PLAIN).item() == (0.25 / 2 + 2.5) / 2


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber"])
def test_single_numbers_are_not_broadcast(name):
    outputs, targets = torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 2.0], dtype=torch.float64)
    loss = getattr(losses, name)(outputs, targets, PLAIN)
    assert loss.item() == 0
    assert loss.dtype == torch.float32


def test_pixel_cross_entropy_without_ignored_pixels_is_that_of_torch():
    outputs, targets = torch.randn(3, 4, 5, 6), torch.tensor(RNG.integers(0, 4, (3, 5, 6)))
    ours = losses.pixel_cross_entropy(outputs, targets, SMOOTH)
    theirs = functional.cross_entropy(outputs, targets, label_smoothing=0.1)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6)


def soft_iou(outputs, targets):
    """Return `losses.pixel_iou` without its cross-entropy."""
    total = losses.pixel_iou(outputs, targets, PLAIN)
    return 1 - (total - losses.pixel_cross_entropy(outputs, targets, PLAIN)).item()


def test_soft_iou_of_certain_predictions_is_the_iou_of_each_class():
    targets = torch.tensor([[[0, 0, 1, 1], [0, 0, 1, 2]]])
    predicted = torch.tensor([[[0, 0, 0, 1], [0, 0, 1, 2]]])
    outputs = 1e3 * functional.one_hot(predicted, 4).permute(0, 3, 1, 2).float()
    # A pixel is added above and below; the fourth class is nowhere, which is right.
    expected = ((4 + 1) / (5 + 1) + (2 + 1) / (3 + 1) + 1 + 1) / 4
    assert soft_iou(outputs, targets) == pytest.approx(expected, abs=1e-4)
    assert soft_iou(1e3 * functional.one_hot(targets, 4).permute(0, 3, 1, 2), targets) == 1


def test_soft_iou_does_not_depend_on_outputs_of_ignored_pixels():
    outputs, targets = torch.randn(3, 4, 5, 6), torch.tensor(masks(3))
    other = torch.where((targets == IGNORED_PIXEL)[:, None], torch.randn(3, 4, 5, 6), outputs)
    assert soft_iou(outputs, targets) == pytest.approx(soft_iou(other, targets), rel=1e-5)


def test_loss_with_soft_iou_is_a_mean_over_examples():
    outputs, targets = torch.randn(5, 4, 5, 6), torch.tensor(masks(5))
    each = [losses.pixel_iou(outputs[[i]], targets[[i]], SMOOTH).item() for i in range(5)]
    assert losses.pixel_iou(outputs, targets, SMOOTH).item() == pytest.approx(np.mean(each))


def test_mask_of_ignored_pixels_has_finite_loss_and_no_gradient():
    outputs = torch.randn(2, 4, 5, 6, requires_grad=True)
    targets = torch.zeros(2, 5, 6, dtype=torch.uint8)
    targets[0] = IGNORED_PIXEL
    loss = losses.pixel_cross_entropy(outputs, targets, SMOOTH)
    loss.backward()
    assert torch.isfinite(loss)
    assert not outputs.grad[0].any()
    assert outputs.grad[1].all()


def test_ctc_is_the_mean_of_torch():
    codes = torch.tensor(strings(10))
    outputs = torch.randn(10, 12, 4, requires_grad=True)
    ours = losses.ctc(outputs, codes, PLAIN)
    logs = outputs.log_softmax(2).transpose(0, 1)
    sizes = torch.full((10,), 12), (codes >= 0).sum(1)
    assert ours.item() == functional.ctc_loss(logs, codes + 1, *sizes).item()
    ours.backward()
    assert torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize(("recipe", "sure"), [(PLAIN, True), (SMOOTH, False)])
def test_ctc_learns_a_string(recipe, sure):
    outputs = torch.zeros(1, 6, 4, requires_grad=True)
    codes = torch.tensor([[1, 1, 0]])
    optimizer = torch.optim.Adam([outputs], lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        losses.ctc(outputs, codes, recipe).backward()
        optimizer.step()
    task = StringRecognition(TargetSpec(task="sequence", classes=("a", "b", "c"), shape=(3,)))
    assert task.predict(outputs.detach().numpy()).strings == ["bba"]
    # Smoothed, 0.9 for a step's own output and 0.1 spread over all four would be best.
    largest = outputs.detach().softmax(dim=2).amax(dim=2)
    assert (largest.max() > 0.95).item() == sure


def test_losses_follow_the_recipe_fields_of_their_specs():
    same_targets = {
        "absolute_error": "squared_error",
        "binary_focal": "binary_cross_entropy",
        "focal": "cross_entropy",
        "huber": "squared_error",
        "pixel_iou": "pixel_cross_entropy",
    }
    for spec in zoo_losses():
        function = spec.loss.partition(":")[2]
        _, _, shape, targets, _ = CASES[same_targets.get(function, function)]
        outputs, targets = torch.randn((20, *shape)), torch.tensor(targets)
        loss = getattr(losses, function)
        plain = loss(outputs, targets, weighted(""))
        for field, recipe in {
            "label_smoothing": weighted("", smoothing=0.1),
            "focal_gamma": weighted("", gamma=3.0),
        }.items():
            differs = bool(loss(outputs, targets, recipe) != plain)
            assert differs == (field in spec.recipe_fields), (spec.key, field)
        if "class_weights" in spec.recipe_fields:
            assert loss(outputs, targets, weighted(WEIGHTS[: shape[0]])) != plain, spec.key


def test_specs_refer_to_losses():
    specs = zoo_losses()
    assert len({spec.key for spec in specs}) == len(specs)
    for spec in specs:
        module, _, function = spec.loss.partition(":")
        assert callable(getattr(import_module(module), function))
