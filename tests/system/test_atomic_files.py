"""Atomic files and folders, and the removal of temporary ones."""

import os
import threading
import time

import pytest

from zoo_core.system.atomic_files import (
    MAX_AGE,
    atomic_writer,
    new_folder,
    remove_stale_temporaries,
    scratch_folder,
    write_atomic,
)


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


@pytest.mark.parametrize("exc", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("make", [atomic_writer, new_folder])
def test_failed_write_leaves_old_content_and_no_temporary(tmp_path, make, exc):
    write_atomic(tmp_path / "thing", b"old")
    with pytest.raises(exc), make(tmp_path / "thing") as new:
        assert len(list(tmp_path.iterdir())) == 2
        if make is atomic_writer:
            new.write(b"part")
        raise exc
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]
    assert (tmp_path / "thing").read_bytes() == b"old"


def test_new_folder_replaces_old_one(tmp_path):
    for name in ("first", "second"):
        with new_folder(tmp_path / "thing") as folder:
            (folder / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [
        "thing",
        "thing/second",
    ]


def test_concurrent_writers_leave_whole_file_of_one_of_them(tmp_path):
    contents = [bytes([number]) * 100_000 for number in range(4)]
    threads = [
        threading.Thread(target=write_atomic, args=[tmp_path / "thing", content])
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]
    assert (tmp_path / "thing").read_bytes() in contents


@pytest.fixture
def leftovers(tmp_path):
    """Return a file and a folder of killed processes, which were changed long ago."""
    file, folder = tmp_path / ".thing.tmp-1", tmp_path / ".thing.tmp-2"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "part").write_bytes(bytes(1000))
    file.write_bytes(bytes(234))
    for path in (file, folder / "new" / "part", folder / "new", folder):
        age(path)
    return file, folder


def age(path):
    """Make a file older than the maximum age."""
    long_ago = time.time() - MAX_AGE - 1
    os.utime(path, (long_ago, long_ago))


def test_old_temporaries_are_removed(tmp_path, leftovers):
    assert remove_stale_temporaries(tmp_path) >= 1234
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("make", [atomic_writer, scratch_folder])
def test_writer_removes_old_temporaries_of_same_path_alone(tmp_path, leftovers, make):
    with make(tmp_path / "other"):
        pass
    assert all(path.exists() for path in leftovers)
    with make(tmp_path / "thing"):
        pass
    assert not any(path.exists() for path in leftovers)


def test_recent_temporaries_are_kept(tmp_path, leftovers):
    file, folder = leftovers
    os.utime(file)
    os.utime(folder / "new" / "part")  # the folder itself is old
    assert remove_stale_temporaries(tmp_path) == 0
    with atomic_writer(tmp_path / "thing"), scratch_folder(tmp_path / "thing"):
        assert file.exists()
    assert (folder / "new" / "part").exists()
