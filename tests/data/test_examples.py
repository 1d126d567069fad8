"""Splits by a hash of each example's identity, and the record of a training's examples."""

import hashlib
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.example_record import (
    Example,
    ExampleRecord,
    describe_changes,
    make_record,
)
from zoo_core.data.examples import Examples, concatenate, content_digests, held_out_rows
from zoo_core.data.splits import training_data
from zoo_core.errors import DataError, VerificationError
from zoo_core.plugins.data_specs import class_targets
from zoo_core.recipes.recipe import Recipe

GROUP = st.text(min_size=1, max_size=8).map(lambda text: unicodedata.normalize("NFC", text))
GROUPS = st.lists(GROUP, min_size=2, max_size=40, unique=True)


def first(row):
    return row[0]


def held_out(groups, share=0.3, salt="test"):
    chosen = held_out_rows(groups, share, salt)
    return {group for group, is_held_out in zip(groups, chosen, strict=True) if is_held_out}


@given(GROUPS, st.data())
def test_other_groups_move_no_group(groups, data):
    some = data.draw(st.lists(st.sampled_from(groups), min_size=1, unique=True))
    whole, part = held_out(groups), held_out(some)
    # The exceptions: the hash holds out all of them, or none, so that another one is.
    assume(whole == by_hash(groups) and by_hash(some) and len(by_hash(some)) < len(some))
    assert part == whole & set(some)


def by_hash(groups, share=0.3, salt="test"):
    """Return the groups whose hash is below the share, by the documented rule."""
    found = set()
    for group in groups:
        text = f"{salt}\0{unicodedata.normalize('NFC', group)}".encode("utf-8", "surrogatepass")
        if int(hashlib.sha256(text).hexdigest()[:16], 16) / 2**64 < share:
            found.add(group)
    return found


@given(st.lists(st.tuples(GROUP, st.integers(0, 3)), min_size=2, max_size=60, unique_by=first))
def test_every_class_is_in_both_splits_unless_it_is_tiny(rows):
    groups, classes = zip(*rows, strict=True)
    chosen = held_out_rows(groups, 0.3, "test", classes)
    natural = by_hash(groups)
    for label in set(classes):
        own = [(g, c) for g, k, c in zip(groups, classes, chosen, strict=True) if k == label]
        assert len(set(classes)) == len(groups) or not all(c for _, c in own)
        if len(own) >= 2:  # 0.3 of two groups is one, rounded
            assert any(c for _, c in own)
        expected = {g for g, _ in own} & natural
        if 0 < len(expected) < len(own):
            assert {g for g, c in own if c} == expected  # no other class moves it


@given(GROUPS)
def test_some_but_not_all_groups_are_held_out(groups):
    assert 0 < len(held_out(groups)) < len(groups)


def test_share_of_held_out_groups_and_choices_by_salt():
    groups = [f"cat/{n}.png" for n in range(4000)]
    test, validation = held_out(groups, 0.1, "test"), held_out(groups, 0.1, "validation 0")
    for chosen in (test, validation):
        assert 320 < len(chosen) < 480  # 400 ± 4 standard deviations
    assert 15 < len(test & validation) < 75  # independent: 40 are expected in both


def test_images_of_one_group_are_never_parted():
    groups = [f"owner-{n % 20}" for n in range(400)]
    assert 0 < len(held_out(groups)) < 20
    chosen = held_out_rows(groups, 0.3, "test")
    assert all(len({bool(c) for c in chosen[n::20]}) == 1 for n in range(20))


def test_decomposed_names_are_split_like_composed_ones():
    groups = [f"caf\u00e9/{n}.png" for n in range(100)]
    decomposed = [unicodedata.normalize("NFD", group) for group in groups]
    assert np.array_equal(
        held_out_rows(groups, 0.3, "test"), held_out_rows(decomposed, 0.3, "test")
    )


def dataset(keys, *, size=None, groups=True, classes=("a", "b")):
    """Return a data set whose images are a function of their keys."""
    splits = {}
    for name, some in {"train": keys, "test": ["test-0", "test-1"]}.items():
        images = np.stack([np.full((1, 2, 2), sum(key.encode()) % 251, np.uint8) for key in some])
        labels = np.array([len(key) % 2 for key in some], np.int64)
        own = tuple(some)
        splits[name] = Split(images, (labels,), examples=Examples(own, own if groups else None))
    return ArrayDataset(splits, class_targets(classes), (0.5,), (0.5,))


RECIPE = Recipe(dataset="d", trainer="t", validation=0.2)


def validation_keys(keys, recipe=RECIPE):
    data = training_data(dataset(keys), recipe)
    return {keys[row] for row in data.validation_rows}, {keys[row] for row in data.train_rows}


