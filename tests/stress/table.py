"""The table of faults: functions that inject them, and their numbers."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from tests.stress.outcome import Outcome


@dataclass(frozen=True)
class Stress:
    """Faults of one kind.

    Attributes:
        what: description for the table.
        function: import string of the function, because some functions need optional packages.
        count: number of faults that the command injects.
        few: number of faults that the test suite injects; 0 if they need optional programs.
    """

    what: str
    function: str
    count: int
    few: int

    def make(self, count: int) -> Outcome:
        """Inject `count` faults."""
        module, _, name = self.function.rpartition(".")
        outcome: Outcome = getattr(importlib.import_module(f"tests.stress.{module}"), name)(count)
        return outcome


STRESSES = {
    "bits": Stress("single flipped bits", "bits.flipped_bits", 20_000, 300),
    "headers": Stress("crafted weight files", "bits.crafted_headers", 30, 30),
    "saving": Stress("kill -9 while saving", "kills.kills_while_saving", 200, 4),
    "publishing": Stress("kill -9 while publishing", "kills.kills_while_publishing", 200, 6),
    "publishers": Stress("tags by 16 publishers at once", "kills.publishers_at_once", 16, 4),
    "disks": Stress("full disks", "kills.full_disks", 60, 6),
    "hashes": Stress("savings with other hash seeds", "saving.equal_files", 20, 4),
    "downloads": Stress("downloads by 16 processes at once", "downloads.downloads_at_once", 16, 4),
    "unlocked": Stress("the same without a lock", "downloads.downloads_without_lock", 16, 4),
    "hostile": Stress("hostile web servers", "hostile.hostile_servers", 300, 30),
    "names": Stress("hostile names, URLs, entries, links", "names.hostile_names", 500, 70),
    "folders": Stress("changes of folders", "folders.sequences.changed_folders", 500, 16),
    "studies": Stress("searches with 2 of 4 workers killed", "studies.on_a_journal", 10, 1),
    "sqlite": Stress("the same on SQLite", "studies.on_sqlite", 4, 1),
    "postgresql": Stress("the same on PostgreSQL", "studies.on_postgresql", 10, 0),
}
