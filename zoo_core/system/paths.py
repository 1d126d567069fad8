"""Folders of zoo: caches, and the user's settings."""

from __future__ import annotations

import os

from zoo_core.errors import DataError

TYPE_CHECKING = False  # `typing` and `pathlib` are not imported, because `zoo list` runs without
if TYPE_CHECKING:
    from pathlib import Path


def zoo_home() -> str:
    """Return the folder of caches: ``$ZOO_HOME``, or a default in the user's cache folder.

    It need not exist. Everything in it can be derived or downloaded again.
    """
    return _folder("XDG_CACHE_HOME", ".cache")


def config_home() -> str:
    """Return the folder of the user's settings: ``$ZOO_HOME``, or a default; it need not exist."""
    return _folder("XDG_CONFIG_HOME", ".config")


# One rule on every system instead of platformdirs, because `zoo list` takes about as long as
# an import or two.
def _folder(variable: str, default: str) -> str:
    if home := os.environ.get("ZOO_HOME"):
        return os.path.abspath(os.path.expanduser(home))  # noqa: PTH100, PTH111 (no pathlib here)
    folder = os.environ.get(variable) or os.path.join("~", default)  # noqa: PTH118
    return os.path.join(os.path.expanduser(folder), "zoo")  # noqa: PTH111, PTH118


def write_error(what: str, path: str | Path, exc: OSError) -> DataError:
    """Return the error to raise if downloaded content cannot be written to `path`."""
    return DataError(
        f"{what} could not be saved to {path}: {exc.strerror or exc}",
        hint="Free some space, or set ZOO_HOME to a folder with more.",
    )
