"""Two-digit MNIST: two digits in one image; the bottom one overlaps the top one's lower half."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, Split, class_targets
from zoo_core.plugin_api import DataError
from zoo_mnist import mnist
from zoo_mnist.photos.layout import HEIGHT, OFFSET

TEST_PAIRS = mnist.DATA / "two_digit_test_pairs.csv"
TRAIN_SIZE, TRAIN_SEED = 40_000, 0

MEAN, STD = (0.16561994,), (0.33988516,)
"""Mean and standard deviation of the training images' pixels, on a scale from 0 to 1."""


def load() -> ArrayDataset:
    """Return two-digit MNIST: images ``(N, 1, 42, 28)``, labels ``(N, 2)`` (top, bottom).

    Raises:
        zoo_core.errors.DataError: a file is missing or malformed.
        zoo_core.errors.VerificationError: a file of MNIST has another checksum.
    """
    digits = mnist.load()
    train, test = digits.splits["train"], digits.splits["test"]
    return ArrayDataset(
        splits={
            "train": compose(train, train_pairs(len(train))),
            "test": compose(test, test_pairs()),
        },
        targets=class_targets(mnist.DIGITS, mnist.DIGITS),
        mean=MEAN,
        std=STD,
        # `train` is MNIST's split, not the composed one: new pairs need the single digits.
        compose=partial(compose_anew, train),
    )


def compose(digits: Split, pairs: NDArray[np.int64]) -> Split:
    """Return the images and labels for pairs of digits.

    Args:
        digits: images ``(M, 1, 28, 28)``.
        pairs: rows of `digits`, (top, bottom), ``(N, 2)``.
    """
    top, bottom = digits.inputs[pairs[:, 0]], digits.inputs[pairs[:, 1]]
    count, channels, height, width = top.shape
    images = np.zeros((count, channels, HEIGHT, width), np.uint8)
    images[:, :, :height] = top
    # The brighter pixel, not the sum: a sum would exceed 255 and be brighter than any stroke.
    np.maximum(images[:, :, OFFSET:], bottom, out=images[:, :, OFFSET:])
    return Split(images, tuple(digits.targets[0][rows] for rows in pairs.T))


def compose_anew(digits: Split, seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
    """Return new training images, made of digits that no held-out image contains.

    Args:
        digits: MNIST's training split.
        seed: seed of the pairs, together with `epoch`.
        epoch: number of the epoch, from 1.
        held_out: rows of the training split of `load` that are used for validation.
    """
    return compose(digits, fresh_pairs(len(digits), seed, epoch, held_out))


def fresh_pairs(
    digits: int, seed: int, epoch: int, held_out: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the pairs of `compose_anew`, rows (top, bottom) of `digits` digits."""
    # Both digits of a held-out pair are excluded; otherwise the validation score would be of
    # digits that were trained on, in different pairs.
    unseen = np.setdiff1d(np.arange(digits), train_pairs(digits)[held_out])
    raw = np.random.PCG64((seed, epoch)).random_raw(2 * (TRAIN_SIZE - len(held_out)))
    return unseen[(raw % len(unseen)).astype(np.int64)].reshape(-1, 2)


def train_pairs(digits: int) -> NDArray[np.int64]:
    """Return the rows of the 40,000 training pairs, ``(40000, 2)``, each below `digits`."""
    # Raw output of the bit generator, because NumPy guarantees that it is the same in every
    # version; the methods of Generator may change. The modulo's bias is below 2**-48.
    raw = np.random.PCG64(TRAIN_SEED).random_raw(2 * TRAIN_SIZE)
    return (raw % digits).astype(np.int64).reshape(-1, 2)


def test_pairs() -> NDArray[np.int64]:
    """Return the rows of the test pairs, ``(4000, 2)``.

    Raises:
        zoo_core.errors.DataError: their file is missing or malformed.
    """
    try:
        # A file, not a seed: the test images stay the same even if `train_pairs` changes.
        return np.loadtxt(TEST_PAIRS, np.int64, delimiter=",", skiprows=1, ndmin=2)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise DataError(
            f"{TEST_PAIRS} cannot be read: {reason}", hint="Reinstall zoo-mnist."
        ) from exc
