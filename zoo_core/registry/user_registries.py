"""The registries that the user added: names and addresses."""

from __future__ import annotations

from zoo_core.errors import UnknownNameError, join_names
from zoo_core.plugins.specs import RegistrySpec
from zoo_core.system.settings import Settings

_SETTINGS = Settings("registries", "the list of registries that were added", {"registries": {}})


def user_registries() -> dict[str, str]:
    """Return name -> address.

    Raises:
        DataError: the list cannot be read.
    """
    known = _SETTINGS.read()["registries"]
    try:
        return {RegistrySpec(name=n, summary="", url=u).name: u for n, u in known.items()}
    except (ValueError, TypeError) as exc:
        raise _SETTINGS.damaged(exc) from exc


def add(name: str, url: str) -> None:
    """Put a registry on the list."""
    with _SETTINGS.changing() as values:
        values["registries"] = {**user_registries(), name: url}


def remove(name: str) -> str:
    """Take a registry off the list and return its address.

    Raises:
        UnknownNameError: it is not on it.
    """
    with _SETTINGS.changing() as values:
        known = user_registries()
        if name not in known:
            raise UnknownNameError(
                f"no registry {name!r} was added (added were: {join_names(known)})",
                hint="One that a plugin brings goes with the plugin. See: zoo registry list",
            )
        url = known.pop(name)
        values["registries"] = known
    return url
