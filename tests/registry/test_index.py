"""``index.json``: read with suspicion, written canonically."""

import copy
import json

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
)
INDEX = EMPTY_INDEX.with_tag(ENTRY, default=False)
WHOLE = json.loads(index_json(INDEX))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_what_is_written_is_read():
    assert read_index(index_json(INDEX), "here") == INDEX
    assert index_json(read_index(index_json(INDEX), "here")) == index_json(INDEX)


def test_the_order_of_publishing_does_not_show():
    from dataclasses import replace

    other = replace(ENTRY, tag="v1.3")
    one = EMPTY_INDEX.with_tag(ENTRY, default=True).with_tag(other, default=False)
    two = EMPTY_INDEX.with_tag(other, default=False).with_tag(ENTRY, default=True)
    assert index_json(one) == index_json(two)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(content):
    with pytest.raises(VerificationError, match="here is not a readable index"):
        read_index(content, "here")


@given(JSON)
def test_any_json_is_an_index_or_refused(value):
    try:
        assert read_index(json.dumps(value).encode(), "here") == EMPTY_INDEX
    except VerificationError as exc:
        assert "here is not a readable index" in str(exc)


@given(st.data())
def test_any_other_value_in_an_entry_is_refused_or_meant(data):
    """Whatever stands in its place: what is read has the types and shapes of an entry."""
    index = copy.deepcopy(WHOLE)
    entry = index["models"]["softmax"]["tags"]["v1.2"]
    key = data.draw(st.sampled_from(sorted(entry)))
    entry[key] = data.draw(JSON)
    try:
        read = read_index(json.dumps(index).encode(), "here").tags["softmax.v1.2"]
    except VerificationError as exc:
        assert "here is not a readable index" in str(exc)
    else:
        for name, value in vars(read).items():
            assert type(value) is type(getattr(ENTRY, name))
        assert len(read.sha256) == len(read.card_sha256) == 64
        assert read.bytes > 8
        assert read.recipe.isprintable()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.update({"../x": m.pop("softmax")}), "published as MODEL.TAG"),
        (lambda m: m["softmax"]["tags"].update({"..": m["softmax"]["tags"]["v1.2"]}), "MODEL.TAG"),
        (lambda m: m["softmax"]["tags"].update({"a/b": m["softmax"]["tags"]["v1.2"]}), "MODEL.TAG"),
        (lambda m: m["softmax"].update(default="v2"), "the default of 'softmax' is no tag of its"),
        (lambda m: m["softmax"]["tags"]["v1.2"].pop("sha256"), "it lacks 'sha256'"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(sha256="A" * 64), "sha256 of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(bytes=1 << 60), "has 1152921504606846976"),
        (
            lambda m: m["softmax"]["tags"]["v1.2"].update(bytes=True),
            "bytes of softmax.v1.2 is True",
        ),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(accuracy=[1.5]), "accuracy of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(plugin="../x"), "plugin of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(recipe="\x1b[2J"), "recipe of softmax.v1.2"),
        (lambda m: m["softmax"]["tags"]["v1.2"].update(dataset="x" * 999), "dataset of softmax.v1"),
    ],
)
def test_an_index_that_is_wrong_says_where(change, said):
    index = copy.deepcopy(WHOLE)
    change(index["models"])
    with pytest.raises(VerificationError, match=said):
        read_index(json.dumps(index).encode(), "here")
