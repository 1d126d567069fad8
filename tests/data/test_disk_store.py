"""Data sets stored as files: complete or not at all, in memory or memory-mapped."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data import disk_store
from zoo_core.data.dataset import Split
from zoo_core.data.disk_store import (
    DatasetContent,
    find_copy,
    load_copy,
    load_or_create,
    pixel_statistics,
)
from zoo_core.data.examples import Examples
from zoo_core.data.reading_facts import ReadingFacts
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.system.paths import zoo_home

SHAPE = (2, 3, 4)
INPUT, TARGETS = InputSpec(shape=SHAPE), class_targets(("a", "b", "c"))
SIZES = {"train": 50, "test": 20}


def split(size, seed):
    random = np.random.RandomState(seed)
    images = random.randint(0, 256, (size, *SHAPE)).astype(np.uint8)
    return Split(images, (random.randint(0, 3, size).astype(np.int64),))


def parts(whole, step=7):
    for start in range(0, len(whole), step):
        rows = np.arange(start, min(start + step, len(whole)))
        yield Split(whole.inputs[rows], whole.select_targets(rows))


def content(sizes=SIZES):
    splits = {name: parts(split(size, size)) for name, size in sizes.items()}
    return DatasetContent(splits, INPUT, TARGETS)


def folder():
    return Path(zoo_home(), "datasets", "made-1")


def files():
    return sorted(path.name for path in Path(zoo_home(), "datasets").rglob("*"))


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(disk_store, "available_memory", lambda: 100)


def test_load_or_create_stores_content_once():
    first = load_or_create("made", "1", content)
    again = load_or_create("made", "1", lambda: pytest.fail("it is there already"))
    for dataset in (first, again):
        for name, size in SIZES.items():
            np.testing.assert_array_equal(dataset.splits[name].inputs, split(size, size).inputs)
            (labels,), (expected,) = dataset.splits[name].targets, split(size, size).targets
            np.testing.assert_array_equal(labels, expected)
        pixels = split(50, 50).inputs.swapaxes(0, 1).reshape(2, -1) / 255
        assert dataset.mean == pytest.approx(pixels.mean(axis=1))
        assert dataset.std == pytest.approx(pixels.std(axis=1))
        assert dataset.targets == TARGETS
        assert dataset.splits["train"].ahead is None
    assert first.sha256() == again.sha256()


def test_load_or_create_maps_images_when_memory_is_short(little_memory):
    mapped = load_or_create("made", "1", content)
    train = mapped.splits["train"]
    assert train.ahead is not None
    assert not train.inputs.flags.writeable
    np.testing.assert_array_equal(train.inputs, split(50, 50).inputs)
    train.ahead(np.array([0, 49, 7]))  # the first and the last among them
    np.testing.assert_array_equal(train.inputs[[49, 0]], split(50, 50).inputs[[49, 0]])


@pytest.mark.parametrize("damage", ["pixel", "cut", "label", "description", "format", "gone"])
def test_load_or_create_rebuilds_damaged_files(damage):
    expected = load_or_create("made", "1", content).sha256()
    images = folder() / "test-inputs.npy"
    match damage:
        case "pixel":
            images.write_bytes(images.read_bytes()[:-1] + b"\x07")
        case "cut":
            images.write_bytes(images.read_bytes()[:-1])
        case "label":
            labels = folder() / "test-targets-0.npy"
            labels.write_bytes(labels.read_bytes()[:-8] + np.int64(1).tobytes())
        case "description":
            (folder() / "dataset.json").write_text("{")
        case "format":
            facts = json.loads((folder() / "dataset.json").read_text())
            (folder() / "dataset.json").write_text(json.dumps(facts | {"format": 0}))
        case "gone":
            images.unlink()
    made = []

    def make():
        made.append(True)
        return content()

    assert load_or_create("made", "1", make).sha256() == expected
    assert made
    assert files() == sorted(["made-1", *(path.name for path in folder().iterdir())])


def test_load_or_create_rejects_wrong_image_shape():
    narrow = DatasetContent(content().splits, InputSpec(shape=(2, 3, 3)), TARGETS)
    with pytest.raises(DataError, match=r"inputs \(2, 3, 3\), got \(2, 3, 4\)"):
        load_or_create("made", "1", lambda: narrow)
    assert files() == []


def test_load_or_create_leaves_nothing_after_failure():
    def broken():
        yield from list(parts(split(50, 50)))[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_or_create("made", "1", lambda: DatasetContent({"train": broken()}, INPUT, TARGETS))
    assert files() == []
    assert len(load_or_create("made", "1", content).splits["train"]) == 50


def test_load_or_create_reports_unwritable_folder(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"dataset 'made' .*ZOO_HOME"):
        load_or_create("made", "1", content)


MAKING = """
import sys, time
import numpy as np
from pathlib import Path
from zoo_core.data.dataset import ReadingFacts, Split
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.plugins.data_specs import InputSpec, class_targets

