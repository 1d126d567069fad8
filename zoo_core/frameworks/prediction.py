"""Prediction in chunks, with test-time augmentation and several processes.

Test-time augmentation averages the logits over shifted views of an image, after Krizhevsky,
Sutskever & Hinton (2012), who averaged over ten crops.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.frameworks.distributed import Group, gather_in_order, shard

if TYPE_CHECKING:
    from zoo_core.data.normalization import Normalization
    from zoo_core.frameworks.trainer import Trainer

# The shifts of each set sum to 0, so that the average prefers no direction.
VIEWS: dict[int, Sequence[tuple[int, int]]] = {
    1: [(0, 0)],
    5: [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)],
    9: [(down, right) for down in (0, 1, -1) for right in (0, 1, -1)],
}
"""Number of views -> shift of each view, in pixels down and to the right."""

CHUNK_BYTES = 1 << 26
"""Approximate bytes of images per chunk: more than a usual test split has."""

CHUNK_MULTIPLE = 1000
"""Number of images that divides the size of every chunk but the last."""
# Because trainers predict in batches: where their batch size divides a chunk's, the batches, and
# with them the order of every float32 sum, are the same with chunks and without.


def predict_views(
    trainer: Trainer,
    model: Any,
    images: NDArray[np.uint8],
    normalization: Normalization,
    views: int,
    *,
    rows: NDArray[np.int64] | None = None,
    ahead: Callable[[NDArray[np.int64]], None] | None = None,
) -> list[NDArray[np.float32]]:
    """Return logits ``(N, classes)``, one array per head, averaged over the views of each image.

    Images are copied chunk by chunk, because they may be memory-mapped from a file.

    Args:
        trainer: adapter of the model's framework.
        model: the framework's own object.
        images: uint8 ``(N, C, H, W)``.
        normalization: normalization of the pixels.
        views: number of views, a key of `VIEWS`.
        rows: rows of `images` to predict; None for all.
        ahead: callback that prefetches rows (`Split.ahead`).
    """
    count = len(images) if rows is None else len(rows)
    step = max(
        CHUNK_BYTES // math.prod(images.shape[1:]) // CHUNK_MULTIPLE * CHUNK_MULTIPLE,
        CHUNK_MULTIPLE,
    )
    chunks = []
    for start in range(0, max(count, 1), step):  # at least once: no images have logits (0, classes)
        if ahead and rows is not None:
            # The chunk after this one; at the start also this one, which nobody has prefetched.
            ahead(rows[start + step : start + 2 * step] if start else rows[: 2 * step])
        part = slice(start, start + step)
        chunk = images[part] if rows is None else images[rows[part]]
        chunks.append(_predict_chunk(trainer, model, chunk, normalization, views))
    if len(chunks) == 1:
        return chunks[0]  # which saves a copy
    return [np.concatenate(heads) for heads in zip(*chunks, strict=True)]


def _predict_chunk(
    trainer: Trainer,
    model: Any,
    images: NDArray[np.uint8],
    normalization: Normalization,
    views: int,
) -> list[NDArray[np.float32]]:
    if views == 1:
        return trainer.predict(model, images, normalization)
    margin, windows = shift_slices(views, *images.shape[2:])
    padded = np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)))  # with black
    # Contiguous, as all other images are, so that adapters need not handle strides.
    logits = [
        trainer.predict(model, np.ascontiguousarray(padded[:, :, *window]), normalization)
        for window in windows
    ]
    return [np.mean(heads, axis=0, dtype=np.float32) for heads in zip(*logits, strict=True)]


def shift_slices(views: int, height: int, width: int) -> tuple[int, list[tuple[slice, slice]]]:
    """Return the views of an image as windows of the image padded with black.

    Slices of a padded array are all that NumPy, ONNX and an exported program of torch need, so
    that the three shift images alike.

    Returns:
        The margin in pixels, the same on every side, and the rows and columns of each view.
    """
    margin = max(abs(pixels) for shift in VIEWS[views] for pixels in shift)
    # An image that moves down is seen through a window that moves up: hence the minus.
    windows = [
        (
            slice(margin - down, margin - down + height),
            slice(margin - right, margin - right + width),
        )
        for down, right in VIEWS[views]
    ]
    return margin, windows


def predict_distributed(
    trainer: Trainer,
    model: Any,
    images: NDArray[np.uint8],
    normalization: Normalization,
    group: Group,
    *,
    views: int = 1,
    rows: NDArray[np.int64] | None = None,
    ahead: Callable[[NDArray[np.int64]], None] | None = None,
) -> list[NDArray[np.float32]]:
    """Return the logits of all images on every process; each process predicts its shard.

    Arguments and result are those of `predict_views`.
    """
    count = len(images) if rows is None else len(rows)
    mine = shard(count, group)
    if rows is None:
        images = images[mine]
    else:
        rows = rows[mine]
    logits = predict_views(trainer, model, images, normalization, views, rows=rows, ahead=ahead)
    return gather_in_order(logits, [count], group)
