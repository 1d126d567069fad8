"""The user's selection of plugins: ``ZOO_PLUGINS``, and the disabled ones."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from zoo_core.errors import ZooError
from zoo_core.system.settings import Settings

SETTINGS = Settings("plugins", "what was decided about plugins", {"disabled": [], "installed": {}})
"""``disabled``: distributions. ``installed``: distribution -> words for the package installer."""

BLOCK = "no:"
"""What stands before the name of a plugin that is not to be loaded."""


def canonical(name: str) -> str:
    """Return a distribution's name as the package index compares them (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


@dataclass(frozen=True)
class Selection:
    """Which plugins may be loaded; names are canonical.

    Attributes:
        allowed: the only ones; None for all.
        blocked: not these, this time.
        disabled: not these, until they are enabled again.
        damage: why it is not known what was disabled; empty where it is.
    """

    allowed: frozenset[str] | None = None
    blocked: frozenset[str] = frozenset()
    disabled: frozenset[str] = frozenset()
    damage: str = ""

    @classmethod
    def current(cls) -> Selection:
        """Return what environment and settings say; damaged settings say nothing."""
        names = os.environ.get("ZOO_PLUGINS")
        words = [word.strip() for word in (names or "").split(",") if word.strip()]
        blocked = [word for word in words if word.startswith(BLOCK)]
        allowed = [word for word in words if not word.startswith(BLOCK)]
        everything = names is None or (blocked and not allowed)
        try:
            disabled, damage = SETTINGS.read()["disabled"], ""
        except ZooError as exc:
            disabled, damage = [], str(exc)
        return cls(
            allowed=None if everything else frozenset(map(canonical, allowed)),
            blocked=frozenset(canonical(word.removeprefix(BLOCK)) for word in blocked),
            disabled=frozenset(canonical(str(name)) for name in disabled),
            damage=damage,
        )

    def refusal(self, distribution: str) -> str:
        """Say why a plugin is not to be loaded, and how it would be; empty where it may be."""
        name = canonical(distribution)
        if name in self.disabled:
            return f"disabled; to enable it: zoo plugins enable {distribution}"
        if name in self.blocked:
            return f"left out by {BLOCK}{name}; call without it to load the plugin"
        if self.allowed is not None and name not in self.allowed:
            return "not in ZOO_PLUGINS; add it there, or unset ZOO_PLUGINS to load every plugin"
        return ""
