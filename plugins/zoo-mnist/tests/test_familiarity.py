"""Familiarity of images: digits are familiar, and the stored statistics are those of MNIST."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file

from zoo_mnist import familiarity, mnist, two_digit
from zoo_mnist.photos.normalize import digit_image


@pytest.fixture(scope="module")
def digits():
    return mnist.load().splits


def test_statistics_are_those_of_the_training_images(digits):
    stored = load_file(familiarity.FOLDER / "mnist.safetensors")
    fitted = familiarity.fit_distances(digits["train"].inputs)
    assert stored["mean"] == pytest.approx(fitted["mean"], abs=1e-3)
    assert stored["quantiles"] == pytest.approx(fitted["quantiles"], rel=0.02)
    # Not the matrices themselves, because a direction may have either sign.
    pooled = familiarity.pool(digits["test"].inputs[:500])
    distances = (
        familiarity._squared_distances(pooled, each["mean"], each["whitening"])
        for each in (stored, fitted)
    )
    assert next(distances) == pytest.approx(next(distances), rel=0.02, abs=0.5)


@pytest.mark.parametrize("sign", "αβγλ+×#&KWXE")
def test_signs_are_less_familiar_than_digits(digits, sign):
    usual = np.quantile(familiarity.mnist(digits["test"].inputs[:1000]), 0.1)
    canvas = Image.new("L", (160, 160))
    ImageDraw.Draw(canvas).text((50, 30), sign, font=ImageFont.load_default(80), fill=255)
    written = np.asarray(canvas, np.float32) / 255
    rows, columns = (np.flatnonzero(written.any(axis=axis)) for axis in (1, 0))
    cut = written[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert familiarity.mnist(digit_image(cut)[np.newaxis])[0] < usual


def test_familiarity_is_a_probability(digits):
    images = np.concatenate([digits["test"].inputs[:200], 255 - digits["test"].inputs[:20]])
    shares = familiarity.mnist(images)
    assert ((shares >= 0) & (shares <= 1)).all()
    assert np.median(shares) > 0.95


def test_other_pictures_are_less_familiar_than_digits(digits):
    images = digits["test"].inputs[:1000]
    least = np.quantile(familiarity.mnist(images), 0.02)
    noise = np.random.default_rng(0).integers(0, 256, (10, 1, 28, 28), np.uint8)
    filled = np.full((1, 1, 28, 28), 255, np.uint8)
    inverted = 255 - images[:50]
    for strange in (noise, filled, inverted):
        assert (familiarity.mnist(strange) < least).all()


def test_pairs_are_familiar_in_their_own_order():
    pairs = two_digit.load().splits["test"].inputs[:500]
    usual = np.median(familiarity.two_digit_mnist(pairs))
    assert np.median(familiarity.two_digit_mnist(pairs[:, :, ::-1])) < usual


def test_familiarity_does_not_depend_on_other_images(digits):
    images = digits["test"].inputs[:20]
    together = familiarity.mnist(images)
    alone = [familiarity.mnist(image[np.newaxis])[0] for image in images]
    assert together == pytest.approx(alone, rel=1e-5)
