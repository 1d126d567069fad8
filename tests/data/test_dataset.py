"""Data sets as arrays, checked against their specs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.dataset import ArrayDataset, Split, load_dataset
from zoo_core.data.splits import TrainingData, check_targets, permutation, split_rows
from zoo_core.errors import DataError, VerificationError
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, class_targets
from zoo_core.plugins.entry import Entry
from zoo_core.pretrained.load import load_pretrained
from zoo_core.tasks.classification import Classification
from zoo_core.training.training import Training


def images(*shape):
    return np.zeros(shape, np.uint8)


def labels(*numbers):
    return np.array(numbers, np.int64)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (images(2, 1, 3, 3), (labels(0),), "2 inputs and 1 targets"),
        (images(2, 1, 3, 3), (labels(0, 0), labels(0)), "2 inputs and 2, 1 targets"),
        (images(0, 1, 3, 3), (labels(),), "at least 1, got 0 inputs and 0 targets"),
        (images(2, 1, 3, 3), labels(0, 0), "tuple of targets.*ndarray"),
        (images(2, 1, 3, 3), (), "one array per head"),
    ],
)
def test_split_rejects_wrong_number_of_targets(inputs, targets, message):
    with pytest.raises(DataError, match=message):
        Split(inputs, targets)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (np.zeros((2, 1, 3, 3), np.float32), (labels(0, 0),), "uint8 .*, got float32"),
        (images(2, 3, 3), (labels(0, 0),), r"uint8 \(N, 1, 3, 3\), got uint8 \(2, 3, 3\)"),
        (images(2, 1, 3, 3), (labels(0, 1),) * 2, "'train'.* expected 1.* got 2"),
    ],
)
def test_array_dataset_rejects_arrays_unlike_its_specs(inputs, targets, message):
    with pytest.raises(DataError, match=message):
        ArrayDataset(
            {"train": Split(inputs, targets)}, class_targets("ab"), input=InputSpec(shape=(1, 3, 3))
        )


def test_array_dataset_rejects_split_unlike_training_split():
    splits = {
        "train": Split(images(2, 1, 3, 3), (labels(0, 1),)),
        "test": Split(images(2, 1, 3, 4), (labels(0, 1),)),
    }
    with pytest.raises(DataError, match=r"'test': expected uint8 \(N, 1, 3, 3\), got .* 3, 4\)"):
        ArrayDataset(splits, class_targets("ab"))


def test_classes_without_names_are_named_by_their_numbers():
    heads = (*class_targets(3), TargetSpec(task="multi-label", size=2), TargetSpec(task="values"))
    targets = (labels(2, 0), np.zeros((2, 2), np.uint8), np.zeros(2, np.float32))
    dataset = ArrayDataset({"train": Split(images(2, 1, 3, 3), targets)}, heads)
    assert [target.classes for target in dataset.targets] == [("0", "1", "2"), ("0", "1"), ()]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (labels(0, 2), r"'train', head 1 \(classification\): expected labels 0 to 1, got 0 to 2"),
        (labels(-1, 0), "expected labels 0 to 1, got -1 to 0"),
        (np.zeros(2, np.int32), r"labels int64 \(N,\), got int32 \(2,\)"),
        (labels([0], [0]), r"labels int64 \(N,\), got int64 \(2, 1\)"),
    ],
)
def test_check_targets_rejects_labels_without_class(targets, message):
    dataset = ArrayDataset({"train": Split(images(2, 1, 3, 3), (targets,))}, class_targets("ab"))
    with pytest.raises(DataError, match=message):
        check_targets(dataset, [Classification(target) for target in dataset.targets])


@pytest.mark.parametrize("stated", [True, False])
def test_training_and_evaluation_check_targets(toy, run, monkeypatch, stated):
    """They name wrong targets also where these have changed the checksum."""
    import zoo_toy.data

    dataset = load_dataset(toy.dataset("toy"))
    test = dataset.splits["test"]
    wrong = dataclasses.replace(test, targets=(np.full_like(test.targets[0], 3),))
    changed = dataclasses.replace(dataset, splits={**dataset.splits, "test": wrong})
    monkeypatch.setattr(zoo_toy.data, "load", lambda: changed)
    entry = toy.dataset("toy")
    spec = dataclasses.replace(entry.spec, sha256=entry.spec.sha256 if stated else "")
    toy._entries_by_kind["datasets"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    with pytest.raises(DataError, match="'test', head 1"):
        Training.new(toy, "softmax").run()
    with pytest.raises(DataError, match="'test', head 1"):
        evaluate_pretrained(toy, [load_pretrained(toy, run.folder)])


def test_dataset_sha256_covers_pixels_labels_splits_and_classes(toy):
    dataset = load_dataset(toy.dataset("toy"))
    split = dataset.splits["test"]
    pixels, targets = split.inputs.copy(), split.targets[0].copy()
    pixels[-1, 0, -1, -1] ^= 1
    targets[-1] = (targets[-1] + 1) % 3
    splits = [
        {"test": Split(pixels, split.targets)},
        {"test": Split(split.inputs, (targets,))},
        {"extra": split},
    ]
    changed = [dataclasses.replace(dataset, splits={**dataset.splits, **new}) for new in splits]
    changed.append(dataclasses.replace(dataset, targets=class_targets(("high", "middle", "LOW"))))
    assert len({dataset.sha256(), *(other.sha256() for other in changed)}) == 5


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sha256": "0" * 64}, VerificationError, r"'toy': .* 0{64}\b.* got [0-9a-f]{64}\b"),
        (
            {"input": InputSpec(shape=(1, 7, 5))},
            DataError,
            r"\(200, 1, 7, 5\).* got \(200, 1, 6, 5\)",
        ),
        (
            {"input": InputSpec(kind="array", shape=(1, 6, 5))},
            DataError,
            "dtype .* expected float32 .* got uint8",
        ),
        ({"targets": class_targets(4)}, DataError, r"targets of dataset 'toy'.* 4, .* 3, "),
        ({"sizes": {"train": 201, "test": 50}}, DataError, "split 'train'"),
        ({"sizes": {"train": 200, "test": 50, "x": 1}}, DataError, "split 'x' .*None"),
    ],
)
def test_load_dataset_rejects_content_unlike_spec(toy, change, error, message):
    entry = toy.dataset("toy")
    with pytest.raises(error, match=message):
        load_dataset(Entry(dataclasses.replace(entry.spec, **change), entry.plugin))


def test_author_of_changed_data_gets_new_checksum(toy, monkeypatch):
    entry = toy.dataset("toy")
    sha256 = load_dataset(entry).sha256()
    changed = Entry(dataclasses.replace(entry.spec, sha256="0" * 64), entry.plugin)
    with pytest.raises(VerificationError, match="Reinstall zoo-toy"):
        load_dataset(changed)
    monkeypatch.setattr("zoo_core.plugins.faults.editable.is_editable", lambda name: True)
    with pytest.raises(VerificationError, match=rf"edit its spec at .*plugin.py.*: .*{sha256}"):
        load_dataset(changed)


@pytest.mark.parametrize("declares", [True, False])
def test_load_dataset_verifies_expected_sha256(toy, declares):
    entry = toy.dataset("toy")
    sha256 = entry.spec.sha256
    if not declares:  # as for a source, whose content is not known beforehand
        entry = Entry(dataclasses.replace(entry.spec, sha256=""), entry.plugin)
    assert load_dataset(entry, expected=sha256).sha256() == sha256
    with pytest.raises(VerificationError, match=rf"toy .*\b0{{64}}\b.*\b{sha256}\b"):
        load_dataset(entry, expected="0" * 64)


@given(st.integers(2, 500), st.floats(0.001, 0.999), st.none() | st.integers(0, 2**32))
def test_split_rows_assigns_every_row_once(size, share, seed):
    train, validation = split_rows(size, share, seed)
    assert len(train)
    assert len(validation)
    assert sorted([*train, *validation]) == list(range(size))
    again = split_rows(size, share, seed)
    assert np.array_equal(train, again[0])


def test_split_rows_holds_out_last_rows_without_seed():
    train, validation = split_rows(10, 0.2, None)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert validation.tolist() == [8, 9]


def test_training_order_depends_only_on_seed_and_epoch(toy):
    dataset = load_dataset(toy.dataset("toy"))
    rows, held_out = split_rows(200, 0.1, 0)
    data = TrainingData(dataset, rows, held_out, normalization=None)
    assert np.array_equal(data.order(3, 5), data.order(3, 5))
    assert set(data.order(3, 5)) == set(rows)
    different = [data.order(3, 5), data.order(3, 6), data.order(4, 5), data.order(5, 3)]
    assert len({tuple(order) for order in different}) == 4


def test_permutation_is_same_on_every_machine():
    assert permutation(10, 1, 2).tolist() == [5, 6, 9, 3, 2, 1, 0, 8, 4, 7]
