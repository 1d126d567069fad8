"""Files of data sets that are there already are used, once they are seen to be the right ones."""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from zoo_core.errors import DataError, InvalidValueError, UnavailableError, VerificationError
from zoo_torchvision.datasets import files, local_files, torchvision_metadata

sys.path.append(str(Path(__file__).parent))  # behind what is installed

from small_sets import NAMES, SIZES, idx, pickled


def origin_of(name):
    return getattr(files, name.upper().replace("-", "_"))


def forms_of(name):
    return origin_of(name).forms


FORMS = [(name, number) for name in NAMES for number in range(len(forms_of(name)))]
VOUCHED = [(name, number) for name, number in FORMS if forms_of(name)[number].has_checksum]


@pytest.mark.parametrize("name", NAMES)
def test_torchvision_knows_every_file_that_is_downloaded_or_vouched_for(name):
    remotes = torchvision_metadata.remotes(name)
    assert all(remotes[file].urls for file in forms_of(name)[0].files)
    for form in forms_of(name):
        knows = all(file in remotes or file in origin_of(name).contents for file in form.files)
        assert knows == form.has_checksum


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Return the folder that ZOO_DATA names; a test has no network to ask for more."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("ZOO_DATA", str(folder))
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    return folder


@pytest.mark.parametrize("within", ["", "its own folder"])
@pytest.mark.parametrize(("name", "number"), FORMS)
def test_files_that_are_there_are_used(sample, data, name, number, within):
    made = sample(name)
    made.write(data / name if within else data, number)
    assert made.equals(made.load())


@pytest.mark.parametrize(("name", "number"), VOUCHED)
def test_a_file_that_is_not_the_right_one_is_named(sample, data, kept, name, number):
    made = sample(name)
    made.write(data, number)
    for file, content in made.form(number).items():
        wrong = content[:-9] + b"something"
        if (name, number) == ("fashion-mnist", 0):  # which may have been packed anew
            wrong = gzip.compress(gzip.decompress(content)[:-9] + b"something")
        (data / file).write_bytes(wrong)
        said = rf"{data / file} has the md5 [0-9a-f]+, it should be [0-9a-f]+. .*another folder"
        with pytest.raises(VerificationError, match=said):
            made.load()
        assert kept() == []
        (data / file).write_bytes(content)
    assert made.equals(made.load())


def test_a_pickle_is_not_read_before_it_is_known(sample, data, tmp_path):
    class Run:
        def __reduce__(self):
            return Path.touch, (tmp_path / "was run",)

    made = sample("cifar10")
    made.write(data, 1, **{"cifar-10-batches-py/batches.meta": pickled(Run())})
    with pytest.raises(VerificationError, match=r"batches\.meta has the md5"):
        made.load()
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize(("name", "number"), FORMS)
def test_a_file_that_is_lacking_is_named(sample, data, kept, name, number):
    made = sample(name)
    made.write(data, number)
    *others, last = made.form(number)
    if not others:
        return  # an archive: then nothing is there
    (data / last).unlink()
    with pytest.raises(DataError) as caught:
        made.load()
    many = len(others)
    assert caught.value.problem == (
        f"{data} has {many} of the {many + 1} files of {name}, and lacks {last}"
    )
    assert kept() == []


def test_a_folder_with_nothing_of_it_is_passed_over(sample, data):
    (data / "notes.txt").touch()
    (data / "kmnist").mkdir()
    sample("cifar10").write(data, 1)
    with pytest.raises(UnavailableError, match="kmnist are not on this machine"):
        sample("kmnist").load()


@pytest.mark.parametrize("given", ["no/such/folder", "~nobody/x", __file__])
def test_what_is_no_folder_is_named(sample, monkeypatch, given):
    monkeypatch.setenv("ZOO_DATA", given)
    with pytest.raises(InvalidValueError, match=f"ZOO_DATA is '{given}', which is no folder"):
        sample("kmnist").load()


def test_the_folder_of_its_name_comes_first(sample, data):
    sample("fashion-mnist").write(data)  # its files are called as kmnist's
    made = sample("kmnist")
    made.write(data / "kmnist")
    assert made.equals(made.load())


def test_debians_folder_comes_after_the_users(sample, data, monkeypatch):
    made = sample("kmnist")
    made.write(local_files.SYSTEM / "kmnist")
    assert local_files.find_local_files(made.origin).folder == local_files.SYSTEM / "kmnist"
    made.write(data)
    assert local_files.find_local_files(made.origin).folder == data
    monkeypatch.delenv("ZOO_DATA")
    assert made.equals(made.load())


def test_an_archive_is_enough_though_not_all_is_unpacked(sample, data):
    made = sample("cifar100")
    made.write(data, 1)
    (data / "cifar-100-python" / "meta").unlink()
    made.write(data, 0)
    assert made.equals(made.load())


def test_files_without_a_checksum_are_themselves_what_is_kept(sample, data, kept):
    made = sample("kmnist")
    made.write(data, 1)
    first = made.load()
    labels = idx(np.arange(SIZES["test"]) % 10)
    made.write(data, 1, **{"t10k-labels-idx1-ubyte": labels})
    assert made.load().splits["test"].labels[:, 0].tolist() == [*range(10), 0, 1]
    assert len(kept()) == 2
    made.write(data, 1)
    assert made.load().sha256() == first.sha256()


def test_what_is_kept_needs_no_torchvision(sample, data, run_python):
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
def test_malformed_files_are_refused(sample, data, kept, exc):
    made = sample("kmnist")
    made.write(data, 1, **{"t10k-labels-idx1-ubyte": MALFORMED[exc]})
    with pytest.raises(DataError):
        made.load()
    assert kept() == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60))
def test_any_bytes_are_refused(sample, data, content):
    made = sample("qmnist")
    made.write(data, 1, **{"qmnist-test-labels-idx2-int": content})
    with pytest.raises(DataError, match=f"files of qmnist in {data} are not what they should be"):
        made.load()


@pytest.mark.parametrize("name", ["fashion-mnist", "emnist-letters"])
@pytest.mark.parametrize(
    "change", [lambda c: c[:-20], lambda c: b"plain", lambda c: c[:-9] + c[:9]]
)
def test_a_damaged_gzip_file_is_named(sample, data, kept, name, change):
    made = sample(name)
    number = {"fashion-mnist": 0, "emnist-letters": 2}[name]
    path, content = list(made.form(number).items())[-1]
    made.write(data, number, **{path: change(content)})
    with pytest.raises(DataError, match=rf"{path} cannot be unpacked: .*name another folder"):
        made.load()
    assert kept() == []


def test_mnist_is_not_taken_for_kmnist(sample, data):
    mnist = pytest.importorskip("zoo_mnist.mnist", reason="zoo-mnist is not installed")
    made = sample("kmnist")
    images = gzip.decompress((mnist.DATA / "train-images-idx3-ubyte.gz").read_bytes())
    made.write(data, 1, **{"train-images-idx3-ubyte": images})
    with pytest.raises(VerificationError, match="train-images-idx3-ubyte is of MNIST, not of kmn"):
        made.load()


@pytest.mark.parametrize(("name", "number"), FORMS)
def test_a_file_that_may_not_be_read_is_named(sample, data, monkeypatch, name, number):
    made = sample(name)
    made.write(data, number)
    opened = Path.open

    def refuse(path, *how):  # as for anybody but root, who may read everything
        if path.is_relative_to(data):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *how)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError) as caught:
        made.load()
    assert caught.value.problem == f"{data / next(iter(made.form(number)))} cannot be read: " + (
        "Permission denied"
    )
