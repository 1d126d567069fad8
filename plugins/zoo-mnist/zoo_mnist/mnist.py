"""MNIST, from the four files in this package."""

from pathlib import Path

import numpy as np

from zoo_core import ArrayDataset, Split, class_targets
from zoo_mnist.idx import read_idx

DATA = Path(__file__).parent / "data"

DIGITS = tuple("0123456789")

CHECKSUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""sha256 of each file's uncompressed content."""
# Not of the .gz files, because recompressing them would change those checksums, not the digits.


def load(folder: Path = DATA) -> ArrayDataset:
    """Return MNIST: images ``(N, 1, 28, 28)``, labels ``(N, 1)``, 60,000 and 10,000.

    Raises:
        zoo_core.errors.DataError: a file is missing or malformed.
        zoo_core.errors.VerificationError: the checksum of a file differs from MNIST's.
    """
    return ArrayDataset(
        splits={"train": _split(folder, "train"), "test": _split(folder, "t10k")},
        targets=class_targets(DIGITS),
        # Of the training pixels, on a scale from 0 to 1. They are constants so that loading does
        # not compute them; a test does.
        mean=(0.13066048,),
        std=(0.30810781,),
    )


def _split(folder: Path, prefix: str) -> Split:
    images, labels = (
        read_idx(folder / f"{name}.gz", sha256=CHECKSUMS[name])
        for name in (f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte")
    )
    # (N, 28, 28) -> (N, 1, 28, 28) and (N,) -> (N, 1): one channel and one head.
    return Split(images[:, np.newaxis], (labels.astype(np.int64),))
