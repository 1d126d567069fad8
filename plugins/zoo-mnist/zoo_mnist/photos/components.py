"""Connected components of a mask: their boxes, areas, and contact with the image's edge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_mnist.photos.arrays import Ints, Mask
from zoo_mnist.photos.morphology import find_runs


class Components(NamedTuple):
    """The connected components of a mask.

    Attributes:
        labels: number of each pixel's component, from 1; 0 outside of the mask, ``(H, W)``.
        boxes: top, left, bottom and right of each component, ends exclusive, ``(N, 4)``.
        areas: number of pixels of each component.
        cores: number of pixels of each component that are in the core.
        at_edge: number of pixels of each component at the image's edge.
    """

    labels: NDArray[np.int32]
    boxes: Ints
    areas: Ints
    cores: Ints
    at_edge: Ints

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def sides(self) -> Ints:
        """The longer side of each component's box."""
        sides: Ints = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)
        return sides

    def pixels(self, chosen: Mask) -> Mask:
        """Return the pixels of chosen components, one boolean per component."""
        return np.concatenate([[False], chosen])[self.labels]


def find_components(mask: Mask, core: Mask) -> Components:
    """Return the components of a mask; `core` are the pixels that certainly are strokes."""
    runs = find_runs(mask)
    padded, starts, ends, components = runs
    count = int(components.max(initial=-1)) + 1
    lengths = ends - starts
    labels = np.zeros(padded.shape, np.int32)
    labels[padded] = np.repeat(components + 1, lengths)
    labels = labels[:, :-1]
    rows, lefts = np.divmod(starts, padded.shape[1])
    boxes = np.empty((count, 4), np.intp)
    # Runs are in the order of rows, and of several assignments to one place the last counts.
    boxes[components[::-1], 0] = rows[::-1]
    boxes[components, 2] = rows + 1
    boxes[:, 1], boxes[:, 3] = mask.shape[1], 0
    np.minimum.at(boxes[:, 1], components, lefts)
    np.maximum.at(boxes[:, 3], components, lefts + lengths)
    # Slices, so that the only row or column of a thin image counts once.
    between = labels[1:-1]
    edges = labels[:1], labels[1:][-1:], between[:, :1], between[:, 1:][:, -1:]
    edge = np.concatenate([each.ravel() for each in edges])
    return Components(
        labels,
        boxes,
        np.bincount(components, lengths, count).astype(np.intp),
        np.bincount(labels[core & mask] - 1, minlength=count),
        np.bincount(edge, minlength=count + 1)[1:],
    )
