"""Data sets from local files: verified, then used."""

import gzip
import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnavailableError, VerificationError
from zoo_torchvision.datasets import files, local_files, torchvision_metadata

sys.path.append(str(Path(__file__).parent))  # after installed packages

from small_sets import NAMES, SIZES, idx, pickled


def origin_of(name):
    return getattr(files, name.upper().replace("-", "_"))


def forms_of(name):
    return origin_of(name).forms


FORMS = [(name, number) for name in NAMES for number in range(len(forms_of(name)))]
VOUCHED = [(name, number) for name, number in FORMS if forms_of(name)[number].has_checksum]
SEVERAL = [(name, number) for name, number in FORMS if len(forms_of(name)[number].files) > 1]


@pytest.mark.parametrize("name", NAMES)
def test_metadata_covers_every_downloaded_or_checksummed_file(name):
    remotes = torchvision_metadata.remotes(name)
    assert all(remotes[file].urls for file in forms_of(name)[0].files)
    for form in forms_of(name):
        covered = all(file in remotes or file in origin_of(name).contents for file in form.files)
        assert covered == form.has_checksum


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return the folder in ZOO_DATA; downloads are forbidden."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("ZOO_DATA", str(folder))
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    return folder


@pytest.mark.parametrize("within", ["", "its own folder"])
@pytest.mark.parametrize(("name", "number"), FORMS)
def test_load_uses_local_files(sample, data, name, number, within):
    made = sample(name)
    made.write(data / name if within else data, number)
    assert made.equals(made.load())


@pytest.mark.parametrize(("name", "number"), VOUCHED)
def test_load_names_file_with_wrong_checksum(sample, data, kept, name, number):
    made = sample(name)
    made.write(data, number)
    for file, content in made.form(number).items():
        wrong = content[:-9] + b"something"
        if (name, number) == ("fashion-mnist", 0):  # whose files may be compressed again
            wrong = gzip.compress(gzip.decompress(content)[:-9] + b"something")
        (data / file).write_bytes(wrong)
        facts = rf"{data / file}: .*md5 [0-9a-f]+\b.* [0-9a-f]{{32}}\. .*ZOO_DATA"
        with pytest.raises(VerificationError, match=facts):
            made.load()
        assert kept() == []
        (data / file).write_bytes(content)
    assert made.equals(made.load())


def test_load_verifies_pickle_before_reading(sample, data, tmp_path):
    class Run:
        def __reduce__(self):
            return Path.touch, (tmp_path / "was run",)

    made = sample("cifar10")
    made.write(data, 1, **{"cifar-10-batches-py/batches.meta": pickled(Run())})
    with pytest.raises(VerificationError, match=r"batches\.meta: .*md5 "):
        made.load()
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize(("name", "number"), SEVERAL)
def test_load_names_missing_file(sample, data, kept, name, number):
    made = sample(name)
    made.write(data, number)
    *others, last = made.form(number)
    (data / last).unlink()
    with pytest.raises(DataError) as caught:
        made.load()
    many = len(others)
    facts = rf"{data} .*\b{many} of .*\b{many + 1} .*\b{name}\b.* {re.escape(last)}"
    assert re.search(facts, caught.value.problem)
    assert not any(file in caught.value.problem for file in others)
    assert kept() == []


def test_load_ignores_folder_without_files_of_dataset(sample, data):
    (data / "notes.txt").touch()
    (data / "kmnist").mkdir()
    sample("cifar10").write(data, 1)
    with pytest.raises(UnavailableError, match=r"-idx3-ubyte\.gz .*ZOO_OFFLINE.* --data-dir"):
        sample("kmnist").load()


@pytest.mark.parametrize("given", ["no/such/folder", "~nobody/x", __file__])
def test_load_rejects_zoo_data_that_is_not_a_folder(sample, monkeypatch, given):
    monkeypatch.setenv("ZOO_DATA", given)
    with pytest.raises(InvalidValueError, match=f"ZOO_DATA .*'{given}'"):
        sample("kmnist").load()


def test_load_prefers_folder_named_after_dataset(sample, data):
    sample("fashion-mnist").write(data)  # its files have the names of kmnist's
    made = sample("kmnist")
    made.write(data / "kmnist")
    assert made.equals(made.load())


