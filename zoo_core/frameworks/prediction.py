"""Prediction in chunks, with test-time augmentation and several processes.

Test-time augmentation averages the outputs over shifted views of an image, after Krizhevsky,
Sutskever & Hinton (2012), who averaged over ten crops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zoo_core.frameworks.distributed import Group, gather_measured, shard
from zoo_core.metrics.task import Measured, Task

if TYPE_CHECKING:
    from zoo_core.data.dataset import Split
    from zoo_core.data.normalization import Normalization
    from zoo_core.frameworks.trainer import Trainer

# The shifts of each set sum to 0, so that the average prefers no direction.
_SHIFTS: dict[int, Sequence[tuple[int, int]]] = {
    1: [(0, 0)],
    5: [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)],
    9: [(down, right) for down in (0, 1, -1) for right in (0, 1, -1)],
}

VIEWS: dict[int, Sequence[tuple[int, int, bool]]] = {
    count * (1 + mirrored): [
        (*shift, mirror) for mirror in (False, True)[: 1 + mirrored] for shift in shifts
    ]
    for mirrored in (False, True)
    for count, shifts in _SHIFTS.items()
}
"""Number of views -> shift of each view, in pixels down and to the right, and whether it is
mirrored; an even number is for the views of half the number, and each of them mirrored."""

CHUNK_BYTES = 1 << 26
"""Approximate maximum bytes of inputs per chunk."""

OUTPUT_BYTES = 1 << 24
"""Approximate maximum bytes of outputs per chunk, of which measures need several copies."""

CHUNK_MULTIPLE = 1000
"""Number of examples that divides the size of every chunk but the last."""
# Because trainers predict in batches: where their batch size divides a chunk's, the batches, and
# with them the order of every float32 sum, are the same with chunks and without.


class Predictor(Protocol):
    """The computation of a model's outputs, by a framework or by another runtime."""

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the outputs ``(N, …)`` per head for inputs ``(N, *shape)``.

        They are averaged over the views of each image, in the units of the targets.
        """


@dataclass(frozen=True)
class TrainerPredictor:
    """The predictor of a model in its framework.

    Attributes:
        trainer: adapter of the framework.
        model: the framework's own object.
        normalization: normalization of inputs and targets.
        views: number of views of an image, a key of `VIEWS`.
    """

    trainer: Trainer
    model: Any
    normalization: Normalization
    views: int = 1

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        filled = self.normalization.fill_missing(inputs)
        return self.normalization.restore_outputs(self._mean_of_views(filled))

    def _mean_of_views(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        if self.views == 1:
            return self._predict(inputs)
        margin, windows = shift_slices(self.views, *inputs.shape[2:])
        # Padded with black.
        padded = np.pad(inputs, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
        # Contiguous, as all other inputs are, so that adapters need not handle strides.
        outputs = [self._predict(np.ascontiguousarray(padded[:, :, *window])) for window in windows]
        return [
            np.asarray(np.mean(heads, axis=0, dtype=np.float32))
            for heads in zip(*outputs, strict=True)
        ]

    def _predict(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        return self.trainer.predict(self.model, inputs, self.normalization)


def iter_outputs(
    predictor: Predictor,
    inputs: NDArray[Any],
    *,
    rows: NDArray[np.int64] | None = None,
    ahead: Callable[[NDArray[np.int64]], None] | None = None,
    size: int | None = None,
) -> Iterator[tuple[slice, list[NDArray[Any]]]]:
    """Yield the outputs of consecutive chunks of examples, so that memory stays bounded.

    Inputs are copied chunk by chunk, because they may be memory-mapped from a file.

    Args:
        predictor: predictor of the model.
        inputs: ``(N, *shape)``.
        rows: rows of `inputs` to predict; None for all.
        ahead: callback that prefetches rows (`Split.ahead`).
        size: number of examples per chunk, a multiple of `CHUNK_MULTIPLE`; None for one by the size
            of inputs and outputs.

    Yields:
        The place of a chunk among the predicted examples, and its outputs ``(n, …)`` per head.
    """
    count, start = len(inputs) if rows is None else len(rows), 0
    step = size or CHUNK_MULTIPLE  # the first chunk shows how large the outputs are
    while start < max(count, 1):  # at least once: no examples have outputs (0, …)
        if ahead and rows is not None:
            # The chunk after this one; at the start also this one, which nobody has prefetched.
            ahead(rows[start + step : start + 2 * step] if start else rows[: 2 * step])
        part = slice(start, min(start + step, count))
        chunk = inputs[part] if rows is None else inputs[rows[part]]
        outputs = predictor.outputs(chunk)
        yield part, outputs
        if not start and size is None:
            step = _chunk_size(chunk, outputs)
        start = part.stop or 1


def _chunk_size(inputs: NDArray[Any], outputs: Sequence[NDArray[Any]]) -> int:
    """Return the number of examples per chunk, by the size of the first ones."""
    out = sum(head.nbytes for head in outputs)
    times = min(CHUNK_BYTES / max(inputs.nbytes, 1), OUTPUT_BYTES / max(out, 1))
    return max(int(times * len(inputs)) // CHUNK_MULTIPLE, 1) * CHUNK_MULTIPLE


def all_outputs(
    predictor: Predictor,
    inputs: NDArray[Any],
    *,
    rows: NDArray[np.int64] | None = None,
    ahead: Callable[[NDArray[np.int64]], None] | None = None,
) -> list[NDArray[Any]]:
    """Return the outputs of all examples, ``(N, …)`` per head; arguments as in `iter_outputs`."""
    parts = iter_outputs(predictor, inputs, rows=rows, ahead=ahead)
    chunks = [outputs for _, outputs in parts]
    if len(chunks) == 1:
        return chunks[0]  # which saves a copy
    return [np.concatenate(heads) for heads in zip(*chunks, strict=True)]


def shift_slices(views: int, height: int, width: int) -> tuple[int, list[tuple[slice, slice]]]:
    """Return the views of an image as windows of the image padded with black.

    Slices of a padded array are all that NumPy, ONNX and an exported program of torch need, so
    that the three shift images alike.

    Returns:
        The margin in pixels, the same on every side, and the rows and columns of each view; those
        of a mirrored one have the step -1.
    """
    margin = max(abs(pixels) for down, right, _ in VIEWS[views] for pixels in (down, right))
    # An image that moves down is seen through a window that moves up: hence the minus.
    windows = [
        (
            slice(margin - down, margin - down + height),
            _columns(margin - right, width, mirrored=mirrored),
        )
        for down, right, mirrored in VIEWS[views]
    ]
    return margin, windows


def _columns(start: int, width: int, *, mirrored: bool) -> slice:
    if not mirrored:
        return slice(start, start + width)
    # None, because an end of -1 would mean the last column.
    return slice(start + width - 1, start - 1 if start else None, -1)


def measure_split(
    predictor: Predictor,
    split: Split,
    tasks: Sequence[Task],
    *,
    group: Group,
    rows: NDArray[np.int64] | None = None,
    on_chunk: Callable[[list[NDArray[Any]]], None] = lambda outputs: None,
) -> list[Measured]:
    """Return the measures of a split's examples on every process; each predicts its shard.

    Args:
        predictor: predictor of the model.
        split: inputs and targets.
        tasks: task of each head.
        group: the processes.
        rows: rows of the split; None for all.
        on_chunk: called with the outputs of each chunk of this process's shard, in order.

    Raises:
        NotFiniteError: an output is infinite or NaN.
    """
    from zoo_core.metrics.scores import concatenate, measure  # predicting alone needs no scores

    every = np.arange(len(split)) if rows is None else rows
    mine = every[shard(len(every), group)]
    parts, finite = [], True
    # Without `rows`, the inputs of one process are all of them, which need no copy.
    selected = None if rows is None and group.size == 1 else mine
    for place, outputs in iter_outputs(predictor, split.inputs, rows=selected, ahead=split.ahead):
        finite = finite and all(bool(np.isfinite(head).all()) for head in outputs)
        on_chunk(outputs)
        targets = split.select_targets(mine[place])
        with np.errstate(all="ignore"):  # outputs that are not finite are an error below
            parts.append(measure(tasks, outputs, targets))
    # All processes raise, or the others would wait for the one that does.
    if not all(bool(each[0]) for each in group.all_gather(np.array([finite], np.int64))):
        raise NotFiniteError
    return gather_measured(concatenate(parts), [len(every)], group)


class NotFiniteError(Exception):
    """Raised when a model's outputs are infinite or NaN."""
