"""Images in a terminal, two pixels per character."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from zoo_core.data.images.reading import Box

MAX_SIDE = 64
"""Maximum width and height in pixels; of a larger image, every second pixel (or fewer) is drawn."""

BOX_COLOR = "#ff3030"


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


def draw_found(file: Path, boxes: Sequence[Box]) -> Text:
    """Return an image file as lines of text, with boxes around what was found in it."""
    from PIL import Image, ImageDraw, ImageOps

    with Image.open(file) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    scale = min(1.0, MAX_SIDE / max(picture.size))
    picture = picture.resize([max(1, round(scale * side)) for side in picture.size])
    draw = ImageDraw.Draw(picture)
    for top, left, bottom, right in boxes:
        # The last pixels are inside a rectangle of Pillow.
        corners = [round(scale * each) for each in (left, top, right - 1, bottom - 1)]
        draw.rectangle(corners, outline=BOX_COLOR)
    return draw_image(np.moveaxis(np.asarray(picture), -1, 0))


def _color(pixel: NDArray[np.uint8]) -> str:
    return "#" + bytes(pixel).hex()
