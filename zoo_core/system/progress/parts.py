"""Parts of a line, of which the least important ones are left out on a narrow terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from zoo_core.text import shown

MIN_BAR, MAX_BAR = 8, 40
"""Minimum and maximum width of a bar."""

MIN_TEXT = 12
"""Minimum width of a text that may be cut."""

_DONE, _HALF, _LEFT = "━", "╸", "─"
# Thick and thin, because colors alone must not show the difference.


@dataclass(frozen=True)
class Part:
    """A text in a line.

    Attributes:
        text: the text, without line breaks; an empty part takes no space.
        rank: importance; parts with a higher rank are left out first.
        style: rich's style, which must not carry meaning of its own.
        gap: number of spaces before the part.
        is_cut: whether the part may be cut, to `MIN_TEXT` cells, instead of being left out.
    """

    text: str
    rank: int = 0
    style: str = ""
    gap: int = 2
    is_cut: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", shown(self.text))

    @property
    def width(self) -> int:
        return min(self.full, MIN_TEXT) if self.is_cut else self.full

    @property
    def full(self) -> int:
        return cell_len(self.text)

    def draw(self, width: int) -> Text:
        """Return the text, cut to a width in cells."""
        text = Text(self.text, self.style)
        text.truncate(width)
        return text


@dataclass(frozen=True)
class Bar:
    """A bar that fills the space that the other parts leave.

    Attributes:
        share: share that is done, from 0 to 1.
        rank: importance, as of a `Part`.
        has_unicode: draw with other characters than ASCII.
    """

    share: float
    rank: int = 0
    has_unicode: bool = True
    gap: int = 2

    @property
    def width(self) -> int:
        return MIN_BAR

    @property
    def full(self) -> int:
        return MAX_BAR

    def draw(self, width: int) -> Text:
        """Return the bar with a width in characters."""
        halves = round(2 * width * min(max(self.share, 0.0), 1.0))
        done, half = divmod(halves, 2)
        left = width - done - half
        if not self.has_unicode:
            return Text("#" * done + "-" * (half + left))
        return Text.assemble((_DONE * done + _HALF * half, "cyan"), (_LEFT * left, "dim"))


def fit(parts: Sequence[Part | Bar], width: int) -> Text:
    """Return a line of at most `width` cells with the most important parts, in their order."""
    kept = [part for part in parts if part.width]
    while len(kept) > 1 and _width(kept) > width:
        kept.remove(max(kept, key=lambda part: part.rank))
    spare, widths = max(width - _width(kept), 0), {}
    for part in sorted(kept, key=lambda part: isinstance(part, Bar)):  # texts before bars
        more = min(part.full - part.width, spare)
        widths[id(part)], spare = part.width + more, spare - more
    line = Text(no_wrap=True)
    for part in kept:
        line.append(" " * part.gap if line else "")
        line.append_text(part.draw(widths[id(part)]))
    line.truncate(width)
    return line


def _width(parts: Sequence[Part | Bar]) -> int:
    return sum(part.width + part.gap for part in parts) - sum(part.gap for part in parts[:1])
