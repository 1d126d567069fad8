"""Fonts of the text in pictures: another one for characters that the first one lacks.

Names of classes are in any script, and matplotlib's own font has Latin, Greek and Cyrillic.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text

from zoo_core.plugin_api import printable

# Most fonts have one weight, which is also drawn where bold text needs them.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

UNSUITABLE = ("cm", "STIXNonUnicode", "STIXSize", "Last Resort", "Noto Color Emoji")
"""Prefixes of families with another encoding, with boxes, or with colors that are not drawn."""


def fit_text(figure: Figure, rewrite: Callable[[str, FontProperties], str]) -> None:
    """Rewrite every text of a figure, and give it fonts for the characters that are left.

    Args:
        figure: figure that is complete.
        rewrite: function of a text and its font, such as `drawable` or `inert`.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = axis.get_ticklabels()
            texts = [rewrite(label.get_text(), label.get_fontproperties()) for label in labels]
            # Set again, because an axis formats its labels anew when it is drawn.
            if texts != [label.get_text() for label in labels]:
                axis.set_ticks(axis.get_ticklocs(), texts, parse_math=False)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_text(rewrite(text.get_text(), text.get_fontproperties()))
        text.set_fontfamily(families(text.get_text(), text.get_fontproperties()))


def drawable(text: str, font: FontProperties) -> str:
    """Return text without characters that no installed font has, which become escapes."""
    text = inert(text, font)
    missing = _missing(text, families(text, font), font)
    return "".join(_escape(char) if char in missing else char for char in text)


@contextmanager
def fonts_of_browser() -> Iterator[None]:
    """Measure and write text in the block without warnings of characters that no font here has.

    A page is shown with the fonts of its reader.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ \(.*\) missing from", UserWarning)
        yield


def inert(text: str, _font: FontProperties | None = None) -> str:
    """Return text with its line breaks, and with other control characters as escapes."""
    return "\n".join(map(printable, text.split("\n")))


def families(text: str, font: FontProperties) -> list[str]:
    """Return the families of a font, and after them others that have the characters it lacks."""
    chosen = list(font.get_family())
    missing = _missing(text, chosen, font)
    # Sorted, so that equal figures have equal fonts on equal machines.
    for name in sorted({entry.name for entry in fontManager.ttflist}) if missing else ():
        if missing and not name.startswith(UNSUITABLE) and missing & _characters(name, font):
            chosen.append(name)
            missing -= _characters(name, font)
    return chosen


def _missing(text: str, names: list[str], font: FontProperties) -> set[str]:
    """Return the characters of a text that no font of some families has."""
    characters = set(text) - {"\n"}
    for name in names:
        characters -= _characters(name, font) if characters else set()
    return characters


def _characters(family: str, font: FontProperties) -> frozenset[str]:
    """Return the characters of a family's font in the weight and style of another font."""
    properties = font.copy()
    properties.set_family(family)
    return _characters_of(str(findfont(properties)))


@cache
def _characters_of(path: str) -> frozenset[str]:
    return frozenset(map(chr, get_font(path).get_charmap()))


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
