"""The hint for a path that was given where the name of a data set is expected."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from zoo_core.text import shell_command

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")
"""Suffixes of files with one row per example, in lower case."""

PARQUET = ".parquet"

PLUGINS = {
    "folder": "zoo-images",
    "files": "zoo-images",
    "csv": "zoo-tables",
    "parquet": "zoo-tables",
}
"""Source -> distribution that offers it."""

DATASETS = {
    "zoo-mnist": "mnist mnist-numbers multi-mnist two-digit-masks two-digit-mnist",
    "zoo-numpy": "weighted-sums",
    "zoo-tables": "breast-cancer diabetes digits-8x8 wine",
    "zoo-torchvision": "cifar10 cifar100 emnist-letters fashion-mnist kmnist qmnist svhn usps",
}
"""Distribution -> names of the data sets that it offers."""


def hint_for_path(text: str, sources: Collection[str]) -> str:
    """Return the ``--dataset`` option for an existing folder or table, else an empty string.

    Args:
        text: what the user wrote.
        sources: names of the installed sources.
    """
    path = Path(text).expanduser()
    suffix = path.suffix.lower()
    try:
        is_folder = path.is_dir()
        is_table = suffix in (*TABLE_SUFFIXES, PARQUET) and path.is_file()
    except (OSError, ValueError):  # too long, or with a null character
        return ""
    if is_folder:
        return _hint("Name a folder", "folder", _place(text), sources)
    if not is_table:
        return ""
    if suffix == PARQUET:
        return _hint("Name a table", "parquet", f"{_path(text)}?target=COLUMN", sources)
    images = f"{_path(text)}?path=COLUMN&label=COLUMN"
    if "csv" not in sources or suffix != ".csv":
        return _hint("Name a table", "files", images, sources)
    rows = _hint("Name a table", "csv", f"{_path(text)}?target=COLUMN", sources)
    return f"{rows}; or a list of images: {shell_command('--dataset', f'files:{images}')}"


def _hint(what: str, source: str, address: str, sources: Collection[str]) -> str:
    option = shell_command("--dataset", f"{source}:{address}")
    if source in sources:
        return f"{what} with its source: {option}"
    return f"Install its source: pip install {PLUGINS[source]}; then: {option}"


def _path(text: str) -> str:
    return text if Path(text).is_absolute() or text.startswith((".", "~")) else f"./{text}"


def _place(text: str) -> str:
    # Options follow the last "?", so a path with one needs another.
    return f"{_path(text)}?" if "?" in text else _path(text)
