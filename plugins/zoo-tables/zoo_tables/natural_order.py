"""Natural order of words: numbers in them are compared by value, so that 9 is before 10."""

from __future__ import annotations

import re
from collections.abc import Iterable

# At most 300 digits, because Python refuses to parse thousands of them.
_DIGITS = re.compile("([0-9]{1,300})")


def natural_order(words: Iterable[str]) -> list[str]:
    """Return words in natural order; if all are numbers, in the order of their values."""
    texts = sorted(words)  # which decides between words that are equal, such as 1 and 1.0
    if all(is_number(text) for text in texts if text):
        return sorted(texts, key=lambda text: float(text) if text else float("-inf"))
    return sorted(texts, key=_parts)


def is_number(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        return float(text) == float(text)  # not NaN, which has no order
    except ValueError:
        return False


def _parts(text: str) -> list[tuple[int, str]]:
    # Text at even places and digits at odd ones: (0, text) and (value, "").
    return [
        (int(part), "") if place % 2 else (0, part)
        for place, part in enumerate(_DIGITS.split(text))
    ]
