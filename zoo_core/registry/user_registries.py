"""The registries that the user added: names and addresses."""

from __future__ import annotations

from zoo_core.errors import UnknownNameError, choose_from
from zoo_core.plugins.specs import RegistrySpec
from zoo_core.system.settings import Settings

_SETTINGS = Settings(
    "registries", "the list of added registries", {"registries": {}, "preferred": ""}
)


def user_registries() -> dict[str, str]:
    """Return the names of added registries, each with its address.

    Raises:
        DataError: the list cannot be read.
    """
    known = _SETTINGS.read()["registries"]
    try:
        # A spec, because it validates names; users may edit the file by hand.
        return {RegistrySpec(name=n, summary="", url=u).name: u for n, u in known.items()}
    except (ValueError, TypeError) as exc:
        raise _SETTINGS.damaged(exc) from exc


def add(name: str, url: str) -> None:
    """Add a registry to the list."""
    with _SETTINGS.changing() as values:
        values["registries"] = {**user_registries(), name: url}


def remove(name: str) -> str:
    """Remove a registry from the list and return its address.

    Raises:
        UnknownNameError: the list has no such name.
    """
    with _SETTINGS.changing() as values:
        known = user_registries()
        if name not in known:
            hint = choose_from(name, known, command="zoo registry list")
            raise UnknownNameError(f"there is no added registry {name!r}", hint=hint)
        url = known.pop(name)
        values["registries"] = known
    return url


def preferred_registry() -> str:
    """Return the name of the registry that the user prefers, or an empty string."""
    preferred: str = _SETTINGS.read()["preferred"]
    return preferred


def prefer(name: str) -> None:
    """Prefer a registry for names that several have published; none for an empty name."""
    with _SETTINGS.changing() as values:
        values["preferred"] = name
