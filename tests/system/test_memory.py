"""Available memory: of the machine, or of a control group."""

from pathlib import Path

import pytest

from zoo_core.system import memory
from zoo_core.system.memory import available_memory

GIB = 1 << 30


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Return a function that puts this process into control groups made of files."""

    def put(line, files):
        proc = tmp_path / "proc"
        proc.write_text(line)
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.setattr(memory, "_CGROUPS", tmp_path / "cgroup")
        monkeypatch.setattr(memory, "_OWN", proc)

    return put


def test_available_memory_without_limits_is_at_most_machine_free():
    lines = Path("/proc/meminfo").read_text().splitlines()
    left = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
    assert 0 < available_memory() <= 1.2 * left


def test_available_memory_respects_cgroup_v2(groups):
    stated = {"memory.max": f"{GIB}\n", "memory.current": f"{GIB // 2}\n"}
    stat = {"memory.stat": f"anon 5\nfile {GIB // 8}\n"}
    files = {f"a/b/{name}": text for name, text in (stated | stat).items()}
    groups("0::/a/b\n", {**files, "a/memory.max": "max\n"})
    assert available_memory() == GIB // 2 + GIB // 8


def test_available_memory_respects_parent_cgroup(groups):
    inner = {"memory.max": "max", "memory.current": "5", "memory.stat": "file 0"}
    outer = {"memory.max": "1000", "memory.current": "400", "memory.stat": "file 100"}
    files = {f"a/b/{name}": text for name, text in inner.items()}
    groups("0::/a/b\n", files | {f"a/{name}": text for name, text in outer.items()})
    assert available_memory() == 700


def test_available_memory_respects_cgroup_v1(groups):
    stated = {"memory.limit_in_bytes": "1000", "memory.usage_in_bytes": "300"}
    files = {f"memory/a/{n}": t for n, t in {**stated, "memory.stat": "total_cache 50"}.items()}
    groups("4:cpu:/x\n7:memory:/a\n", files)
    assert available_memory() == 750


def test_available_memory_is_zero_in_full_cgroup(groups):
    files = {"memory.max": "100", "memory.current": "120", "memory.stat": "file 0"}
    groups("0::/\n", files)
    assert available_memory() == 0


def test_available_memory_reads_container_cgroup_at_root(groups):
    files = {"memory.max": "1000", "memory.current": "0", "memory.stat": "file 0"}
    groups("0::/system.slice/of-the-machine\n", files)
    assert available_memory() == 1000


@pytest.mark.parametrize("line", ["", "0::/\n", "7:memory:/nowhere\n"])
def test_available_memory_ignores_unusable_cgroup_files(groups, line):
    groups(line, {"memory.max": "some\n"})
    assert available_memory() > GIB // 4
