"""Familiarity of inputs: how much they resemble the examples of a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog

Familiarity = Callable[[NDArray[Any]], NDArray[np.float64]]
"""Function from inputs ``(N, *shape)`` to ``(N,)``: the probability that each is like the set's."""


def find_familiarity(catalog: Catalog, dataset: str, shape: tuple[int, ...]) -> Familiarity | None:
    """Return the familiarity of inputs of a shape to a data set; None if its plugin has none."""
    entry = catalog.entries("datasets").get(dataset)
    # A variant of the data set in another shape has other inputs.
    if entry is None or not entry.spec.familiarity or entry.spec.input.shape != shape:
        return None
    measure: Familiarity = entry.resolve(entry.spec.familiarity)
    return measure
