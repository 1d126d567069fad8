"""MNIST is MNIST, whole; what is not is refused."""

import gzip
import shutil
import struct

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError, VerificationError
from zoo_mnist import mnist, two_digit
from zoo_mnist.idx import read_idx
from zoo_mnist.plugin import zoo_datasets


@pytest.fixture(scope="module")
def digits():
    return mnist.load()


@pytest.fixture(scope="module")
def pairs():
    return two_digit.load()


def test_mnist_has_every_image(digits):
    train, test = digits.splits["train"], digits.splits["test"]
    assert train.images.shape == (60_000, 1, 28, 28)
    assert test.images.shape == (10_000, 1, 28, 28)
    assert np.bincount(test.labels[:, 0]).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["digits", "pairs"])
def test_mean_and_std_are_those_of_the_training_pixels(name, request):
    dataset = request.getfixturevalue(name)
    pixels = dataset.splits["train"].images / 255
    assert dataset.mean == pytest.approx((pixels.mean(),), abs=1e-7)
    assert dataset.std == pytest.approx((pixels.std(),), abs=1e-7)


@pytest.mark.parametrize("name", ["digits", "pairs"])
def test_the_declared_checksum_is_that_of_the_content(name, request):
    spec = zoo_datasets()[["digits", "pairs"].index(name)]
    assert request.getfixturevalue(name).sha256() == spec.sha256


def test_a_pair_is_the_brighter_pixel_of_two_digits(digits, pairs):
    rows = np.loadtxt(two_digit.TEST_PAIRS, np.int64, delimiter=",", skiprows=1)
    assert rows[0].tolist() == [2215, 5453]
    source, test = digits.splits["test"], pairs.splits["test"]
    assert test.images.shape == (4_000, 1, 42, 28)
    for i in (0, 1, 3_999):
        top, bottom = source.images[rows[i]][:, 0]
        image = test.images[i, 0]
        assert np.array_equal(image[:14], top[:14])
        assert np.array_equal(image[14:28], np.maximum(top[14:], bottom[:14]))
        assert np.array_equal(image[28:], bottom[14:])
        assert test.labels[i].tolist() == source.labels[rows[i], 0].tolist()


def test_training_pairs_come_from_training_digits(digits, pairs):
    rows = two_digit.train_pairs(60_000)
    assert rows.shape == (40_000, 2)
    assert 0 <= rows.min() < 10
    assert 59_990 < rows.max() < 60_000
    train = pairs.splits["train"]
    assert np.array_equal(train.labels, digits.splits["train"].labels[:, 0][rows])


def idx(path, content):
    with gzip.open(path, "wb") as file:
        file.write(content)
    return path


@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), data=st.data())
def test_idx_is_read_back(tmp_path_factory, shape, data):
    size = int(np.prod(shape))
    body = data.draw(st.binary(min_size=size, max_size=size))
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path = idx(tmp_path_factory.getbasetemp() / "any.gz", header + body)
    array = read_idx(path)
    assert array.shape == tuple(shape)
    assert array.tobytes() == body


@given(st.binary(max_size=60))
def test_idx_refuses_or_reads_any_bytes(tmp_path_factory, content):
    path = idx(tmp_path_factory.getbasetemp() / "any.gz", content)
    try:
        array = read_idx(path)
    except DataError as exc:
        assert "is not an IDX file of bytes" in str(exc)
    else:
        assert len(content) == 4 + 4 * array.ndim + array.size


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x0d\1" + bytes(8), "begins with 00000d01"),
        (b"\0\0\x08\0", "begins with 00000800"),
        (b"\1\0\x08\1" + bytes(8), "begins with 01000801"),
        (b"\0\0\x08\3" + bytes(8), "header of 3 dimensions is cut short"),
        (b"\0\0\x08\1\0\0\0\5abcd", r"\(5,\) promises 5 bytes, it has 4"),
        (b"\0\0\x08\1\0\0\0\3abcd", "promises 3 bytes, it has more"),
        (b"\0\0\x08\3" + b"\xff" * 12 + b"abcd", "promises more than 1 GiB"),
    ],
)
def test_a_malformed_idx_file_says_how(tmp_path, content, said):
    with pytest.raises(DataError, match=said):
        read_idx(idx(tmp_path / "bad.gz", content))


def copy_with(tmp_path, change):
    """Copy MNIST with one file changed; `change` takes its bytes and gives others."""
    shutil.copytree(mnist.DATA, tmp_path / "data")
    path = tmp_path / "data" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(change(path.read_bytes()))
    return tmp_path / "data"


def flip_one_label(content):
    labels = bytearray(gzip.decompress(content))
    labels[100] ^= 1
    return gzip.compress(bytes(labels))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda content: content[:2000], DataError, "cannot be read"),
        (lambda content: b"plain text", DataError, "cannot be read"),
        (lambda content: content[:300] + b"\0\0\0\0" + content[304:], DataError, "cannot be read"),
        (flip_one_label, VerificationError, "has the sha256"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-1]), DataError, "it has 9,999"),
    ],
)
def test_a_corrupted_file_is_named_with_the_remedy(tmp_path, change, error, said):
    with pytest.raises(error, match=rf"t10k-labels.*{said}.*Reinstall zoo-mnist"):
        mnist.load(copy_with(tmp_path, change))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"train-images.*No such file"):
        mnist.load(tmp_path)


def test_fresh_pairs_are_of_digits_that_are_not_held_out():
    digits, pairs = mnist.load().splits["train"], two_digit.train_pairs(60_000)
    # So many that few digits are left, whose images are then told apart quickly.
    held_out = np.arange(39_000)
    unseen = np.setdiff1d(np.arange(60_000), pairs[held_out])
    composed = two_digit.compose_anew(digits, 3, 1, held_out)
    assert len(composed) == 1_000
    tops = {digits.images[row].tobytes()[: 14 * 28] for row in unseen}
    assert all(image.tobytes()[: 14 * 28] in tops for image in composed.images)
    bottoms = {digits.images[row].tobytes()[14 * 28 :] for row in unseen}
    assert all(image.tobytes()[28 * 28 :] in bottoms for image in composed.images)


def test_every_epoch_and_seed_composes_other_pairs_with_every_digit():
    digits, held_out = mnist.load().splits["train"], np.arange(4_000)
    first, again, other, seed = (
        two_digit.compose_anew(digits, *key, held_out) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert np.array_equal(first.images, again.images)
    assert not np.array_equal(first.labels, other.labels)
    assert not np.array_equal(first.labels, seed.labels)
    counts = np.bincount(first.labels[:, 0] * 10 + first.labels[:, 1], minlength=100)
    assert counts.min() > 200  # of 36,000, for each of the 100 pairs of digits
