"""Familiarity of images: digits are familiar, and the stored statistics are those of MNIST."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from zoo_mnist import familiarity, mnist, two_digit


@pytest.fixture(scope="module")
def digits():
    return mnist.load().splits


def test_statistics_are_those_of_the_training_images(digits):
    stored = load_file(familiarity.FOLDER / "mnist.safetensors")
    fitted = familiarity.fit(digits["train"].inputs)
    assert stored["mean"] == pytest.approx(fitted["mean"], abs=1e-3)
    # Not the matrices themselves, because a direction may have either sign.
    images = digits["test"].inputs[:500]
    stored_ones = familiarity.mnist(images)
    pooled = familiarity._pool(images) - fitted["mean"].astype(np.float32)
    expected = -np.square(pooled @ fitted["whitening"].astype(np.float32)).sum(axis=1)
    assert stored_ones == pytest.approx(expected, rel=0.02, abs=0.5)


def test_other_pictures_are_less_familiar_than_digits(digits):
    images = digits["test"].inputs[:1000]
    least = np.quantile(familiarity.mnist(images), 0.01)
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
