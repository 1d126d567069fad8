"""Prediction in chunks, with test-time augmentation and several processes.

After Krizhevsky, Sutskever & Hinton (2012), who averaged over ten crops of each image.
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

VIEWS: dict[int, Sequence[tuple[int, int]]] = {
    1: [(0, 0)],
    5: [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)],
    9: [(down, right) for down in (0, 1, -1) for right in (0, 1, -1)],
}
"""Number of views -> how far each is moved, in pixels down and to the right."""

CHUNK_BYTES = 1 << 26
"""Bytes of images that are predicted at once, about: all of a usual test split."""

CHUNK_MULTIPLE = 1000
"""Of how many images a piece is, so that a trainer that predicts so many at once gives the same
numbers with pieces and without."""


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
    """Return logits ``(N, classes)``, one array a head, averaged over the views of each image.

    Images are read piece by piece where they are many, since they may lie in a file.

    Args:
        trainer: the adapter of the model's framework.
        model: predicts.
        images: uint8 ``(N, C, H, W)``.
        normalization: what is done to pixels before the model sees them.
        views: how many, of those there are in `VIEWS`.
        rows: the images to predict; None for all.
        ahead: is told which rows are wanted soon (`Split.ahead`).
    """
    count = len(images) if rows is None else len(rows)
    step = max(
        CHUNK_BYTES // math.prod(images.shape[1:]) // CHUNK_MULTIPLE * CHUNK_MULTIPLE,
        CHUNK_MULTIPLE,
    )
    pieces = []
    for start in range(0, max(count, 1), step):
        if ahead and rows is not None:
            ahead(rows[start + step : start + 2 * step] if start else rows[: 2 * step])
        part = slice(start, start + step)
        piece = images[part] if rows is None else images[rows[part]]
        pieces.append(_predict_chunk(trainer, model, piece, normalization, views))
    if len(pieces) == 1:
        return pieces[0]
    return [np.concatenate(heads) for heads in zip(*pieces, strict=True)]


def _predict_chunk(
    trainer: Trainer,
    model: Any,
    images: NDArray[np.uint8],
    normalization: Normalization,
    views: int,
) -> list[NDArray[np.float32]]:
    seen = [
        trainer.predict(model, shift(images, down, right), normalization)
        for down, right in VIEWS[views]
    ]
    if len(seen) == 1:
        return seen[0]
    return [np.mean(heads, axis=0, dtype=np.float32) for heads in zip(*seen, strict=True)]


def shift(images: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    """Return images ``(N, C, H, W)`` moved by whole pixels, black where nothing came."""
    if not down and not right:
        return images
    height, width = images.shape[2:]
    result = np.zeros_like(images)
    result[:, :, *_filled_region(down, right, height, width)] = images[
        :, :, *_filled_region(-down, -right, height, width)
    ]
    return result


def _filled_region(down: int, right: int, height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns that a movement fills."""
    rows = slice(min(max(down, 0), height), max(height + min(down, 0), 0))
    columns = slice(min(max(right, 0), width), max(width + min(right, 0), 0))
    return rows, columns


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
    """Return the logits of the images, on every process; each predicts its share of them.

    Args and result are those of `predict_views`.
    """
    count = len(images) if rows is None else len(rows)
    mine = shard(count, group)
    if rows is None:
        images = images[mine]
    else:
        rows = rows[mine]
    logits = predict_views(trainer, model, images, normalization, views, rows=rows, ahead=ahead)
    return gather_in_order(logits, [count], group)
