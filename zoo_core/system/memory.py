"""Available memory, within the limits of this process's control groups."""

# psutil has no control groups, in which a container's limit is.

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")
_UNLIMITED = 1 << 60
"""Minimum value in control groups that stands for no limit (v1 has 2**63 rounded to pages)."""


def available_memory() -> int:
    """Return the number of bytes that may still be allocated, or a huge number if unknown."""
    return max(0, min([_of_machine(), *_of_groups()]))


def _of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        # MemAvailable, not MemFree, because the page cache shrinks on demand. The unit is KiB.
        return int(facts["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        pass
    if sys.platform == "win32":
        return _UNLIMITED
    try:  # macOS has the total in sysconf, but not the available part
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError):
        return _UNLIMITED


def _of_groups() -> Iterator[int]:
    """Yield the bytes that remain in this process's control group and in each parent."""
    for folder, limit, usage in _groups():
        try:
            text = (folder / limit).read_text(encoding="ascii").strip()
            most = _UNLIMITED if text == "max" else int(text)
            if most < _UNLIMITED:
                used = int((folder / usage).read_text(encoding="ascii"))
                yield most - used + _page_cache(folder)
        except (OSError, ValueError):
            continue


def _groups() -> Iterator[tuple[Path, str, str]]:
    """Yield folders of control groups, with the names of their files for limit and usage."""
    try:
        lines = _OWN.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        # Version 2 has one hierarchy, without controller names; version 1 has one per controller.
        if not controllers:
            root, names = _CGROUPS, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            root, names = _CGROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        inner = root / path.lstrip("/")
        # In a container the path may be the host's, which does not exist inside: `root` does.
        for folder in {inner, *inner.parents, root}:
            if folder.is_relative_to(root):
                yield folder, *names


def _page_cache(folder: Path) -> int:
    """Return the bytes of cached files in a group's usage, which the kernel frees on demand."""
    for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(" ")
        if name in ("file", "total_cache"):  # version 2, version 1 with child groups
            return int(value)
    return 0


def peak_memory() -> int | None:
    """Return the largest number of bytes that this process has had in memory; None if unknown."""
    try:
        import resource
    except ImportError:  # on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10
