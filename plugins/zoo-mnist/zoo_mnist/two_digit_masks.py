"""Two-digit masks: the digits of two-digit MNIST, separated pixel by pixel."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, Split, TargetSpec
from zoo_mnist import mnist, two_digit
from zoo_mnist.photos.layout import HEIGHT, INK, OFFSET

CLASSES = ("paper", "top", "bottom", "both")
"""Names of the classes. Their numbers are sums: 1 for ink of the top digit, 2 for the bottom's."""

MASK = TargetSpec(task="segmentation", classes=CLASSES, shape=(HEIGHT, 28))
"""Spec of the masks."""


def load() -> ArrayDataset:
    """Return the images of two-digit MNIST and their masks, uint8 ``(N, 42, 28)``.

    Raises:
        zoo_core.errors.DataError: a file is missing or malformed.
        zoo_core.errors.VerificationError: a file of MNIST has another checksum.
    """
    digits = mnist.load()
    train, test = digits.splits["train"], digits.splits["test"]
    return ArrayDataset(
        splits={
            "train": compose(train, two_digit.train_pairs(len(train))),
            "test": compose(test, two_digit.test_pairs()),
        },
        targets=(MASK,),
        mean=two_digit.MEAN,
        std=two_digit.STD,
        compose=partial(compose_anew, train),
    )


def compose(digits: Split, pairs: NDArray[np.int64]) -> Split:
    """Return the images and masks for pairs of digits; arguments as in `two_digit.compose`."""
    images = two_digit.compose(digits, pairs).inputs
    # From the two digits and not from the image, in which the brighter one hides the other.
    # The level is so low that a digit keeps the soft edges of its strokes, 99 % of its ink, if
    # everything but its mask is made black; with half of the levels it would lose a tenth.
    ink = digits.inputs[:, 0] >= INK
    masks = np.zeros((len(pairs), HEIGHT, images.shape[-1]), np.uint8)
    masks[:, : ink.shape[1]] += ink[pairs[:, 0]]
    masks[:, OFFSET:] += 2 * ink[pairs[:, 1]].astype(np.uint8)
    return Split(images, (masks,))


def compose_anew(digits: Split, seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
    """Return new training images and masks, with the pairs of `two_digit.compose_anew`."""
    return compose(digits, two_digit.fresh_pairs(len(digits), seed, epoch, held_out))
