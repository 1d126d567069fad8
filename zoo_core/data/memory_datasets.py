"""Data sets that are passed as arrays from Python, for this process alone."""

from __future__ import annotations

from collections.abc import Callable

from zoo_core.data.dataset import ArrayDataset
from zoo_core.errors import DataError, join_names
from zoo_core.plugins.specs import DatasetSpec

_DATASETS: dict[str, ArrayDataset] = {}
"""Name of the loader -> data set."""


def __getattr__(name: str) -> Callable[[], ArrayDataset]:
    """Return the loader of a data set, which its spec names."""
    if name not in _DATASETS:
        raise AttributeError(name)
    return lambda: _DATASETS[name]


def describe_arrays(dataset: ArrayDataset) -> DatasetSpec:
    """Store a data set, and return its spec.

    Raises:
        DataError: it lacks a split.
    """
    if lacking := [name for name in ("train", "test") if name not in dataset.splits]:
        raise DataError(
            f"the ArrayDataset has no split {lacking[0]!r}: expected train and test, got "
            f"{join_names(dataset.splits)}",
            hint="Hold out some examples: ArrayDataset({'train': Split(…), 'test': Split(…)}, …)",
        )
    # Named by its content, so that a training can be resumed with equal arrays only.
    sha256 = dataset.sha256()
    _DATASETS[f"arrays_{sha256[:12]}"] = dataset
    return DatasetSpec(
        name=f"arrays-{sha256[:12]}",
        summary="Arrays that were passed from Python.",
        loader=f"{__name__}:arrays_{sha256[:12]}",
        input=dataset.input_spec,
        targets=dataset.targets,
        sizes={name: len(split) for name, split in dataset.splits.items()},
        sha256=sha256,
        composable=dataset.compose is not None,
        license="LicenseRef-unknown",
        source="passed from Python",
    )
