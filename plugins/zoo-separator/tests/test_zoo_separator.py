"""The model digit-separator: its shapes, the recipe fields that masks refuse, and its masks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import zoo_core as zoo
from zoo_core.errors import InvalidValueError
from zoo_separator.config import SeparatorConfig
from zoo_separator.model import build
from zoo_separator.recipes import RECIPES

CLASSES = ("paper", "left", "right", "both")


def bars(count, seed):
    """Return images of two vertical bars, which may overlap, and their masks."""
    random = np.random.RandomState(seed)
    left, right = np.zeros((2, count, 14, 15), bool)
    for i, (first, second) in enumerate(random.randint(0, 4, (count, 2))):
        left[i, 2:-2, first + 2 : first + 6] = True
        right[i, 4:, second + 5 : second + 9] = True
    images = 200 * (left | right)[:, np.newaxis].astype(np.uint8)
    return zoo.Split(images, (left + 2 * right.astype(np.uint8),))


def data():
    target = zoo.TargetSpec(task="segmentation", classes=CLASSES, shape=(14, 15))
    return zoo.ArrayDataset({"train": bars(400, 0), "test": bars(100, 1)}, (target,))


def train(folder, **values):
    recipe = {"fresh": False, "batch_size": 20, "out": folder / "run", "device": "cpu"}
    return zoo.train("digit-separator", dataset=data(), **recipe | values)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 3),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 5),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
)
def test_every_pixel_of_an_image_of_any_size_has_logits(colors, height, width, classes, channels):
    config = SeparatorConfig(
        input_shape=(colors, height, width), classes=(classes,), channels=channels
    )
    (logits,) = build(config).eval()(torch.randn(2, colors, height, width))
    assert logits.shape == (2, classes, height, width)
    assert logits.isfinite().all()


def test_logits_depend_on_the_whole_image():
    # The digit of a pixel follows from the shapes of both.
    torch.manual_seed(0)
    channels = tuple(RECIPES["default"]["model"]["channels"])
    model = build(SeparatorConfig(channels=channels)).eval()
    image = torch.randn(1, 1, 42, 28, requires_grad=True)
    (logits,) = model(image)
    logits[0, :, 21, 14].sum().backward()
    rows, columns = (image.grad[0, 0].abs().sum(dim=axis) > 0 for axis in (1, 0))
    assert rows[7:36].all()
    assert columns.all()


@pytest.mark.parametrize("field", ["rotate", "translate", "elastic", "flip", "crop"])
def test_recipe_that_moves_images_but_not_masks_is_an_error(field, tmp_path):
    with pytest.raises(InvalidValueError, match=rf"{field} is 0\.5.*segmentation do not move"):
        train(tmp_path, **{field: 0.5})


@pytest.mark.parametrize("field", ["randaugment", "cutmix"])
def test_operations_that_move_images_are_an_error(field, tmp_path):
    with pytest.raises(InvalidValueError, match=rf"{field} is 5\.0.*segmentation do not move"):
        train(tmp_path, **{field: 5.0})


def test_mixed_images_are_an_error_because_masks_cannot_be_mixed(tmp_path):
    with pytest.raises(InvalidValueError, match="mixup is 0.4, but the targets of task segment"):
        train(tmp_path, mixup=0.4)


def test_views_are_an_error_because_masks_would_be_averaged_beside_each_other(tmp_path):
    with pytest.raises(InvalidValueError, match="views is 5.*segmentation do not move"):
        train(tmp_path, views=5)


@pytest.mark.slow
def test_separator_learns_which_bar_a_pixel_belongs_to(tmp_path):
    small = {"channels": [8, 16], "depth": 1}
    run = train(tmp_path, epochs=12, model=small)
    assert run.card.metrics["test"]["mean_iou"][0] > 0.9
    images = data().splits["test"].inputs
    prediction = zoo.load(run.folder).predict(images).heads[0]
    assert prediction.masks.shape == (100, 14, 15)
