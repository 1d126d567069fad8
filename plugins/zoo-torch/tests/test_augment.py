"""Augmentation on the device: each change compared with torchvision's, and mixed pairs."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional as reference

from zoo_core.data.augmentation.color_changes import Change
from zoo_core.data.augmentation.mixing import Mixing
from zoo_core.data.augmentation.operations import (
    MOVES,
    NAMES,
    OPERATIONS,
    Operations,
    move_matrices,
)
from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.recipes.recipe import Recipe
from zoo_torch.augment.colors import FUNCTIONS, change_colors
from zoo_torch.augment.mixing import erase, mix, mixed_loss
from zoo_torch.normalize import warp

SIZES = [(1, 1), (2, 5), (7, 300), (24, 32)]


def photos(count=6, size=(24, 32), channels=3):
    """Return uint8 images with noise, smooth areas, and one of a single level."""
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, *size)
    noise = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    down, right = (torch.linspace(20, 200, length) for length in size)
    smooth = (down[:, None] * 0.6 + right * 0.5).to(torch.uint8)
    noise[1::2] = noise[1::2] // 8 + smooth // 2
    noise[-1] = 100
    return noise


def changed(images, name, amounts):
    floats = images.float()
    places = np.arange(len(images))
    return change_colors(floats, [Change(name, places, np.float32(amounts))])


REFERENCES = {
    "brightness": reference.adjust_brightness,
    "contrast": reference.adjust_contrast,
    "saturation": reference.adjust_saturation,
    "hue": reference.adjust_hue,
    "sharpness": reference.adjust_sharpness,
    "posterize": lambda image, bits: reference.posterize(image, 8 - round(bits)),
    "solarize": reference.solarize,
    "autocontrast": lambda image, _: reference.autocontrast(image),
    "equalize": lambda image, _: reference.equalize(image),
}
AMOUNTS = {
    "hue": (-0.5, -0.2, -0.05, 0.0, 0.1, 0.5),
    "posterize": (0.0, 1.2, 2.0, 3.6, 6.0, 4.0),
    "solarize": (255.0, 200.0, 128.0, 100.0, 1.0, 0.0),
}


def test_every_change_of_the_core_has_a_function():
    assert FUNCTIONS.keys() == REFERENCES.keys()
    assert FUNCTIONS.keys() >= {*NAMES} - {"identity", *MOVES}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", REFERENCES)
def test_change_is_that_of_torchvision(name, size, channels):
    if name == "hue" and channels == 1:
        pytest.skip("images of one channel have no hue; the field is refused for them")
    images = photos(size=size, channels=channels)
    amounts = AMOUNTS.get(name, (0.0, 0.1, 0.5, 1.0, 1.4, 2.0))
    actual = changed(images, name, amounts)
    # One by one, because torchvision's functions accept one amount for all images.
    pairs = zip(images, amounts, strict=True)
    expected = torch.stack([REFERENCES[name](image, amount) for image, amount in pairs])
    assert actual.min() >= 0
    assert actual.max() <= 255
    # Elsewhere torchvision rounds levels, also those that it computes with.
    exact = name in ("posterize", "solarize", "equalize")
    assert (actual - expected).abs().max() <= (0 if exact else 2)


@pytest.mark.parametrize("name", REFERENCES)
def test_change_of_some_images_leaves_the_others(name):
    images = photos()
    amounts = AMOUNTS.get(name, (0.0, 0.1, 0.5, 1.0, 1.4, 2.0))
    whole = changed(images, name, amounts)
    places = np.array([1, 4])
    change = Change(name, places, np.float32(amounts)[places])
    some = change_colors(images.float().to(memory_format=torch.channels_last), [change])
    expected = images.float()
    expected[places] = whole[places]
    torch.testing.assert_close(some, expected, rtol=0, atol=1e-4)


def test_saturation_leaves_gray_images():
    images = photos(channels=1)
    torch.testing.assert_close(changed(images, "saturation", (0.0,) * 6), images.float())


def test_changes_of_images_with_other_channels_are_finite():
    images = photos(channels=4)
    for name in FUNCTIONS.keys() - {"hue"}:
        assert changed(images, name, (0.5,) * 6).isfinite().all()


@pytest.mark.parametrize("threads", [1, 2])
def test_changes_do_not_depend_on_threads(threads):
    images = photos(size=(200, 210))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = {name: changed(images, name, (0.3,) * 6) for name in FUNCTIONS}
        torch.set_num_threads(threads)
        for name, expected in alone.items():
            assert torch.equal(changed(images, name, (0.3,) * 6), expected)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", MOVES)
def test_move_is_that_of_torchvision(name):
    """Compared with bilinear interpolation, which torchvision has as an option."""
    images = photos(size=(25, 25))
    amounts = {"rotate": 20.0}.get(name, 0.2)
    kinds = np.full((1, len(images)), NAMES.index(name))
    operations = Operations(kinds, np.full((1, len(images)), amounts, np.float32))
    (matrices,) = move_matrices(operations, images.shape[1:])
    y, x = np.mgrid[:25, :25].reshape(2, -1).astype(np.float32) - 12
    positions = (matrices @ np.stack([x, y, np.ones_like(x)])).reshape(-1, 2, 25, 25)
    actual = warp(images.float(), torch.from_numpy(positions))
    degrees = float(np.degrees(np.arctan(0.2)))
    arguments = {
        "shear-x": {"shear": [degrees, 0.0]},
        "shear-y": {"shear": [0.0, degrees]},
        "translate-x": {"translate": [5, 0]},
        "translate-y": {"translate": [0, 5]},
        "rotate": {"angle": -20.0},
    }[name]
    plain = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    expected = reference.affine(
        images.float(), **{**plain, **arguments}, interpolation=InterpolationMode.BILINEAR
    )
    torch.testing.assert_close(actual, expected, rtol=0, atol=0.5)


def test_operations_are_those_of_torchvision():
    """The names and largest changes, from torchvision's own tables."""
    names = {
        "identity": "Identity",
        "shear-x": "ShearX",
        "shear-y": "ShearY",
        "translate-x": "TranslateX",
        "translate-y": "TranslateY",
        "rotate": "Rotate",
        "brightness": "Brightness",
        "saturation": "Color",
        "contrast": "Contrast",
        "sharpness": "Sharpness",
        "posterize": "Posterize",
        "solarize": "Solarize",
        "autocontrast": "AutoContrast",
        "equalize": "Equalize",
    }
    height, width = 100, 200
    for table, field in (
        (v2.RandAugment()._AUGMENTATION_SPACE, "rand"),
        (v2.TrivialAugmentWide()._AUGMENTATION_SPACE, "trivial"),
    ):
        assert {*names.values()} == {*table}
        for operation in OPERATIONS:
            magnitudes, signed = table[names[operation.name]]
            values = magnitudes(31, height, width)
            assert operation.signed == signed
            if values is None or (operation.name.startswith("translate") and field == "trivial"):
                continue
            largest = float(values[-1])
            if operation.name == "posterize":
                largest = 8 - largest
            own = operation.start + getattr(operation, field)
            own -= 1 if operation.start == 1 else 0
            own *= {"translate-x": width, "translate-y": height}.get(operation.name, 1)
            assert own == pytest.approx(largest if operation.name != "solarize" else 0.0)


