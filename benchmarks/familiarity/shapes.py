"""Shapes drawn with a pen that are not digits: letters, symbols, scribbles, blobs, turned digits.

Letters and symbols come from the fonts in matplotlib's package. Those that look like a digit in
some handwriting are left out, and so are outlines of rectangles and ovals, which may be zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from zoo_mnist.photos.normalize import digit_image

SIDE = 160
"""Height and width in pixels of the canvas that shapes are drawn on."""

Bytes = NDArray[np.uint8]
Shape = Image.Image

_FONTS = ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic")
_MORE_FONTS = ("STIXGeneral", "STIXGeneralItalic", "cmr10", "cmmi10", "cmss10", "cmtt10", "cmti10")
_CHARACTERS = (
    "EFHKMNPRWXadefhkmnprwx"
    "αβγεζηκλμνξπτφχψωΓΔΛΞΠΣΦΨ"
    "вджийкмнптфхцшщыюяДЖИЙЛПУФЦШЩЫЮЯ"
    "+×÷=≠#%@*<>≤≥∞√∑∏∫∇∈∉⊂∀∃∧∨→←↑↓★♥♦♣♠¥€£¶†‡™©®~^"
)
_TURNABLE = (2, 3, 4, 5, 7)
"""Digits that are other shapes after a quarter turn."""


class Shapes:
    """A source of random images ``(28, 28)`` of shapes that are not digits, and of digits.

    Args:
        digits: images of digits ``(N, 28, 28)``, light on black.
        labels: their digits, ``(N,)``.
        seed: seed of all choices.
    """

    def __init__(self, digits: Bytes, labels: NDArray[np.int64], seed: int) -> None:
        self._digits, self._labels = digits, labels
        self._turnable = np.flatnonzero(np.isin(labels, _TURNABLE))
        self._rng = np.random.default_rng(seed)

    def other(self) -> Bytes:
        """Return a shape that is not a digit."""
        kinds: tuple[Callable[[], Bytes | None], ...] = (
            self._glyph,
            self._curve,
            self._lines,
            self._blob,
            self._several,
            self._turned,
        )
        while True:
            kind = self._rng.choice(len(kinds), p=(0.5, 0.12, 0.12, 0.06, 0.1, 0.1))
            if (found := kinds[kind]()) is not None:
                return found

    def digit(self) -> Bytes:
        """Return a digit as the front end for photos makes it: from a large drawing."""
        while True:
            digit = Image.fromarray(self._digits[self._rng.integers(len(self._digits))])
            large = digit.resize((140, 140), Image.Resampling.BICUBIC)
            gray = np.asarray(large.filter(ImageFilter.GaussianBlur(1.5)), np.float64)
            edge, blur = self._rng.uniform(90, 150), self._rng.uniform(3, 12)
            drawn = np.zeros((SIDE, SIDE))
            drawn[10:150, 10:150] = 255 / (1 + np.exp((edge - gray) / blur))
            warped = self._warp(
                Image.fromarray(drawn.astype(np.uint8)), turn=5, slant=0.08, size=0.1
            )
            # Down to the lines of a ballpoint pen, which MNIST does not have.
            if (found := self._normalize(warped, thinner=5)) is not None:
                return found

    def _glyph(self) -> Bytes | None:
        font = _font(int(self._rng.integers(len(_FONTS + _MORE_FONTS))))
        character = _CHARACTERS[self._rng.integers(len(_CHARACTERS))]
        mask = font.getmask(character)
        # A font without the character draws the same box for all of them.
        if min(mask.size) < 6 or bytes(mask) == bytes(font.getmask("\U000f0001")):
            return None
        canvas = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(canvas).text((80 - mask.size[0] / 2, 40), character, font=font, fill=255)
        return self._normalize(self._bend(self._warp(canvas)))

    def _curve(self) -> Bytes | None:
        points = self._rng.uniform(30, 130, (self._rng.integers(3, 9), 2))
        path: list[tuple[float, float]] = []
        for before, here, after in zip(points, points[1:], points[2:], strict=False):
            start, end = (before + here) / 2, (here + after) / 2
            for t in np.linspace(0, 1, 12):
                x, y = (1 - t) ** 2 * start + 2 * t * (1 - t) * here + t * t * end
                path.append((float(x), float(y)))
        canvas = Image.new("L", (SIDE, SIDE))
        ImageDraw.Draw(canvas).line(path, fill=255, width=self._width(), joint="curve")
        return self._normalize(self._warp(canvas))

    def _lines(self) -> Bytes | None:
        canvas = Image.new("L", (SIDE, SIDE))
        draw, width = ImageDraw.Draw(canvas), self._width()
        kind = self._rng.integers(5)
        if kind == 0:
            for _ in range(self._rng.integers(2, 7)):
                draw.line([self._point(), self._point()], fill=255, width=width)
        elif kind == 1:
            corners = [self._point() for _ in range(self._rng.integers(3, 7))]
            inside = 255 if self._rng.random() < 0.5 else 0
            draw.polygon(corners, outline=255, fill=inside, width=width)
        elif kind == 2:
            height = self._rng.uniform(60, 100)
            end = height + self._rng.uniform(-15, 15)
            draw.line([(30, height), (130, end)], fill=255, width=width)
        elif kind == 3:
            turn = self._rng.uniform(0, math.pi)
            for angle in (turn, turn + self._rng.uniform(1.2, 1.9)):
                x, y = 50 * math.cos(angle), 50 * math.sin(angle)
                draw.line([(80 + x, 80 + y), (80 - x, 80 - y)], fill=255, width=width)
        else:
            form = draw.ellipse if self._rng.random() < 0.5 else draw.rectangle
            right, bottom = self._rng.uniform(70, 130, 2)
            form([30, 30, right, bottom], fill=255)
        return self._normalize(self._warp(canvas))

    def _blob(self) -> Bytes | None:
        noise = self._rng.uniform(0, 255, (SIDE, SIDE)).astype(np.uint8)
        radius = self._rng.uniform(2, 12)
        smooth = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(radius)))
        drawn = np.zeros((SIDE, SIDE), np.uint8)
        inner = np.s_[30:130, 30:130]
        drawn[inner] = 255 * (smooth > np.quantile(smooth, self._rng.uniform(0.5, 0.9)))[inner]
        return self._normalize(Image.fromarray(drawn))

    def _several(self) -> Bytes | None:
        count, step = self._rng.integers(2, 4), 20 + self._rng.integers(-4, 4)
        strip = np.zeros((28, 28 * count + 8), np.uint8)
        for place in range(count):
            digit = self._digits[self._rng.integers(len(self._digits))]
            columns = slice(place * step + 4, place * step + 32)
            strip[:, columns] = np.maximum(strip[:, columns], digit)
        strip = strip if self._rng.random() < 0.8 else strip.T
        large = Image.fromarray(strip).resize((3 * strip.shape[1], 3 * strip.shape[0]))
        return self._normalize(large, thinner=0, bolder=0)

    def _turned(self) -> Bytes | None:
        digit = self._digits[self._rng.choice(self._turnable)]
        turned = np.rot90(digit, 1 if self._rng.random() < 0.5 else 3)
        return self._normalize(Image.fromarray(turned.copy()), thinner=0, bolder=0)

    def _point(self) -> tuple[float, float]:
        x, y = self._rng.uniform(30, 130, 2)
        return float(x), float(y)

    def _width(self) -> int:
        return int(self._rng.integers(6, 16))

    def _warp(
        self, shape: Shape, turn: float = 8, slant: float = 0.15, size: float = 0.25
    ) -> Shape:
        """Return a shape turned by degrees, slanted, and changed in size per axis."""
        angle = math.radians(self._rng.normal(0, turn))
        rotation = np.array(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        )
        slanted = np.array([[1, self._rng.normal(0, slant)], [0, 1]])
        scaled = np.diag(self._rng.uniform(1 - size, 1 + size, 2))
        inverse = np.linalg.inv(rotation @ slanted @ scaled)
        start = (SIDE / 2) * (1 - inverse.sum(axis=1))
        values = [*inverse[0], start[0], *inverse[1], start[1]]
        return shape.transform(
            shape.size, Image.Transform.AFFINE, values, Image.Resampling.BILINEAR
        )

    def _bend(self, shape: Shape) -> Shape:
        """Return a shape whose parts are moved by a few pixels."""
        cells, step = 5, SIDE // 5
        moved = self._rng.normal(0, 3, (cells + 1, cells + 1, 2))
        mesh = []
        for row in range(cells):
            for column in range(cells):
                corners: list[float] = []
                for y, x in (
                    (row, column),
                    (row + 1, column),
                    (row + 1, column + 1),
                    (row, column + 1),
                ):
                    corners += [x * step + moved[y, x, 0], y * step + moved[y, x, 1]]
                box = (column * step, row * step, (column + 1) * step, (row + 1) * step)
                mesh.append((box, corners))
        return shape.transform(shape.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)

    def _normalize(self, shape: Shape, *, thinner: int = 2, bolder: int = 3) -> Bytes | None:
        """Return a shape as MNIST's digits, with another stroke width; None if it is too small.

        Args:
            shape: the shape, light on black.
            thinner: maximum number of pixels that strokes lose on each side.
            bolder: maximum number of pixels that they gain.
        """
        change = int(self._rng.integers(-thinner, bolder + 1))
        if change:
            filter_ = ImageFilter.MaxFilter if change > 0 else ImageFilter.MinFilter
            changed = shape.filter(filter_(2 * abs(change) + 1))
            shape = changed if np.count_nonzero(np.asarray(changed) > 77) > 60 else shape
        strength = np.asarray(shape, np.float32) / np.float32(255)
        rows, columns = (np.flatnonzero((strength > 0.3).any(axis=axis)) for axis in (1, 0))
        if len(rows) < 8 or len(columns) < 2:
            return None
        cut = strength[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        image: Bytes = digit_image(cut)[0]
        return image


@cache
def _font(number: int) -> ImageFont.FreeTypeFont:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / f"{(_FONTS + _MORE_FONTS)[number]}.ttf"), 72)
