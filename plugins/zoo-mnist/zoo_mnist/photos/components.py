"""Connected components of a mask: their boxes, areas, and contact with the image's edge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_mnist.photos.morphology import label

Mask = NDArray[np.bool_]
Ints = NDArray[np.intp]


class Components(NamedTuple):
    """The connected components of a mask.

    Attributes:
        labels: number of each pixel's component, from 1; 0 outside of the mask, ``(H, W)``.
        boxes: top, left, bottom and right of each component, ends exclusive, ``(N, 4)``.
        areas: number of pixels of each component.
        cores: number of pixels of each component that are in the core.
        at_edge: number of pixels of each component at the image's edge.
    """

    labels: Ints
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
    labels = label(mask)
    inside = labels[mask]
    numbers = np.flatnonzero(np.bincount(inside))
    table = np.zeros(int(numbers[-1]) + 1 if len(numbers) else 1, np.intp)
    table[numbers] = np.arange(1, len(numbers) + 1)
    labels = table[labels]
    inside = labels[mask] - 1
    count = len(numbers)
    rows, columns = np.nonzero(mask)
    boxes = np.empty((count, 4), np.intp)
    # Pixels are in the order of rows, and of several assignments to one place the last counts.
    boxes[inside[::-1], 0] = rows[::-1]
    boxes[inside, 2] = rows + 1
    order = np.argsort(columns, kind="stable")
    boxes[inside[order[::-1]], 1] = columns[order[::-1]]
    boxes[inside[order], 3] = columns[order] + 1
    edge = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    return Components(
        labels,
        boxes,
        np.bincount(inside, minlength=count),
        np.bincount(labels[core & mask] - 1, minlength=count),
        np.bincount(edge, minlength=count + 1)[1:],
    )
