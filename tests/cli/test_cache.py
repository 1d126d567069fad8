"""`zoo cache` on copies of data sets: listed, pruned, removed."""

import os
import time

import numpy as np
import pytest

from zoo_core.data.dataset import Split
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.plugins.data_specs import InputSpec, class_targets

DAY = 86_400


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "zoo-home"))
    return tmp_path / "zoo-home" / "datasets"


@pytest.fixture
def copy(home):
    """Return a function that stores a data set of 5 images, and sets its last use."""

    def make(origin, key, *, days=0.0):
        def split(size):
            return [Split(np.ones((size, 1, 2, 2), np.uint8), (np.zeros(size, np.int64),))]

        content = DatasetContent(
            splits={"train": split(3), "test": split(2)},
            input=InputSpec(shape=(1, 2, 2)),
            targets=class_targets("ab"),
            origin=origin,
        )
        load_or_create("photos", key, lambda: content)
        folder = home / f"photos-{key}"
        used = time.time() - days * DAY
        os.utime(folder, (used, used))
        return folder

    return make


@pytest.fixture
def leftover(home):
    """Return a function that leaves a temporary folder behind, as a killed process does."""

    def make(*, hours):
        folder = home / f".photos-x.tmp-{hours}" / "new"
        folder.mkdir(parents=True)
        (folder / "train-images.npy").write_bytes(b"12345678")
        changed = time.time() - hours * 3600
        for path in (folder / "train-images.npy", folder, folder.parent):
            os.utime(path, (changed, changed))
        return folder.parent

    return make


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_list_shows_copies_with_last_use(cli, copy, leftover):
    new, old = copy("folder:my photos", "a"), copy("", "b", days=3)
    waste = leftover(hours=30)
    report = cli("cache", "list", "--json").json
    assert report["files"] == []
    assert [each["folder"] for each in report["datasets"]] == [str(new), str(waste), str(old)]
    first, second, third = report["datasets"]
    assert first["name"] == "folder:my photos"
    assert (first["images"], first["bytes"], first["status"]) == (5, size_of(new), "complete")
    assert (second["bytes"], second["status"]) == (8, "incomplete")
    assert third["name"] == "photos-b"
    age = time.time() - time.mktime(time.strptime(third["last_use"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert abs(age + time.timezone - 3 * DAY) < 7200
    shown = cli("cache", "list").out
    assert "DATA SET" in shown
    assert "incomplete" in shown
    assert "photos-a" in shown


def test_use_makes_copy_new(copy):
    folder = copy("x", "a", days=9)
    before = folder.stat().st_mtime
    load_or_create("photos", "a", lambda: pytest.fail("it is stored"))
    assert folder.stat().st_mtime > before


def test_prune_removes_copies_that_were_not_used(cli, copy):
    new, old = copy("x", "a"), copy("y", "b", days=3)
    assert cli("cache", "prune").out == "Freed 0 bytes.\n"
    size = size_of(old)
    assert cli("cache", "prune", "--unused", "2").out == f"Freed {size:,} bytes.\n"
    assert (new.exists(), old.exists()) == (True, False)
    assert cli("cache", "prune", "--unused", "0", "--json").json["freed"] > 0
    assert not new.exists()


def test_prune_removes_leftovers_and_copies_of_earlier_formats(cli, copy, leftover):
    waste, recent = leftover(hours=30), leftover(hours=1)
    outdated, good = copy("x", "a"), copy("y", "b")
    (outdated / "dataset.json").write_text('{"format": 1}')
    statuses = {
        row["folder"]: row["status"] for row in cli("cache", "list", "--json").json["datasets"]
    }
    assert statuses[str(outdated)] == "outdated"
    cli("cache", "prune")
    assert [each.exists() for each in (waste, recent, outdated, good)] == [False, True, False, True]
    cli("cache", "prune", "--unused", "0")  # an hour without a change: no process writes it
    assert not recent.exists()


def test_prune_leaves_what_a_process_may_still_write(cli, leftover):
    written = leftover(hours=0)
    cli("cache", "prune", "--unused", "0")
    assert written.exists()


def test_prune_of_datasets_reads_no_registry(cli, copy, tmp_path):
    old = copy("x", "a", days=9)
    broken = tmp_path / "broken"
    broken.mkdir()
    settings = tmp_path / "zoo-home" / "registries.json"
    settings.write_text(f'{{"registries": {{"broken": "{broken.as_posix()}"}}}}')
    assert cli("cache", "prune", "--unused", "1").code != 0
    assert old.exists()
    assert cli("cache", "prune", "--datasets", "--unused", "1").code == 0
    assert not old.exists()


@pytest.mark.parametrize("name", ["folder:my photos", "photos-a"])
def test_remove_names_a_data_set_or_a_folder(cli, copy, name):
    folder, other = copy("folder:my photos", "a"), copy("y", "b")
    size = size_of(folder)
    assert cli("cache", "remove", name, "--json").json == {"schema": 1, "freed": size}
    assert (folder.exists(), other.exists()) == (False, True)


def test_remove_of_misspelled_name_removes_nothing(cli, copy):
    folder = copy("folder:photos", "a")
    result = cli("cache", "remove", "folder:photos", "folder:photso")
    assert result.code == 3
    assert "'folder:photso'. Did you mean 'folder:photos'?" in result.err
    assert folder.exists()


def test_copy_that_is_removed_during_its_use_can_be_made_again(copy):
    from zoo_core.cli.stored_datasets import stored_datasets

    copy("x", "a")
    (stored,) = stored_datasets()
    freed = stored.remove()
    assert freed == stored.bytes > 0
    assert copy("x", "a").exists()
