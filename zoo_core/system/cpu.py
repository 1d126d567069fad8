"""The number of CPU cores, and of threads to compute with."""

from __future__ import annotations

import math
import os
from pathlib import Path

SYSTEM = Path("/sys")

# Not loky or psutil: for the same number, their imports and calls take 125 and 35 ms more CPU time
# than this module (`time.process_time`, medians of 5), and psutil ignores affinity and cgroups.


def default_threads() -> int | None:
    """Return the number of threads for a framework; None if ``OMP_NUM_THREADS`` sets it."""
    return None if "OMP_NUM_THREADS" in os.environ else physical_cores()


def physical_cores(system: Path = SYSTEM) -> int:
    """Return the number of physical cores that this process may use, at least 1.

    Args:
        system: Linux's folder about CPUs and control groups.
    """
    # Python has no affinity on macOS and Windows; there, hyper-threads count as cores.
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    # Hyper-threads of one core share its arithmetic units, so a second thread gains nothing.
    cores = {_siblings(system, cpu) for cpu in os.sched_getaffinity(0)}
    return max(min(len(cores), _cgroup_limit(system)), 1)


def _siblings(system: Path, cpu: int) -> str:
    """Return a text that is equal for the logical CPUs of one physical core."""
    path = system / f"devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
    try:
        return path.read_text()
    except OSError:  # some containers hide it: then each logical CPU counts
        return str(cpu)


def _cgroup_limit(system: Path) -> int:
    """Return the number of cores that a container's CPU quota is worth."""
    try:
        # Microseconds of CPU time per period of microseconds: "150000 100000" is 1.5 cores.
        quota, period = (system / "fs/cgroup/cpu.max").read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no file, or "max" for no limit
        return os.cpu_count() or 1