def test_find_local_files_prefers_zoo_data_over_debian_folder(sample, data, monkeypatch):
    made = sample("kmnist")
    made.write(local_files.SYSTEM / "kmnist")
    assert local_files.find_local_files(made.origin).folder == local_files.SYSTEM / "kmnist"
    made.write(data)
    assert local_files.find_local_files(made.origin).folder == data
    monkeypatch.delenv("ZOO_DATA")
    assert made.equals(made.load())


def test_load_uses_archive_if_unpacked_files_are_incomplete(sample, data):
    made = sample("cifar100")
    made.write(data, 1)
    (data / "cifar-100-python" / "meta").unlink()
    made.write(data, 0)
    assert made.equals(made.load())


def test_cache_distinguishes_files_without_checksum_by_content(sample, data, kept):
    made = sample("kmnist")
    made.write(data, 1)
    first = made.load()
    labels = idx(np.arange(SIZES["test"]) % 10)
    made.write(data, 1, **{"t10k-labels-idx1-ubyte": labels})
    assert made.load().splits["test"].targets[0].tolist() == [*range(10), 0, 1]
    assert len(kept()) == 2
    made.write(data, 1)
    assert made.load().sha256() == first.sha256()


def test_cached_dataset_loads_without_importing_torch(sample, data, run_python):
    sample("kmnist").write(data, 1)
    sample("kmnist").load()
    code = (
        "import sys; from zoo_torchvision.datasets.load import kmnist; "
        "print(len(kmnist().splits['train'])); assert 'torch' not in sys.modules"
    )
    assert run_python(code) == f"{SIZES['train']}\n"


MALFORMED = {
    "empty": b"",
    "text": b"Sorry.",
    "cut short": idx(np.zeros(12))[:-1],
    "long": idx(np.zeros(12)) + b"x",
    "promises much": b"\0\0\x08\1" + struct.pack(">I", 0xFFFFFFFF),
    "too few labels": idx(np.zeros(11)),
    "of another type": idx(np.zeros(12), 12),
    "of more dimensions": idx(np.zeros((3, 4))),
    "of no dimension": b"\0\0\x08\0",
    "no classes": idx(np.full(12, 10)),
}


@pytest.mark.parametrize("exc", MALFORMED)
def test_load_rejects_malformed_idx_files(sample, data, kept, exc):
    made = sample("kmnist")
    made.write(data, 1, **{"t10k-labels-idx1-ubyte": MALFORMED[exc]})
    with pytest.raises(DataError):
        made.load()
    assert kept() == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60))
def test_load_rejects_arbitrary_bytes(sample, data, content):
    made = sample("qmnist")
    made.write(data, 1, **{"qmnist-test-labels-idx2-int": content})
    with pytest.raises(DataError, match=f"qmnist .*{data} .*ZOO_DATA"):
        made.load()


@pytest.mark.parametrize("name", ["fashion-mnist", "emnist-letters"])
@pytest.mark.parametrize(
    "change", [lambda c: c[:-20], lambda c: b"plain", lambda c: c[:-9] + c[:9]]
)
def test_load_names_damaged_gzip_file(sample, data, kept, name, change):
    made = sample(name)
    number = {"fashion-mnist": 0, "emnist-letters": 2}[name]
    path, content = list(made.form(number).items())[-1]
    made.write(data, number, **{path: change(content)})
    with pytest.raises(DataError, match=rf"{path} .*unpacked: .*ZOO_DATA"):
        made.load()
    assert kept() == []


def test_load_rejects_mnist_files_as_kmnist(sample, data):
    mnist = pytest.importorskip("zoo_mnist.mnist", reason="zoo-mnist is not installed")
    made = sample("kmnist")
    images = gzip.decompress((mnist.DATA / "train-images-idx3-ubyte.gz").read_bytes())
    made.write(data, 1, **{"train-images-idx3-ubyte": images})
    with pytest.raises(VerificationError, match=r"train-images-idx3-ubyte .*\bMNIST\b.* kmnist"):
        made.load()


@pytest.mark.parametrize(("name", "number"), FORMS)
def test_load_names_unreadable_file(sample, data, monkeypatch, name, number):
    made = sample(name)
    made.write(data, number)
    opened = Path.open

    def refuse(path, *how):  # not by permissions, because root may read everything
        if path.is_relative_to(data):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError) as caught:
        made.load()
    assert caught.value.problem.startswith(f"{data / next(iter(made.form(number)))} ")
    assert caught.value.problem.endswith(": Permission denied")
