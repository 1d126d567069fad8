"""The number of processor cores and threads to compute with."""

from __future__ import annotations

import math
import os
from pathlib import Path

SYSTEM = Path("/sys")


def default_threads() -> int | None:
    """Return how many threads a framework should use; None where ``OMP_NUM_THREADS`` says so.

    That is one a physical core: two that share a core slow each other down.
    """
    return None if "OMP_NUM_THREADS" in os.environ else physical_cores()


def physical_cores(system: Path = SYSTEM) -> int:
    """Return how many physical cores this process may use, at least 1.

    Counted are the cores that it may run on, at most as many as its control group has time for
    (a container's limit). Where the system does not say what is physical, every core counts.

    Args:
        system: where Linux tells of processors and control groups.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = {_siblings(system, cpu) for cpu in os.sched_getaffinity(0)}
        return max(min(len(cores), _limit(system)), 1)
    return os.cpu_count() or 1


def _siblings(system: Path, cpu: int) -> str:
    """Return what the logical cores that share a physical one have in common."""
    path = system / f"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    try:
        return path.read_text()
    except OSError:
        return str(cpu)


def _limit(system: Path) -> int:
    try:
        quota, period = (system / "fs/cgroup/cpu.max").read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # there is none, or it is "max"
        return os.cpu_count() or 1
