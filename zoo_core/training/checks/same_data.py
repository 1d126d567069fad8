"""The data of a resumed training: those of its start, or an error that names the changes."""

from __future__ import annotations

from pathlib import Path

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.data.example_record import ExampleRecord, describe_changes, make_record
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.splits import training_data
from zoo_core.errors import VerificationError
from zoo_core.filenames import EXAMPLES
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.training.run_folder import RunConfig


def _check_given_data(begun: RunConfig, folder: Path, sha256: str) -> None:
    """Check that arrays that were passed to continue a run are those of its start.

    Raises:
        VerificationError: they are not.
    """
    if begun.data is not None and begun.data.sha256 != sha256:
        raise VerificationError(
            f"dataset: the arrays are not those that the training in {folder} began with: "
            f"expected sha256 {begun.data.sha256}, got {sha256}",
            hint="Pass an equal ArrayDataset, or train again from the start.",
        )


def find_same_data(
    catalog: Catalog, begun: RunConfig, folder: Path, given: ArrayDataset | None = None
) -> Entry[DatasetSpec]:
    """Return the data set of a run that is resumed or continued.

    Args:
        catalog: the installed plugins.
        begun: config of the run.
        folder: its folder.
        given: the arrays that the caller has passed, if it is not found by name.

    Raises:
        VerificationError: its content has changed.
        DataError: its files are gone, and zoo has no copy of them.
    """
    if given is not None:
        _check_given_data(begun, folder, given.sha256())
    name = begun.recipe.dataset
    if begun.data is None:  # a run of a version that did not store it
        return catalog.dataset(name)
    place, sha256 = begun.data.place, begun.data.sha256
    entry = find_dataset(catalog, name, place=place, sha256=sha256)
    # A data set without a checksum in its spec is checked when it is loaded.
    if entry.spec.sha256 not in ("", sha256):
        raise changed_data_error(folder, name, _changes(entry, begun, folder))
    return entry


def changed_data_error(folder: Path, name: str, changes: str) -> VerificationError:
    """Return the error to raise if a run would continue with other data."""
    return VerificationError(
        f"the data set {name} has changed since the training in {folder} began: {changes}",
        hint="Restore it, or train again from the start.",
    )


def _changes(entry: Entry[DatasetSpec], begun: RunConfig, folder: Path) -> str:
    """Return the changes of a data set since a run began, in words."""
    assert begun.data is not None
    # Loaded under the spec's own checksum: the data are whole, only not those of the run.
    dataset = load_dataset(entry)
    now = make_record(training_data(dataset, begun.recipe))
    try:
        before = ExampleRecord.from_csv((folder / EXAMPLES).read_bytes(), str(folder / EXAMPLES))
    except (OSError, VerificationError):
        before = None
    changes = describe_changes(before, now) if before and now else ""
    return changes or f"expected sha256 {begun.data.sha256}, got {dataset.sha256()}"
