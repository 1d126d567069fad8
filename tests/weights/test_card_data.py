"""Card data, read without the class of cards."""

import json

import pytest

from zoo_core.errors import VerificationError
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.verified_read import published_card
from zoo_core.registry.lookup import find_weights
from zoo_core.weights.card import parse_published_card
from zoo_core.weights.card_data import CardData, card_data, parse_card_data


def test_training_data_are_those_on_the_card(toy, run, added):
    expected = card_data(published_card(find_weights(toy, "softmax")))
    assert load_pretrained(toy, "softmax").card_data == expected == CardData("toy", {})
    assert load_pretrained(toy, run.folder).card_data == expected


def test_training_data_of_changed_card_are_refused(toy, added):
    path = added.path(find_weights(toy, "softmax").published, "card.json")
    path.write_text(path.read_text().replace('"seed": 3', '"seed": 4'))
    with pytest.raises(VerificationError, match="checksum mismatch for card"):
        _ = load_pretrained(toy, "softmax").card_data


@pytest.fixture
def changed_card(registry):
    """Return a function that returns a card with other facts about its data set."""
    card = json.loads((registry / "softmax" / "first" / "card.json").read_bytes())
    return lambda facts: json.dumps({**card, "dataset": {**card["dataset"], **facts}}).encode()


@pytest.mark.parametrize("ranges", [{}, {"uint16": [0, 4095]}, {"F": [-0.5, 1], "I": ["0", 255.0]}])
def test_training_data_have_the_values_of_the_cards_class(changed_card, ranges):
    content = changed_card({"name": "folder:photos", "pixel_ranges": ranges})
    expected = card_data(parse_published_card(content, "x"))
    actual = parse_card_data(content, "x")
    assert repr(actual) == repr(expected)  # whose numbers are all floats


@pytest.mark.parametrize(
    "facts",
    [
        {"name": 1},
        {"pixel_ranges": None},
        {"pixel_ranges": []},
        {"pixel_ranges": {"I": 1}},
        {"pixel_ranges": {"I": [0]}},
        {"pixel_ranges": {"I": [0, 1, 2]}},
        {"pixel_ranges": {"I": [0, {}]}},
    ],
)
def test_invalid_training_data_have_the_error_of_the_cards_class(changed_card, facts):
    errors = []
    for parse in (parse_card_data, parse_published_card):
        with pytest.raises(VerificationError, match="invalid card of published weights here") as e:
            parse(changed_card(facts), "here")
        errors.append(str(e.value))
    assert errors[0] == errors[1]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"dataset": 1}', b"[" * 100_000])
def test_training_data_of_other_content_are_refused(content):
    with pytest.raises(VerificationError, match="invalid card of published weights here"):
        parse_card_data(content, "here")