def test_erase_fills_rectangles_with_the_mean():
    images = torch.ones(3, 2, 5, 8).to(memory_format=torch.channels_last)
    boxes = np.array([[1, 2, 4, 5], [0, 0, 0, 0], [0, 0, 8, 5]])
    erased = erase(images, boxes)
    expected = torch.ones(3, 2, 5, 8)
    expected[0, :, 2:5, 1:4] = 0
    expected[2] = 0
    assert torch.equal(erased, expected)
    assert torch.equal(erase(erased.clone(), np.zeros((3, 4), np.int64)), expected)


def test_mixup_is_the_weighted_mean_of_pairs():
    inputs = torch.rand(4, 3)
    mixed = mix(inputs.clone(), Mixing(np.array([3, 2]), 0.3))
    torch.testing.assert_close(mixed, 0.3 * inputs[:2] + 0.7 * inputs[[3, 2]])


def test_cutmix_takes_a_rectangle_of_the_partner():
    images = torch.rand(3, 2, 5, 8).to(memory_format=torch.channels_last)
    mixed = mix(images.clone(), Mixing(np.array([1, 2, 0]), 0.7, (2, 1, 6, 4)))
    expected = images.clone()
    expected[:, :, 1:4, 2:6] = images[[1, 2, 0], :, 1:4, 2:6]
    assert torch.equal(mixed, expected)
    assert mixed.is_contiguous(memory_format=torch.channels_last)


def test_mixed_loss_of_classes_is_that_of_mixed_probabilities():
    outputs, classes = torch.randn(2, 4), torch.tensor([0, 3, 1])
    mixing = Mixing(np.array([2, 1]), 0.25)

    def loss(outputs, targets):
        return functional.cross_entropy(outputs[0], targets[0])

    one_hot = functional.one_hot(classes, 4).float()
    wanted = 0.25 * one_hot[:2] + 0.75 * one_hot[[2, 1]]
    expected = functional.cross_entropy(outputs, wanted)
    torch.testing.assert_close(mixed_loss(loss, [outputs], [classes], mixing), expected)


@pytest.mark.parametrize("size", SIZES)
def test_images_of_any_size_are_augmented(size):
    recipe = Recipe(dataset="d", trainer="t", crop=0.3, trivialaugment=True)
    positions = torch.from_numpy(draw_warps(recipe, (3, *size), 6, 0))
    images = warp(photos(size=size).float(), positions)
    assert images.isfinite().all()
    cropped = Recipe(dataset="d", trainer="t", crop=0.3)
    positions = torch.from_numpy(draw_warps(cropped, (3, *size), 6, 0))
    # A crop of a light image has no dark border.
    light = warp(torch.full((6, 3, *size), 200.0), positions)
    torch.testing.assert_close(light, torch.full((6, 3, *size), 200.0), rtol=0, atol=1e-2)
