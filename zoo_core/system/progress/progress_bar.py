"""A progress bar on a terminal, below the lines of a command."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from zoo_core.system.progress.live_line import LiveLine, open_line
from zoo_core.system.progress.time_left import TimeLeft
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.system.progress.parts import Bar, Part

REDRAW = 0.1
"""Minimum seconds between two drawings of a line."""


PATIENCE = 0.5
"""Seconds of work before `track` draws a bar, because most work ends sooner."""

Item = TypeVar("Item")


def track(
    items: Iterable[Item], total: int, text: str, *, done: Callable[[Item], int] | None = None
) -> Iterator[Item]:
    """Yield items, with a bar on standard error if it is a terminal and they take long.

    Args:
        items: the items, each of which is work for the caller.
        total: amount of work.
        text: text of the bar.
        done: returns the work that is done after an item; None if each item is a piece of it.
    """
    with ProgressBar(quiet=True, text_first=True) as bar:
        bar.start(total, delay=PATIENCE)
        for number, item in enumerate(items, 1):
            yield item
            bar.update(done(item) if done else number, total, text)


class ProgressBar:
    """A progress bar that prints lines above itself; nothing is drawn before `start`.

    The bar is on standard output, below the lines, if that is a terminal; else on standard error if
    that is a terminal.

    Args:
        quiet: print no lines.
        text_first: put the text of the bar before it.
    """

    def __init__(self, *, quiet: bool, text_first: bool) -> None:
        self._quiet, self._text_first = quiet, text_first
        self._line: LiveLine | None = None
        self._next_draw = math.inf
        self._left, self._text = TimeLeft(), ""

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def drawn(self) -> bool:
        """True between `start` and `stop`, if there is a terminal."""
        return self._line is not None

    def start(self, total: int | None = None, *, delay: float = 0.0) -> None:
        """Draw the bar at once, or with the first `update` after `delay` seconds."""
        self._left, self._next_draw = TimeLeft(), time.monotonic() + delay
        if not delay:
            self.update(0, total, "")

    def update(self, completed: int, total: int | None, text: str) -> None:
        """Redraw the bar between `start` and `stop`, unless only its number changed just before."""
        left = self._left.text(completed, total) if total else ""
        now = time.monotonic()
        is_news = self.drawn and (completed == total or text != self._text)
        if now < self._next_draw and not is_news:
            return
        self._next_draw, self._text = now + REDRAW, text
        self._line = self._line or open_line(below_lines=not self._quiet)
        if self._line:
            self._line.draw(*self._parts(completed, total, text, left))

    def stop(self) -> None:
        """Remove the bar from the terminal."""
        self._next_draw = math.inf
        if self._line:
            self._line.close()
            self._line = None

    def say(self, *lines: str) -> None:
        """Print lines, above the bar, which is redrawn once for all of them."""
        if not self._quiet:
            print_lines(*lines)

    def _parts(self, completed: int, total: int | None, text: str, left: str) -> list[Part | Bar]:
        from zoo_core.system.progress.parts import Bar, Part

        label = Part(text, rank=0 if self._text_first else 3, is_cut=True)
        count = Part(f"{completed:,}/{total:,}" if total else f"{completed:,}", rank=1, gap=1)
        bar = [Bar(completed / total, rank=2, has_unicode=self._has_unicode)] if total else []
        return [
            *([label] if self._text_first else []),
            *bar,
            count,
            Part(left, rank=4),
            *([] if self._text_first else [label]),
        ]

    @property
    def _has_unicode(self) -> bool:
        return self._line is not None and self._line.has_unicode
