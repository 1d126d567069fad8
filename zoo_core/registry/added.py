"""The registries that the user added: a list of names and addresses, kept for later processes."""

from __future__ import annotations

import json
from pathlib import Path

from zoo_core.errors import DataError, UnknownNameError, listed
from zoo_core.files import write_atomic
from zoo_core.paths import config_home
from zoo_core.specs import RegistrySpec


def added() -> dict[str, str]:
    """Return name -> address.

    Raises:
        DataError: the list cannot be read.
    """
    path = _path()
    try:
        known = json.loads(path.read_bytes())["registries"]
        return {RegistrySpec(name=n, summary="", url=u).name: u for n, u in known.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DataError(
            f"{path}, the list of registries that were added, cannot be read: {fault}",
            hint="Mend or remove that file.",
        ) from fault


def keep(name: str, url: str) -> None:
    """Put a registry on the list."""
    from zoo_core.registry import cache

    with cache.locked("registries"):
        _write(added() | {name: url})


def strike(name: str) -> str:
    """Take a registry off the list and return its address.

    Raises:
        UnknownNameError: it is not on it.
    """
    from zoo_core.registry import cache

    with cache.locked("registries"):
        known = added()
        if name not in known:
            raise UnknownNameError(
                f"no registry {name!r} was added (added were: {listed(known)})",
                hint="One that a plugin brings goes with the plugin. See: zoo registry list",
            )
        url = known.pop(name)
        _write(known)
    return url


def _path() -> Path:
    return Path(config_home()) / "registries.json"


def _write(known: dict[str, str]) -> None:
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"schema": 1, "registries": known}, indent=1) + "\n"
        write_atomic(path, content.encode())
    except OSError as fault:
        raise DataError(f"{path} cannot be written: {fault.strerror}") from fault
