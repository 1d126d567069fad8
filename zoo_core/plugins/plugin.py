"""One plugin entry point and its load status."""

from dataclasses import dataclass
from enum import StrEnum

from zoo_core.plugins.specs import Spec


class Status(StrEnum):
    OK = "ok"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    CONFLICT = "conflict"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One entry point of one installed distribution, and what became of it."""

    distribution: str
    version: str
    entry_point: str
    """As it is declared: ``name = module``."""
    status: Status
    reason: str = ""
    """Empty where the status is ok; else what is wrong and what to do, in one line."""
    offers: tuple[tuple[str, Spec], ...] = ()
    """What it offers, as (kind, spec)."""
    files: tuple[str, ...] = ()
    """The source files that its specs came from."""

    @property
    def usable(self) -> bool:
        return self.status in (Status.OK, Status.CONFLICT)
