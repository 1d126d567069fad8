"""The data sets mnist and two-digit-mnist, and the reader of IDX files."""

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
    assert train.inputs.shape == (60_000, 1, 28, 28)
    assert test.inputs.shape == (10_000, 1, 28, 28)
    assert np.bincount(test.targets[0]).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["digits", "pairs"])
def test_dataset_mean_and_std_match_training_pixels(name, request):
    dataset = request.getfixturevalue(name)
    pixels = dataset.splits["train"].inputs / 255
    assert dataset.mean == pytest.approx((pixels.mean(),), abs=1e-7)
    assert dataset.std == pytest.approx((pixels.std(),), abs=1e-7)


@pytest.mark.parametrize("name", ["digits", "pairs"])
def test_dataset_spec_checksum_matches_content(name, request):
    spec = zoo_datasets()[["digits", "pairs"].index(name)]
    assert request.getfixturevalue(name).sha256() == spec.sha256


def test_pair_takes_brighter_pixel_where_digits_overlap(digits, pairs):
    rows = np.loadtxt(two_digit.TEST_PAIRS, np.int64, delimiter=",", skiprows=1)
    assert rows[0].tolist() == [2215, 5453]
    source, test = digits.splits["test"], pairs.splits["test"]
    assert test.inputs.shape == (4_000, 1, 42, 28)
    for i in (0, 1, 3_999):
        top, bottom = source.inputs[rows[i]][:, 0]
        image = test.inputs[i, 0]
        assert np.array_equal(image[:14], top[:14])
        assert np.array_equal(image[14:28], np.maximum(top[14:], bottom[:14]))
        assert np.array_equal(image[28:], bottom[14:])
        assert [head[i] for head in test.targets] == source.targets[0][rows[i]].tolist()


def test_train_pairs_use_training_digits(digits, pairs):
    rows = two_digit.train_pairs(60_000)
    assert rows.shape == (40_000, 2)
    assert 0 <= rows.min() < 10
    assert 59_990 < rows.max() < 60_000
    train = pairs.splits["train"]
    assert np.array_equal(np.stack(train.targets, axis=1), digits.splits["train"].targets[0][rows])


def idx(path, content):
    with gzip.open(path, "wb") as file:
        file.write(content)
    return path


@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), data=st.data())
def test_read_idx_restores_shape_and_bytes(tmp_path_factory, shape, data):
    size = int(np.prod(shape))
    body = data.draw(st.binary(min_size=size, max_size=size))
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path = idx(tmp_path_factory.getbasetemp() / "any.gz", header + body)
    array = read_idx(path)
    assert array.shape == tuple(shape)
    assert array.tobytes() == body


@given(st.binary(max_size=60))
def test_read_idx_rejects_or_reads_arbitrary_bytes(tmp_path_factory, content):
    path = idx(tmp_path_factory.getbasetemp() / "any.gz", content)
    try:
        array = read_idx(path)
    except DataError as exc:
        assert "IDX" in str(exc)
    else:
        assert len(content) == 4 + 4 * array.ndim + array.size


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"", r"\bnothing\b"),
        (b"\0\0\x0d\1" + bytes(8), r"\b00000d01\b"),
        (b"\0\0\x08\0", r"\b00000800\b"),
        (b"\1\0\x08\1" + bytes(8), r"\b01000801\b"),
        (b"\0\0\x08\3" + bytes(8), r"\b3 dimensions\b"),
        (b"\0\0\x08\1\0\0\0\5abcd", r"\(5,\).*\b5 bytes\b.*\b4\b"),
        (b"\0\0\x08\1\0\0\0\3abcd", r"\(3,\).*\b3 bytes\b.*\b4\b"),
        (b"\0\0\x08\3" + b"\xff" * 12 + b"abcd", r"\(4294967295, .*\b4\b"),
    ],
)
def test_read_idx_describes_malformed_file(tmp_path, content, facts):
    with pytest.raises(DataError, match=rf"bad\.gz .*\bIDX\b.*{facts}"):
        read_idx(idx(tmp_path / "bad.gz", content))


def copy_with(tmp_path, change):
    """Copy MNIST with one file changed; `change` maps its bytes to others."""
    shutil.copytree(mnist.DATA, tmp_path / "data")
    path = tmp_path / "data" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(change(path.read_bytes()))
    return tmp_path / "data"


def flip_one_label(content):
    labels = bytearray(gzip.decompress(content))
    labels[100] ^= 1
    return gzip.compress(bytes(labels))


@pytest.mark.parametrize(
    ("change", "error", "fault"),
    [
        (lambda content: content[:2000], DataError, r"\bread\b"),
        (lambda content: b"plain text", DataError, r"\bread\b"),
        (lambda content: content[:300] + b"\0\0\0\0" + content[304:], DataError, r"\bread\b"),
        (flip_one_label, VerificationError, r"\bsha256\b"),
        (lambda content: gzip.compress(gzip.decompress(content)[:-1]), DataError, r"\b9,999\b"),
    ],
)
def test_mnist_load_names_corrupted_file_and_remedy(tmp_path, change, error, fault):
    with pytest.raises(error, match=rf"t10k-labels.*{fault}.*\bzoo-mnist\b"):
        mnist.load(copy_with(tmp_path, change))


def test_mnist_load_names_missing_file(tmp_path):
    with pytest.raises(DataError, match=r"train-images.*No such file"):
        mnist.load(tmp_path)


def test_compose_anew_excludes_held_out_digits():
    digits, pairs = mnist.load().splits["train"], two_digit.train_pairs(60_000)
    # So many that few digits are left, which makes the comparison below quick.
    held_out = np.arange(39_000)
    unseen = np.setdiff1d(np.arange(60_000), pairs[held_out])
    composed = two_digit.compose_anew(digits, 3, 1, held_out)
    assert len(composed) == 1_000
    tops = {digits.inputs[row].tobytes()[: 14 * 28] for row in unseen}
    assert all(image.tobytes()[: 14 * 28] in tops for image in composed.inputs)
    bottoms = {digits.inputs[row].tobytes()[14 * 28 :] for row in unseen}
    assert all(image.tobytes()[28 * 28 :] in bottoms for image in composed.inputs)


def test_compose_anew_varies_by_epoch_and_seed_and_covers_all_digit_pairs():
    digits, held_out = mnist.load().splits["train"], np.arange(4_000)
    first, again, other, seed = (
        two_digit.compose_anew(digits, *key, held_out) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert np.array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.targets, other.targets)
    assert not np.array_equal(first.targets, seed.targets)
    counts = np.bincount(first.targets[0] * 10 + first.targets[1], minlength=100)
    assert counts.min() > 200  # of 36,000, for each of the 100 pairs of digits
