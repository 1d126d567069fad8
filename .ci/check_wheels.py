"""Check the content of the wheels in a folder: license, types and metadata in, tests out."""

import sys
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

FIELDS = ("Summary", "Requires-Python", "License-Expression", "Author", "Keywords", "Project-URL")
"""Metadata that every wheel states."""


def main(folder: str) -> None:
    faults = [
        f"{wheel.name}: {fault}" for wheel in Path(folder).glob("*.whl") for fault in check(wheel)
    ]
    if faults:
        sys.exit("\n".join(faults))


def check(wheel: Path) -> Iterator[str]:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(metadata).decode())
    package = fields["Name"].replace("-", "_")
    info = metadata.removesuffix("/METADATA")
    yield from (f"lacks the metadata {name}" for name in FIELDS if not fields[name])
    if len(fields.get_payload()) < 100:
        yield "lacks the README as its description"
    for needed in (f"{package}/py.typed", f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"):
        if needed not in names:
            yield f"lacks {needed}"
    for name in names:
        top, *folders = name.split("/")
        if top not in (package, info) or "__pycache__" in folders or "tests" in folders[:1]:
            yield f"contains {name}"


if __name__ == "__main__":
    main(*sys.argv[1:])
