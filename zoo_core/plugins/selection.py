"""The user's selection of plugins: ``ZOO_PLUGINS`` and the disabled plugins."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from zoo_core.errors import ZooError
from zoo_core.system.settings import Settings

SETTINGS = Settings("plugins", "the settings of plugins", {"disabled": [], "names": {}})
"""The user's settings: ``disabled`` lists canonical names of distributions, ``names`` has the
distribution that a bare name means (`zoo_core.plugins.bare_names`)."""

BLOCK = "no:"
"""Prefix of a plugin's name that excludes it."""


def canonical(name: str) -> str:
    """Return the normalized name of a distribution (PEP 503)."""
    # Not `packaging.utils.canonicalize_name`, because help and completion import this module, and
    # packaging would add to their start-up time.
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


class Selection(NamedTuple):
    """The plugins to load; names are canonical.

    Attributes:
        allowed: the only plugins to load; None for all.
        blocked: plugins that ``ZOO_PLUGINS`` excludes.
        disabled: plugins that are disabled in the settings.
        preferred: name -> distribution that the user chose for it.
        damage: error of the settings file, or an empty string.
    """

    allowed: frozenset[str] | None = None
    blocked: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    preferred: Mapping[str, str] = MappingProxyType({})
    damage: str = ""

    @classmethod
    def current(cls) -> Selection:
        """Return the selection of the environment and the settings."""
        names = os.environ.get("ZOO_PLUGINS")
        words = [word.strip() for word in (names or "").split(",") if word.strip()]
        blocked = [word for word in words if word.startswith(BLOCK)]
        allowed = [word for word in words if not word.startswith(BLOCK)]
        # An empty variable allows no plugin; one with exclusions alone allows all the others.
        everything = names is None or (blocked and not allowed)
        try:
            settings, damage = SETTINGS.read(), ""
        except ZooError as exc:
            # Not an error, because `zoo doctor` must run to report it.
            settings, damage = SETTINGS.empty, str(exc)
        return cls(
            allowed=None if everything else frozenset(map(canonical, allowed)),
            blocked=frozenset(canonical(word.removeprefix(BLOCK)) for word in blocked),
            disabled=frozenset(canonical(str(name)) for name in settings["disabled"]),
            preferred={name: canonical(str(plugin)) for name, plugin in settings["names"].items()},
            damage=damage,
        )

    def refusal(self, distribution: str) -> str:
        """Return the reason and the remedy if a plugin is not selected, else an empty string."""
        name = canonical(distribution)
        if name in self.disabled:
            return f"disabled; to enable it: zoo plugins enable {distribution}"
        # Before the allowed ones, so that `-p no:NAME` excludes a plugin that ZOO_PLUGINS lists.
        if name in self.blocked:
            return f"disabled by {BLOCK}{name} (-p or ZOO_PLUGINS); remove that to load the plugin"
        if self.allowed is not None and name not in self.allowed:
            return "not in ZOO_PLUGINS; add it there, or unset ZOO_PLUGINS to load every plugin"
        return ""
