"""Two-digit MNIST: two digits in one image, the bottom one over the lower half of the top one."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, Split
from zoo_core.plugin_api import DataError
from zoo_mnist import mnist

HEIGHT, OFFSET = 42, 14
"""Rows of an image, and the row at which the bottom digit begins."""

TEST_PAIRS = mnist.DATA / "two_digit_test_pairs.csv"
TRAIN_SIZE, TRAIN_SEED = 40_000, 0


def load() -> ArrayDataset:
    """Return two-digit MNIST: images ``(N, 1, 42, 28)``, labels ``(N, 2)`` (top, bottom).

    Raises:
        zoo_core.errors.DataError: a file is missing or malformed.
        zoo_core.errors.VerificationError: a file of MNIST has another content.
    """
    digits = mnist.load()
    train, test = digits.splits["train"], digits.splits["test"]
    return ArrayDataset(
        splits={"train": compose(train, train_pairs(len(train))), "test": compose(test, _test())},
        classes=(mnist.DIGITS, mnist.DIGITS),
        mean=(0.16561994,),
        std=(0.33988516,),
        compose=partial(compose_anew, train),
    )


def compose(digits: Split, pairs: NDArray[np.int64]) -> Split:
    """Return the images and labels of ``(N, 2)`` pairs of rows of `digits`, (top, bottom)."""
    top, bottom = digits.images[pairs[:, 0]], digits.images[pairs[:, 1]]
    count, channels, height, width = top.shape
    images = np.zeros((count, channels, HEIGHT, width), np.uint8)
    images[:, :, :height] = top
    np.maximum(images[:, :, OFFSET:], bottom, out=images[:, :, OFFSET:])
    return Split(images, digits.labels[:, 0][pairs])


def compose_anew(digits: Split, seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
    """Return new training images, of digits that are in none of the held-out ones.

    Args:
        digits: MNIST's training split.
        seed: of the pairs, with `epoch`.
        epoch: from 1.
        held_out: rows of the training split of `load`.
    """
    unseen = np.setdiff1d(np.arange(len(digits)), train_pairs(len(digits))[held_out])
    raw = np.random.PCG64((seed, epoch)).random_raw(2 * (TRAIN_SIZE - len(held_out)))
    return compose(digits, unseen[(raw % len(unseen)).astype(np.int64)].reshape(-1, 2))


def train_pairs(digits: int) -> NDArray[np.int64]:
    """Return the 40,000 pairs of rows, below `digits`, that the training images are made of.

    They come from a bit generator's raw numbers, which NumPy keeps the same in every version.
    """
    raw = np.random.PCG64(TRAIN_SEED).random_raw(2 * TRAIN_SIZE)
    return (raw % digits).astype(np.int64).reshape(-1, 2)


def _test() -> NDArray[np.int64]:
    try:
        return np.loadtxt(TEST_PAIRS, np.int64, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError) as exc:
        raise DataError(f"{TEST_PAIRS} cannot be read: {exc}") from exc
