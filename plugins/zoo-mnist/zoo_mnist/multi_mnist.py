"""MultiMNIST (Sabour, Frosst & Hinton 2017): two shifted digits of different classes, added."""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, Split, TargetSpec
from zoo_mnist import mnist

SIZE, SHIFT = 36, 4
"""Rows and columns of an image, and maximum shift of a digit from its middle, in pixels."""

SEEDS = {"train": 0, "test": 1}
"""Seed of the pairs of each split."""

VALIDATION = 10
"""One of this many training images, the last ones, consists of digits that no other one has."""

TARGET = TargetSpec(task="multi-label", classes=mnist.DIGITS, choose=2)
"""Spec of the labels: the two digits of an image, in no order."""


class Pairs(NamedTuple):
    """Pairs of digits.

    Attributes:
        digits: int64 ``(N, 2)``, rows of single digits.
        corners: int64 ``(N, 2, 2)``, first row and column of each digit in the image.
    """

    digits: NDArray[np.int64]
    corners: NDArray[np.int64]


def load() -> ArrayDataset:
    """Return MultiMNIST: images ``(N, 1, 36, 36)``, labels ``(N, 10)``, 60,000 and 10,000.

    The first digit of image i is digit i of MNIST.

    Raises:
        zoo_core.errors.DataError: a file of MNIST is missing or malformed.
        zoo_core.errors.VerificationError: a file of MNIST has another checksum.
    """
    digits = mnist.load()
    train, test = digits.splits["train"], digits.splits["test"]
    return ArrayDataset(
        splits={
            "train": compose(train, train_pairs(train.targets[0])),
            "test": compose(test, test_pairs(test.targets[0])),
        },
        targets=(TARGET,),
        mean=(0.13938029,),
        std=(0.32251654,),
        compose=partial(compose_anew, train),
    )


def compose(digits: Split, pairs: Pairs) -> Split:
    """Return the images and labels of pairs.

    Args:
        digits: images ``(M, 1, 28, 28)`` and labels.
        pairs: pairs of them.
    """
    first, second = (_place(digits.inputs, pairs, which) for which in (0, 1))
    # The sum, at most 255: what is left above the first digit limits the second one, which saves
    # a copy in integers of 16 bits.
    images = first + np.minimum(second, 255 - first)
    labels = np.zeros((len(images), len(mnist.DIGITS)), np.uint8)
    np.put_along_axis(labels, digits.targets[0][pairs.digits], 1, axis=1)
    return Split(images, (labels,))


def _place(images: NDArray[np.uint8], pairs: Pairs, which: int) -> NDArray[np.uint8]:
    """Return the first or second digit of each pair in its place, ``(N, 1, 36, 36)``."""
    rows, corners = pairs.digits[:, which], pairs.corners[:, which]
    high, wide = images.shape[2:]
    placed = np.zeros((len(rows), 1, SIZE, SIZE), np.uint8)
    # All images of a place at once, because there are only 81 places.
    for down, right in np.unique(corners, axis=0).tolist():
        (same,) = np.nonzero((corners == (down, right)).all(axis=1))
        placed[same, :, down : down + high, right : right + wide] = images[rows[same]]
    return placed


def compose_anew(digits: Split, seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
    """Return new training images, made of digits that no held-out image contains.

    Args:
        digits: MNIST's training split.
        seed: seed of the pairs, together with `epoch`.
        epoch: number of the epoch, from 1.
        held_out: rows of the training split of `load` that are used for validation. Of the last
            tenth, a recipe's ``held_out: last``, every other digit is used.
    """
    labels = digits.targets[0]
    count = len(digits) - len(held_out)
    taken = train_pairs(labels).digits[held_out]
    unseen = np.setdiff1d(np.arange(len(digits)), taken)
    raw = _raw((seed, epoch), count, 6)
    first = unseen[raw[:, 5] % len(unseen)]
    return compose(digits, _pairs(labels, first, unseen, raw))


def train_pairs(labels: NDArray[np.int64]) -> Pairs:
    """Return the training pairs: one per digit, of which it is the first.

    Args:
        labels: labels of MNIST's training digits.
    """
    count = len(labels)
    raw = _raw(SEEDS["train"], count, 5)
    cut = count - count // VALIDATION
    # Two groups, because fresh pairs exclude every digit of a validation image: if those were drawn
    # from all digits, a tenth of the images would exclude a fifth of the digits.
    parts = [
        _pairs(labels, group, group, raw[group])
        for group in (np.arange(cut), np.arange(cut, count))
    ]
    return Pairs(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def test_pairs(labels: NDArray[np.int64]) -> Pairs:
    """Return the test pairs: one per digit, of which it is the first.

    Args:
        labels: labels of MNIST's test digits.
    """
    every = np.arange(len(labels))
    return _pairs(labels, every, every, _raw(SEEDS["test"], len(labels), 5))


def _raw(seed: int | tuple[int, int], count: int, numbers: int) -> NDArray[np.int64]:
    """Return random integers from 0 to 2**63 - 1 for each pair, ``(count, numbers)``."""
    # Raw output of the bit generator, because NumPy guarantees that it is the same in every
    # version; the methods of Generator may change. The modulo's bias is below 2**-46.
    raw = np.random.PCG64(seed).random_raw(count * numbers)
    return (raw >> np.uint64(1)).astype(np.int64).reshape(count, numbers)


def _pairs(
    labels: NDArray[np.int64],
    first: NDArray[np.int64],
    others: NDArray[np.int64],
    raw: NDArray[np.int64],
) -> Pairs:
    """Return pairs with a second digit of another class, and with shifts.

    Args:
        labels: label of each digit.
        first: rows of the first digits.
        others: rows of the digits that the second ones are drawn from.
        raw: random integers per pair; the first five are used.
    """
    by_class = others[np.argsort(labels[others], kind="stable")]
    counts = np.bincount(labels[others], minlength=len(mnist.DIGITS))
    own, ends = counts[labels[first]], counts.cumsum()[labels[first]]
    # Counted from the end of the first digit's class, around to its beginning: every digit of
    # another class is drawn with the same probability.
    second = by_class[(ends + raw[:, 0] % (len(others) - own)) % len(others)]
    corners = raw[:, 1:5].reshape(-1, 2, 2) % (2 * SHIFT + 1)
    return Pairs(np.stack([first, second], axis=1), corners)
