"""Card data: the facts of a data set on a card that the preparation of images depends on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zoo_core.weights.card import Provenance


class CardData(NamedTuple):
    """The data set of a training, and the ranges of its deep pixels (`PixelRanges`)."""

    name: str
    pixel_ranges: Mapping[str, tuple[float, float]]


def card_data(card: Provenance) -> CardData:
    """Return the card data of a card."""
    return CardData(card.dataset.name, card.dataset.pixel_ranges)


def parse_card_data(content: bytes, where: str) -> CardData:
    """Return the card data of a published card.

    Args:
        content: JSON whose checksum is that of the index.
        where: file or address, for the error.

    Raises:
        VerificationError: the content is not such a card.
    """
    # Not by the card's class, because importing it with pydantic takes 80 ms, about as long as
    # importing NumPy. The class is imported for a card of another form, for its error.
    try:
        facts = json.loads(content)["dataset"]
        return CardData(_text(facts["name"]), _ranges(facts.get("pixel_ranges", {})))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        from zoo_core.weights.card import parse_published_card

        return card_data(parse_published_card(content, where))


def _ranges(values: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    return {kind: (_number(low), _number(high)) for kind, (low, high) in values.items()}


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):  # not isinstance, because True is an int
        raise TypeError
    return float(value)
