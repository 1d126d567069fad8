"""The default number of threads of a training."""

import os

import pytest

from zoo_core.system.cpu import default_threads, physical_cores


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Return a stand-in for ``/sys`` of four logical cores on two physical ones."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    for cpu in range(4):
        topology = tmp_path / f"devices/system/cpu/cpu{cpu}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{cpu % 2},{cpu % 2 + 2}\n")
    (tmp_path / "fs/cgroup").mkdir(parents=True)
    return tmp_path


def test_physical_cores_counts_sibling_threads_once(system):
    assert physical_cores(system) == 2


def test_physical_cores_respects_cpu_affinity(system, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3}, raising=False)
    assert physical_cores(system) == 1


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("50000 100000", 1), ("100000 100000", 1), ("150000 100000", 2), ("max 100000", 2), ("", 2)],
)
def test_physical_cores_respects_cgroup_cpu_limit(system, limit, cores):
    (system / "fs/cgroup/cpu.max").write_text(limit)
    assert physical_cores(system) == cores


def test_physical_cores_counts_every_cpu_without_topology(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert physical_cores(tmp_path) == 3


def test_default_threads_defers_to_omp_num_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert default_threads() is None
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert default_threads() == physical_cores()
