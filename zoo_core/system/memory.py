"""Available memory, with the limits that this process runs under."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_UNLIMITED = 1 << 60
"""What control groups say, or more, where there is no limit."""


def available_memory() -> int:
    """Return how many bytes may still be used: of the machine, and of its control group.

    Where the system does not say, it is a number that no data set reaches.
    """
    return max(0, min([_of_machine(), *_of_groups()]))


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        return int(facts["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        pass
    if sys.platform == "win32":
        return _UNLIMITED
    try:  # macOS says how much there is, not how much is free
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError):
        return _UNLIMITED


def _of_groups() -> Iterator[int]:
    """Yield what is left in this process's control group and each one around it."""
    for folder, limit, usage in _groups():
        try:
            text = (folder / limit).read_text(encoding="ascii").strip()
            most = _UNLIMITED if text == "max" else int(text)
            if most < _UNLIMITED:
                yield most - int((folder / usage).read_text(encoding="ascii")) + _page_cache(folder)
        except (OSError, ValueError):
            continue


def _groups() -> Iterator[tuple[Path, str, str]]:
    """Yield folders of control groups, and the files that state limit and usage (v2 and v1)."""
    try:
        lines = _OWN.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, names = _CGROUPS, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            root, names = _CGROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        inner = root / path.lstrip("/")
        # In a container the path may be one of the machine's, which is not seen from inside.
        for folder in {inner, *inner.parents, root}:
            if folder.is_relative_to(root):
                yield folder, *names


def _page_cache(folder: Path) -> int:
    """Return the bytes of files in a group's memory, which the kernel gives up when asked."""
    for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(" ")
        if name in ("file", "total_cache"):
            return int(value)
    return 0
