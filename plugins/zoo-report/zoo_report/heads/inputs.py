"""Text of inputs that are not images: features by name, tokens as words, the range of an array."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from zoo_core import InputSpec

MOST = 8
"""Maximum number of features, and of eight times as many tokens, of one example."""


def input_text(spec: InputSpec, values: NDArray[np.generic]) -> str:
    """Return an input as text; empty for an image."""
    if spec.kind == "image":
        return ""
    if spec.kind == "features" and values.ndim == 1:
        return _cut([*_features(spec, values)], MOST, ", ")
    if spec.kind == "tokens":
        shown = (
            [spec.vocabulary[int(each)] for each in values.ravel() if each]
            if (spec.vocabulary)
            else [str(each) for each in values.ravel().tolist()]
        )
        # Tokens of one character each are characters, whose words have spaces of their own.
        letters = all(len(each) == 1 for each in shown)
        return _cut(shown, 8 * MOST, "" if letters else " ")
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return f"{'×'.join(map(str, values.shape))} numbers from {low:.3g} to {high:.3g}"


def _features(spec: InputSpec, values: NDArray[np.generic]) -> Iterator[str]:
    """Yield the columns of a table with their values, or the numbers alone."""
    numbers = values.tolist()
    if not spec.columns:
        yield from (f"{number:.4g}" for number in numbers)
    start = 0
    for column in spec.columns:
        part = numbers[start : start + column.features]
        start += column.features
        if column.categories:
            yield f"{column.name} {column.categories[part.index(max(part))] if any(part) else '–'}"
        else:
            yield f"{column.name} {part[0]:.4g}"


def _cut(parts: list[str], most: int, separator: str) -> str:
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return separator.join(parts[:most]) + more
