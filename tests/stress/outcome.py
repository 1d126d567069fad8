"""What became of faults that were tried."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How many faults were tried, how many survived, and what went wrong with the others.

    Attributes:
        tried: how many.
        problems: a line for each that was not survived.
        remark: what else was seen, for the table.
    """

    tried: int
    problems: tuple[str, ...] = ()
    remark: str = ""

    @property
    def survived(self) -> int:
        return self.tried - len(self.problems)
