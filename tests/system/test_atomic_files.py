"""Temporary folders are removed, also after the process that filled them was killed."""

import contextlib

import pytest

from zoo_core.system import atomic_files
from zoo_core.system.atomic_files import scratch_folder

FILLS = """
import sys, time
from pathlib import Path
from zoo_core.system.atomic_files import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "much").write_bytes(bytes(1000))
    print("filled", flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize("exc", [None, ValueError, KeyboardInterrupt])
def test_scratch_folder_is_removed_on_exit(tmp_path, exc):
    path = tmp_path / "new" / "thing"
    try:
        with scratch_folder(path) as folder:
            assert folder.parent.parent == path.parent
            assert list(folder.iterdir()) == []
            (folder / "some").touch()
            if exc:
                raise exc
    except (ValueError, KeyboardInterrupt):
        assert exc
    assert list(path.parent.iterdir()) == []


@contextlib.contextmanager
def filling(spawn, path):
    """Give a process that has filled a temporary folder, and is killed at the end."""
    with spawn("-c", FILLS, path) as process:
        try:
            assert process.stdout.readline() == "filled\n"
            yield process
        finally:
            process.kill()


def test_scratch_folder_removes_only_leftovers_of_killed_process(tmp_path, spawn):
    path = tmp_path / "scratch" / "thing"
    with contextlib.ExitStack() as running:
        killed, alive = (running.enter_context(filling(spawn, path)) for _ in range(2))
        assert len(list(path.parent.iterdir())) == 2
        killed.kill()
        killed.wait()
        with scratch_folder(path), scratch_folder(path.with_name("other thing")):
            pass
        (left,) = path.parent.iterdir()
        assert (left / "new" / "much").exists()
        assert alive.poll() is None


def test_scratch_folder_is_made_again_if_removed_before_it_is_locked(tmp_path, monkeypatch):
    path = tmp_path / "thing"
    lock = atomic_files._lock
    first = []

    def lock_late(file):
        """Lock a file, the first one after another writer has removed what nobody locks."""
        if not first:
            first.append(file)
            with scratch_folder(path):
                pass
        return lock(file)

    monkeypatch.setattr(atomic_files, "_lock", lock_late)
    with scratch_folder(path) as folder:
        (folder / "file").touch()
        with scratch_folder(path):  # and now it is locked
            assert (folder / "file").exists()
    assert list(tmp_path.iterdir()) == []
