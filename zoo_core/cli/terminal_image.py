"""Images in a terminal, two pixels per character."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LARGEST = 64
"""An image that is wider or higher is shown without every second pixel, or more."""


def console() -> Console | None:
    """Return what draws on standard output; None where that is no terminal with colors."""
    if not sys.stdout.isatty():
        return None
    from rich.console import Console

    screen = Console(highlight=False, markup=False, soft_wrap=True)
    colored = screen.color_system is not None and not screen.no_color
    able = colored and screen.encoding.startswith("utf")
    return screen if able else None


def draw_image(image: NDArray[np.uint8]) -> Text:
    """Return an image, uint8 ``(C, H, W)`` with one channel or three, as lines of text."""
    from rich.text import Text

    step = -(-max(image.shape[1:]) // LARGEST)
    pixels = np.moveaxis(image[:, ::step, ::step], 0, -1)
    pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    if len(pixels) % 2:
        pixels = np.concatenate([pixels, np.zeros_like(pixels[:1])])
    text = Text()
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            text.append("▀", f"{_color(above)} on {_color(below)}")
        text.append("\n")
    text.rstrip()
    return text


def _color(pixel: NDArray[np.uint8]) -> str:
    return "#" + bytes(pixel).hex()