def test_new_images_move_no_image_between_training_and_validation():
    keys = [f"cat/{n}.png" for n in range(100)]
    before, trained = validation_keys(keys)
    after, trained_later = validation_keys(["aaa/new.png", *keys[3:], "cat/zzz.png"])
    assert after & set(keys) == before & set(keys[3:])
    assert not after & trained
    assert not trained_later & before
    other, _ = validation_keys(keys, RECIPE.model_copy(update={"split_seed": 1}))
    assert other != before


def test_rows_without_groups_are_split_by_their_number():
    keys = [f"{n}.png" for n in range(50)]
    without = training_data(dataset(keys, groups=False), RECIPE)
    plain = dataset(keys, groups=False)
    plain = ArrayDataset(
        {name: Split(s.inputs, s.targets) for name, s in plain.splits.items()},
        plain.targets,
        plain.mean,
        plain.std,
    )
    assert plain.sha256() == dataset(keys, groups=False).sha256()
    assert np.array_equal(without.train_rows, training_data(plain, RECIPE).train_rows)


def test_checksum_includes_groups():
    # Because equal images in other groups are split in another way.
    keys = [f"{n}" for n in range(10)]
    renamed = dataset(keys)
    moved = ArrayDataset(
        {
            **renamed.splits,
            "train": Split(
                renamed.splits["train"].inputs,
                renamed.splits["train"].targets,
                examples=Examples(tuple(keys), tuple(f"other-{key}" for key in keys)),
            ),
        },
        renamed.targets,
        renamed.mean,
        renamed.std,
    )
    assert moved.sha256() != renamed.sha256()


def test_single_group_cannot_be_split():
    split = dataset(["a", "b", "c"]).splits["train"]
    one = Split(split.inputs, split.targets, examples=Examples(("a", "b", "c"), ("x",) * 3))
    whole = dataset(["a", "b", "c"])
    data = ArrayDataset({**whole.splits, "train": one}, whole.targets, whole.mean, whole.std)
    with pytest.raises(DataError, match="at least 2 groups"):
        training_data(data, RECIPE)


def test_split_needs_one_key_per_image():
    split = dataset(["a", "b", "c"]).splits["train"]
    with pytest.raises(DataError, match="2 keys and 3 inputs"):
        Split(split.inputs, split.targets, examples=Examples(("a", "b")))


def test_concatenate_keeps_order_and_groups():
    parts = [Examples(("a",), ("x",)), Examples(("b", "c"), ("y", "y"))]
    assert concatenate(parts) == Examples(("a", "b", "c"), ("x", "y", "y"))
    assert concatenate([*parts, Examples(("d",))]).groups is None
    assert parts[1].select(np.array([1])) == Examples(("c",), ("y",))
    rows = [replace(part, rows=(number,) * len(part.keys)) for number, part in enumerate(parts)]
    assert concatenate(rows).rows == (0, 1, 1)
    assert concatenate([*rows, parts[0]]).rows is None
    assert concatenate(rows).select(np.array([2, 0])).rows == (1, 0)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
EXAMPLES = st.builds(Example, st.sampled_from(["train", "validation", "test"]), TEXT, TEXT, TEXT)


@given(st.lists(EXAMPLES, max_size=10))
def test_record_survives_its_file(examples):
    record = ExampleRecord(tuple(examples))
    assert ExampleRecord.from_csv(record.to_csv(), "here") == record


@given(st.binary(max_size=60))
def test_any_other_file_is_not_a_record(content):
    try:
        ExampleRecord.from_csv(content, "examples.csv")
    except VerificationError as exc:
        assert "examples.csv" in str(exc)


def test_record_lists_every_image_with_its_split():
    keys = [f"cat/{n}.png" for n in range(40)]
    data = training_data(dataset(keys), RECIPE)
    record = make_record(data)
    assert {key for key, each in record.by_key.items() if each.split != "test"} == set(keys)
    assert [each.key for each in record.examples if each.split == "test"] == ["test-0", "test-1"]
    validation = [each.key for each in record.examples if each.split == "validation"]
    assert validation == [keys[row] for row in data.validation_rows]
    assert record.by_key["cat/1.png"].label == "b"
    digests = content_digests(data.train.inputs[data.train_rows])
    assert record.trained == set(digests)
    assert record.seen == record.trained | set(content_digests(data.validation.inputs))


def test_changes_of_records_are_named():
    keys = [f"cat/{n}.png" for n in range(40)]
    before = make_record(training_data(dataset(keys), RECIPE))
    assert not describe_changes(before, before)
    renamed = make_record(training_data(dataset(["cat/x.png", *keys[2:]]), RECIPE))
    words = describe_changes(before, renamed)
    assert words == ("1 example added (cat/x.png), 2 examples removed (cat/0.png, cat/1.png)")
    other = make_record(training_data(dataset(keys, classes=("a", "c")), RECIPE))
    assert "examples with another target" in describe_changes(before, other)
