"""The outcome of injected faults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """The outcome of faults: numbers and problems.

    Attributes:
        tried: number of injected faults.
        problems: one line per fault that was not survived.
        remark: a further observation for the table.
    """

    tried: int
    problems: tuple[str, ...] = ()
    remark: str = ""

    @property
    def survived(self) -> int:
        return self.tried - len(self.problems)
