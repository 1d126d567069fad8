"""Matching of the tensors of given weights with those of a model, by name and shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.weights.file import Tensors


@dataclass(frozen=True)
class Match:
    """The tensors of a model that begin as those of given weights, and the others.

    Attributes:
        taken: tensors by the model's names, in the model's dtypes.
        anew: name of a tensor that keeps its random values -> the reason.
        unused: given tensors that the model lacks, by their own names.
        renamed: change of the names' beginning, such as ``module.* → network.*``; empty for none.
    """

    taken: Mapping[str, NDArray[Any]]
    anew: Mapping[str, str]
    unused: tuple[str, ...]
    renamed: str


def match_tensors(given: Tensors, own: Tensors, other_classes: Collection[str] = ()) -> Match:
    """Return the given tensors that fit those of a model.

    Wrappers put a common prefix before all names, such as ``module.``: names match without it.

    Args:
        given: tensors by their own names.
        own: tensors of the model.
        other_classes: names of the model's tensors that are for other classes than the given ones.
    """
    prefix, replacement = _best_prefixes(given, own)
    named = {replacement + name.removeprefix(prefix): name for name in given}
    taken, anew = {}, {}
    for name, tensor in own.items():
        found = given[named[name]] if name in named else None
        if found is None:
            anew[name] = "missing"
        elif found.shape != tensor.shape:
            anew[name] = f"{found.shape} → {tensor.shape}"
        elif not np.can_cast(found.dtype, tensor.dtype, "same_kind"):
            anew[name] = f"{found.dtype} → {tensor.dtype}"
        elif name in other_classes:
            anew[name] = "other classes"
        else:
            # Cast, because weights are often stored in half precision.
            taken[name] = found.astype(tensor.dtype)
    return Match(
        taken=taken,
        anew=anew,
        unused=tuple(named[name] for name in sorted(named.keys() - own.keys())),
        renamed="" if prefix == replacement else f"{prefix}* → {replacement}*",
    )


def _best_prefixes(given: Tensors, own: Tensors) -> tuple[str, str]:
    """Return the prefix of the given names and the model's in its place, for the most matches."""
    pairs = [(old, new) for old in _prefixes(given) for new in _prefixes(own)]

    def matches(pair: tuple[str, str]) -> int:
        old, new = pair
        renamed = ((new + name.removeprefix(old), each.shape) for name, each in given.items())
        return sum(name in own and own[name].shape == shape for name, shape in renamed)

    return max(pairs, key=matches)  # of several, the first: no change is preferred


def _prefixes(names: Iterable[str]) -> list[str]:
    """Return the prefixes that all names have, up to a dot, from none to the longest."""
    parts = [name.split(".")[:-1] for name in names]
    prefixes = [""]
    for column in zip(*parts, strict=False):
        if len({*column}) > 1:
            break
        prefixes.append(f"{prefixes[-1]}{column[0]}.")
    return prefixes
