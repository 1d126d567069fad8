"""The registry index: validation of untrusted content, and one order of the output."""

import copy
import json
import re

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import VerificationError
from zoo_core.registry.index import EMPTY_INDEX, PublishedWeights, index_json, read_index

ENTRY = PublishedWeights(
    model="softmax",
    tag="v1.2",
    plugin="zoo-toy",
    sha256="a" * 64,
    bytes=1000,
    card_sha256="b" * 64,
    card_bytes=2000,
    plain=True,
    recipe="default",
    dataset="toy",
    parameters=90,
    accuracy=(0.98, 1.0),
    license="CC-BY-SA-3.0 AND (MIT OR Apache-2.0)",
)
INDEX = EMPTY_INDEX.with_tag(ENTRY, default=False)
WHOLE = json.loads(index_json(INDEX))

HERE = r"\bhere\b.* index\b"
"""Pattern of an error about an index at the address `here`."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_index_round_trips_through_json():
    assert read_index(index_json(INDEX), "here") == INDEX
    assert index_json(read_index(index_json(INDEX), "here")) == index_json(INDEX)


def test_index_entry_may_lack_license():
    from dataclasses import replace

    older = EMPTY_INDEX.with_tag(replace(ENTRY, license=""), default=False)
    assert b"license" not in index_json(older)
    assert read_index(index_json(older), "here") == older


def test_index_json_ignores_publishing_order():
    from dataclasses import replace

    other = replace(ENTRY, tag="v1.3")
    one = EMPTY_INDEX.with_tag(ENTRY, default=True).with_tag(other, default=False)
    two = EMPTY_INDEX.with_tag(other, default=False).with_tag(ENTRY, default=True)
    assert index_json(one) == index_json(two)


@given(st.binary(max_size=200))
def test_read_index_rejects_arbitrary_bytes(content):
    with pytest.raises(VerificationError, match=HERE):
        read_index(content, "here")


@given(JSON)
def test_read_index_accepts_or_rejects_any_json(value):
    try:
        assert read_index(json.dumps(value).encode(), "here") == EMPTY_INDEX
    except VerificationError as exc:
        assert re.search(HERE, str(exc))


@given(st.data())
def test_read_index_validates_type_of_every_entry_value(data):
    """A parsed entry has valid types and lengths; any other is rejected."""
    index = copy.deepcopy(WHOLE)
    entry = index["models"]["softmax"]["tags"]["v1.2"]
    key = data.draw(st.sampled_from(sorted(entry)))
    entry[key] = data.draw(JSON)
    try:
        read = read_index(json.dumps(index).encode(), "here").tags["softmax.v1.2"]
    except VerificationError as exc:
        assert re.search(HERE, str(exc))
    else:
        for name, value in vars(read).items():
            assert type(value) is type(getattr(ENTRY, name))
        assert len(read.sha256) == len(read.card_sha256) == 64
        assert read.bytes > 8
        assert read.recipe.isprintable()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update({"../x": m.pop("softmax")}), r"MODEL\.TAG.* '\.\./x\."),
        (
            lambda m: m["softmax"]["tags"].update({"..": m["softmax"]["tags"]["v1.2"]}),
            r"'softmax\.\.\.'",
        ),
        (
            lambda m: m["softmax"]["tags"].update({"a/b": m["softmax"]["tags"]["v1.2"]}),
            r"'softmax\.a/b'",
        ),
        (lambda m: m["softmax"].update(default="v2"), "default.*'softmax'"),
        (lambda m: m["softmax"]["tags"]["v1.2"].pop("sha256"), "'sha256'"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(sha256="A" * 64), "sha256 of softmax.v1.2"),
        (
            lambda m: m["softmax"]["tags"]["v1.2"].update(bytes=1 << 60),
            " 1152921504606846976",
        ),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(bytes=True), "bytes.* softmax.v1.2.* True"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(accuracy=[1.5]), "accuracy of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(plugin="../x"), "plugin of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(recipe="\x1b[2J"), "recipe of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(dataset="x" * 999), "dataset of softmax.v1"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(license="\x1b"), "license of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(license=None), "license of softmax.v1.2"),
    ],
)
def test_read_index_names_invalid_field(change, message):
    index = copy.deepcopy(WHOLE)
    change(index["models"])
    with pytest.raises(VerificationError, match=message):
        read_index(json.dumps(index).encode(), "here")
