"""Folders of zoo: derived files, and the user's settings.

The rule is the same on every system and needs no library, because `zoo list` answers in the
time that importing one would take: ``$ZOO_HOME``, else ``$XDG_CACHE_HOME/zoo``, else
``~/.cache/zoo``. What the user has decided lies in ``$ZOO_HOME`` too, else in
``$XDG_CONFIG_HOME/zoo``, else in ``~/.config/zoo``.
"""

import os

from zoo_core.errors import DataError


def zoo_home() -> str:
    """Return the folder of what can be derived or fetched again; it need not exist."""
    return _folder("XDG_CACHE_HOME", ".cache")


def config_home() -> str:
    """Return the folder of what the user has decided; it need not exist."""
    return _folder("XDG_CONFIG_HOME", ".config")


def _folder(variable: str, usual: str) -> str:
    if home := os.environ.get("ZOO_HOME"):
        return os.path.abspath(os.path.expanduser(home))  # noqa: PTH100, PTH111 (no pathlib here)
    folder = os.environ.get(variable) or os.path.join("~", usual)  # noqa: PTH118
    return os.path.join(os.path.expanduser(folder), "zoo")  # noqa: PTH111, PTH118


def home_write_error(what: str, exc: OSError) -> DataError:
    """Return the error to raise where something that is fetched cannot be written."""
    return DataError(
        f"{what} cannot be kept in {zoo_home()}: {exc.strerror or exc}",
        hint="Free some space, or let ZOO_HOME name another folder for the cache.",
    )