def parts():
    for part in range(10):
        Path("made").open("a").write("x")
        yield Split(np.full((5, 1, 2, 2), part, np.uint8), (np.zeros(5, np.int64),))
        time.sleep(float(sys.argv[1]))

def content():
    test = Split(np.zeros((1, 1, 2, 2), np.uint8), (np.zeros(1, np.int64),))
    splits = {"train": parts(), "test": iter([test])}
    return DatasetContent(splits, InputSpec(shape=(1, 2, 2)), class_targets("a"))

print(load_or_create("made", "1", content).sha256())
"""


def test_load_or_create_removes_leftovers_of_killed_process(spawn, run_process, tmp_path):
    with spawn("-c", MAKING, "100") as process:
        while not (tmp_path / "made").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    left = files()
    assert any(".made-1.tmp-" in name for name in left)
    assert "dataset.json" not in left
    for path in folder().parent.rglob("*"):
        os.utime(path, (0, 0))  # a day later
    result = run_process("-c", MAKING, "0")
    assert result.code == 0, result.err
    assert not any(".tmp-" in name for name in files())


@pytest.mark.slow
def test_load_or_create_runs_once_among_concurrent_processes(spawn, tmp_path):
    processes = [spawn("-c", MAKING, "0.05") for _ in range(4)]
    ends = []
    for process in processes:
        with process:
            ends.append(process.communicate(timeout=600))
    assert len({out for out, _ in ends}) == 1, ends
    assert (tmp_path / "made").read_text() == "x" * 10


@pytest.mark.slow
def test_load_or_create_keeps_folder_in_use_by_other_process(spawn, run_process, tmp_path):
    with spawn("-c", MAKING, "100") as process:
        while not (tmp_path / "made").exists():
            time.sleep(0.01)
        shutil.rmtree(Path(zoo_home(), "locks"))  # as on a file system without such locks
        code = run_process("-c", MAKING, "0").code
        left = [path.name for path in folder().parent.iterdir()]
        process.kill()
    assert code == 0
    assert len(left) == 2, left  # the one that is made, and the one that somebody still fills


@given(st.integers(1, 30), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_pixel_statistics_are_exact_and_order_independent(count, channels, seed):
    random = np.random.RandomState(seed)
    images = random.randint(0, 256, (count, channels, 3, 2)).astype(np.uint8)
    mean, std = pixel_statistics(images)
    pixels = images.swapaxes(0, 1).reshape(channels, -1) / 255
    np.testing.assert_allclose(mean, pixels.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(std, pixels.std(axis=1), atol=1e-12)
    assert (mean, std) == pixel_statistics(images[::-1])


FULL_DISK = """
import resource
import numpy as np
from zoo_core.data.dataset import ReadingFacts, Split
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import InputSpec, class_targets

def parts():
    for _ in range(10):
        yield Split(np.zeros((100, 1, 10, 10), np.uint8), (np.zeros(100, np.int64),))

# A limit on the size of files stands for a disk that becomes full while the copy is written.
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    load_or_create("made", "1", lambda: DatasetContent(
        {"train": parts(), "test": parts()}, InputSpec(shape=(1, 10, 10)), class_targets("a")))
except DataError as exc:
    print(exc)
"""


def test_load_or_create_reports_full_disk_and_leaves_nothing(run_process):
    done = run_process("-c", FULL_DISK)
    assert (done.code, done.err) == (0, "")
    assert "cannot store dataset 'made'" in done.out
    assert "zoo cache list" in done.out
    assert files() == []


def test_load_or_create_stores_examples_and_facts():
    keys = [f"{n}.png" for n in range(50)]
    whole = split(50, 1)

    def labeled():
        for start in range(0, 50, 7):
            some = tuple(keys[start : start + 7])
            rows = np.arange(start, start + len(some))
            images, targets = whole.inputs[rows], whole.select_targets(rows)
            yield Split(images, targets, examples=Examples(some, tuple(k[0] for k in some)))

    facts = ReadingFacts("A rule.", {"uint16": (0.0, 4095.0)}, {"hidden": 2}, 3)
    given = DatasetContent(
        {"train": labeled(), "test": [split(20, 2)]}, INPUT, TARGETS, lambda: facts
    )
    for _ in range(2):  # created, then loaded
        dataset = load_or_create("made", "1", lambda: given)
        examples = dataset.splits["train"].examples
        assert examples == Examples(tuple(keys), tuple(key[0] for key in keys))
        assert dataset.splits["test"].examples is None
        assert dataset.facts == facts
        np.testing.assert_array_equal(dataset.splits["train"].inputs, whole.inputs)


def test_find_copy_returns_stored_dataset_by_its_checksum():
    dataset = load_or_create("made", "1", content)
    assert find_copy("0" * 64) is None
    assert find_copy(dataset.sha256()) == folder()
    assert load_copy(str(folder())).sha256() == dataset.sha256()
    (folder() / "train-targets-0.npy").write_bytes(b"damaged")
    with pytest.raises(DataError, match="damaged"):
        load_copy(str(folder()))
