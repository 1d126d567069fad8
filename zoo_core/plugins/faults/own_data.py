"""The hint for a path that was given where the name of a data set is expected."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from zoo_core.text import shell_command

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
"""Suffixes of files with a row per image, in lower case."""

PLUGIN = "zoo-images"
"""Distribution that offers the sources ``folder`` and ``files``."""


def hint_for_path(text: str, sources: Collection[str]) -> str:
    """Return the ``--dataset`` option for an existing folder or table, else an empty string.

    Args:
        text: what the user wrote.
        sources: names of the installed sources.
    """
    path = Path(text).expanduser()
    try:
        is_folder = path.is_dir()
        is_table = path.suffix.lower() in TABLE_SUFFIXES and path.is_file()
    except (OSError, ValueError):  # too long, or with a null character
        return ""
    if not is_folder and not is_table:
        return ""
    source = "folder" if is_folder else "files"
    option = shell_command("--dataset", f"{source}:{_address(text, is_table=is_table)}")
    if source in sources:
        return f"Name {'a folder' if is_folder else 'a table'} with its source: {option}"
    return f"Install its source: pip install {PLUGIN}; then: {option}"


def _address(text: str, *, is_table: bool) -> str:
    place = text if Path(text).is_absolute() or text.startswith((".", "~")) else f"./{text}"
    # Options follow the last "?", so a path with one needs another.
    if is_table:
        return f"{place}?path=COLUMN&label=COLUMN"
    return f"{place}?" if "?" in place else place
