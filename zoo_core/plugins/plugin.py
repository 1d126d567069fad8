"""One plugin entry point and its load status."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from zoo_core.plugins.specs import Spec


class Status(StrEnum):
    """Load status of a plugin."""

    OK = "ok"  # every spec and hook is available
    DISABLED = "disabled"  # by the user; not imported
    INCOMPATIBLE = "incompatible"  # with this API version; not imported
    BROKEN = "broken"  # the import, a hook or a spec failed; offers nothing
    CONFLICT = "conflict"  # another plugin offers the same name


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One entry point of one installed distribution, with its load status."""

    distribution: str
    version: str
    entry_point: str
    """Declaration of the entry point: ``name = module``."""
    status: Status
    reason: str = ""
    """Cause of a status other than ok and its remedy, in one line."""
    offers: Sequence[tuple[str, Spec]] = ()
    """The specs that it offers, as (kind, spec)."""
    files: tuple[str, ...] = ()
    """The source files that its specs came from."""
    qualified: frozenset[tuple[str, str]] = frozenset()
    """The offers, as (kind, name), of which only the full name ``distribution/name`` means this
    plugin's, because another plugin offers the same name (`zoo_core.plugins.bare_names`)."""

    @property
    def usable(self) -> bool:
        # A conflict is usable, because `distribution/name` is not ambiguous.
        return self.status in (Status.OK, Status.CONFLICT)

    @property
    def module(self) -> str:
        """Module of the entry point."""
        # Of "zoo-x = zoo_x.plugin" or "zoo-x = zoo_x.plugin:attribute".
        return self.entry_point.rpartition("= ")[2].partition(":")[0]

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"

    @property
    def added(self) -> bool:
        """True for a file or module that was loaded for this process alone."""
        # See `zoo_core.plugins.added`; no distribution has a colon in its name.
        return ":" in self.distribution
