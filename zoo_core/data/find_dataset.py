"""Find the data set of an earlier training: by name, by its absolute path, or as zoo's copy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from zoo_core.data.disk_store import find_copy, load_copy
from zoo_core.errors import DataError
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.system.terminal import print_lines


def find_dataset(
    catalog: Catalog, name: str, *, place: str = "", sha256: str = ""
) -> Entry[DatasetSpec]:
    """Return a data set under the name that an earlier training used for it.

    A user's folder may be gone, or the working directory may be another one. The absolute path is
    used first, then the name, then zoo's own copy, which is reported on stderr.

    Args:
        catalog: installed plugins.
        name: name of the data set in the earlier training.
        place: absolute place of its files (`DatasetSpec.place`), if it is known.
        sha256: checksum of its content, by which a copy is found.

    Raises:
        DataError: the files are gone, and there is no copy with this checksum.
    """
    source, colon, _ = name.partition(":")
    if place and colon:
        try:
            entry = catalog.dataset(f"{source}:{place}")
            return Entry(replace(entry.spec, name=name), entry.plugin)
        except DataError:
            pass  # moved together with the run, perhaps: the name is tried next
    try:
        return catalog.dataset(name)
    except DataError as exc:
        copy = find_copy(sha256) if colon and sha256 else None
        if copy is None:
            raise
        print_lines(f"zoo: {exc.problem}; its copy in {copy} is used", err=True)
        return Entry(_spec_of_copy(name, copy, str(exc.problem)), catalog.source(source).plugin)


def _spec_of_copy(name: str, folder: Path, problem: str) -> DatasetSpec:
    dataset = load_copy(str(folder))
    return DatasetSpec(
        name=name,
        summary="A copy of files that are gone.",
        loader="zoo_core.data.disk_store:load_copy",
        input=dataset.input_spec,
        targets=dataset.targets,
        sizes={split: len(content) for split, content in dataset.splits.items()},
        sha256=dataset.sha256(),
        license="LicenseRef-unknown",
        source=f"zoo's copy in {folder}, because {problem}",
        address=str(folder),
    )
