"""Images in a terminal, two pixels per character."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_SIDE = 64
"""Maximum width and height in pixels; of a larger image, every second pixel (or fewer) is drawn."""


def console() -> Console | None:
    """Return a console on standard output; None if that is not a terminal with colors."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    screen = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    colored = screen.color_system is not None and not screen.no_color
    # The half block that pixels are drawn with is not in other encodings.
    return screen if colored and screen.encoding.startswith("utf") else None


def draw_image(image: NDArray[np.uint8]) -> Text:
    """Return an image, uint8 ``(C, H, W)`` with one or three channels, as lines of text."""
    from rich.text import Text

    step = -(-max(image.shape[1:]) // MAX_SIDE)  # rounded up
    pixels = np.moveaxis(image[:, ::step, ::step], 0, -1)  # (H, W, C)
    pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))  # gray to RGB
    if len(pixels) % 2:  # a line of text draws two rows
        pixels = np.concatenate([pixels, np.zeros_like(pixels[:1])])
    # A character is about twice as high as wide: the upper half block has the color of one pixel,
    # and its background the color of the pixel below.
    text = Text()
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", f"{_color(above)} on {_color(below)}")
        text.append("\n")
    text.rstrip()
    return text


def _color(pixel: NDArray[np.uint8]) -> str:
    return "#" + bytes(pixel).hex()
