"""Synthetic pages of handwriting: MNIST's digits on paper, with light, shadows, lines and frames.

Every page is a function of the digits, its kind and a generator, and its digits' places are known.
`benchmarks.photos` measures readers and models with them; the readers were developed on pages of
training digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from zoo_core import Box

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@dataclass
class Page:
    """A page while it is drawn: layers of values from 0 to 1, ``(H, W)``.

    Attributes:
        ink: coverage by strokes.
        print: coverage by printed lines, of gray level `print_level`.
        light: factor of the light that falls on each pixel.
        paper: gray level of the paper in full light.
        pen: gray level of full ink.
        print_level: gray level of printed lines.
        noise: standard deviation of the noise in gray levels.
        boxes: the digits' places, in reading order.
    """

    ink: Floats
    print: Floats
    light: Floats
    paper: float
    pen: float
    print_level: float
    noise: float
    boxes: list[Box] = field(default_factory=list)

    @classmethod
    def blank(cls, height: int, width: int, rng: np.random.Generator) -> Page:
        """Return a page without writing, lit nearly evenly."""
        across = np.linspace(-1, 1, width) * rng.uniform(-0.08, 0.08)
        down = np.linspace(-1, 1, height)[:, None] * rng.uniform(-0.08, 0.08)
        paper = rng.uniform(160, 240)
        return cls(
            ink=np.zeros((height, width)),
            print=np.zeros((height, width)),
            light=1 + across + down,
            paper=paper,
            pen=rng.uniform(15, 0.5 * paper),
            print_level=rng.uniform(0.45, 0.85) * paper,
            noise=rng.uniform(0, 5),
        )

    def write(self, digit: Bytes, top: int, left: int, height: int, pen: float) -> None:
        """Write a digit, an image ``(28, 28)``, whose strokes are `height` pixels high.

        Args:
            digit: image of MNIST.
            top: first row of its strokes.
            left: first column of its strokes.
            height: height of its strokes in pixels.
            pen: width of its strokes relative to MNIST's, at most 1.
        """
        rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
        cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        width = max(1, round(height * cut.shape[1] / cut.shape[0]))
        large = Image.fromarray(cut).resize((width, height), Image.Resampling.BICUBIC)
        # A higher level of the blurred outline is a thinner stroke.
        level = 0.5 + 0.25 * (1 - pen)
        strokes = ((np.asarray(large, float) / 255 - level) * height / 40 + 0.5).clip(0, 1)
        rows_on, columns_on = self._overlap(top, left, height, width)
        inside = strokes[
            rows_on.start - top : rows_on.stop - top,
            columns_on.start - left : columns_on.stop - left,
        ]
        target = self.ink[rows_on, columns_on]
        np.maximum(target, inside, out=target)
        self.boxes.append(Box(rows_on.start, columns_on.start, rows_on.stop, columns_on.stop))

    def render(self, rng: np.random.Generator) -> Bytes:
        """Return the page as an image ``(H, W)``."""
        gray = self.paper + (self.print_level - self.paper) * self.print
        gray = gray + (self.pen - gray) * self.ink
        gray = gray * self.light + rng.normal(0, self.noise, gray.shape)
        image: Bytes = gray.clip(0, 255).astype(np.uint8)
        return image

    def _overlap(self, top: int, left: int, height: int, width: int) -> tuple[slice, slice]:
        rows, columns = self.ink.shape
        return (
            slice(max(0, top), max(0, min(rows, top + height))),
            slice(max(0, left), max(0, min(columns, left + width))),
        )


def single(digit: Bytes, rng: np.random.Generator, *, share: tuple[float, float]) -> Page:
    """Return a page with one digit, whose height is a share of the shorter side."""
    sides = [int(each) for each in rng.integers(240, 800, 2)]
    side = min(sides)
    height = round(side * rng.uniform(*share))
    page = Page.blank(sides[0], sides[1], rng)
    margin = max(4, round(0.04 * side))
    top = int(rng.integers(margin, max(margin + 1, sides[0] - height - margin)))
    left = int(rng.integers(margin, max(margin + 1, sides[1] - height - margin)))
    page.write(digit, top, left, height, rng.uniform(0, 1))
    return page


def text(
    numbers: Sequence[Bytes], rng: np.random.Generator, *, columns: int = 1, gap: float = 0.25
) -> Page:
    """Return a page with several numbers, in lines of at most `columns`, in reading order.

    Args:
        numbers: images of the digits of each number, ``(N, 28, 28)``.
        rng: generator of the pen, the sizes and the places.
        columns: numbers per line.
        gap: typical gap between digits relative to their height.
    """
    height = int(rng.integers(36, 90))
    pen = rng.uniform(0, 1)
    longest = max(len(each) for each in numbers)
    step = round(height * (longest * (0.75 + 2 * gap) + 2.5))
    lines = -(-len(numbers) // columns)
    margin = round(height * rng.uniform(0.4, 1.5))
    page = Page.blank(round(2 * margin + lines * height * 2.2), 2 * margin + step * columns, rng)
    for index, number in enumerate(numbers):
        left = margin + step * (index % columns)
        top = margin + round(index // columns * height * 2.2)
        for digit in number:
            size = round(height * rng.uniform(0.85, 1.1))
            drop = round(height * rng.uniform(-0.1, 0.1))
            page.write(digit, top + drop, left, size, pen)
            left = page.boxes[-1].right + round(height * gap * rng.uniform(0.4, 1.6))
    return page


def add_hard_shadow(page: Page, rng: np.random.Generator) -> None:
    """Add a shadow with an edge that crosses the page."""
    page.light = page.light * _shadow(page, rng, blur=rng.uniform(0, 0.008))


def add_soft_shadow(page: Page, rng: np.random.Generator) -> None:
    """Add a shadow whose edge is as wide as a tenth to a third of the page."""
    page.light = page.light * _shadow(page, rng, blur=rng.uniform(0.05, 0.15))


def add_corner_shadow(page: Page, rng: np.random.Generator) -> None:
    """Add a shadow with a corner, as that of a book or a hand."""
    first, second = (_shadow(page, rng, blur=0.005, factor=0.0) for _ in range(2))
    covered = (1 - first) * (1 - second)
    page.light = page.light * (1 - covered * rng.uniform(0.25, 0.55))


def add_table(page: Page, rng: np.random.Generator) -> None:
    """Add a dark table at the edge of the page that is farthest from the digits."""
    height, width = page.ink.shape
    room = [
        min(box.top for box in page.boxes) / height,
        1 - max(box.right for box in page.boxes) / width,
        1 - max(box.bottom for box in page.boxes) / height,
        min(box.left for box in page.boxes) / width,
    ]
    edge = int(np.argmax(room))
    share = min(rng.uniform(0.04, 0.2), room[edge] - 0.03)
    # Not steeper than the room beside the digits.
    slope = rng.uniform(-0.05, 0.05) * min(1, share / 0.1)
    sides = (height, width) if edge % 2 == 0 else (width, height)
    y, x = np.mgrid[: sides[0], : sides[1]]
    strip = np.rot90(y / sides[0] < share - abs(slope) / 2 + slope * (x / sides[1] - 0.5), -edge)
    page.print_level = rng.uniform(15, 80)
    page.print = np.maximum(page.print, strip.astype(float))


def add_desk(page: Page, rng: np.random.Generator) -> None:
    """Make everything but a tilted sheet around the digits a dark desk."""
    height, width = page.ink.shape
    top, left = (min(box[edge] for box in page.boxes) for edge in (0, 1))
    bottom, right = (max(box[edge] for box in page.boxes) for edge in (2, 3))
    margin = _typical_height(page) * rng.uniform(0.15, 0.5)
    slope = rng.uniform(-0.08, 0.08)
    y, x = np.mgrid[:height, :width]
    middle_y, middle_x = (top + bottom) / 2, (left + right) / 2
    turned_y, turned_x = y - slope * (x - middle_x), x + slope * (y - middle_y)
    room = margin + abs(slope) * max(bottom - top, right - left) / 2
    outside = (turned_y < top - room) | (turned_y > bottom + room)
    outside |= (turned_x < left - room) | (turned_x > right + room)
    page.print = np.maximum(page.print, outside.astype(float))
    page.print_level = rng.uniform(20, 0.5 * page.paper)


def add_glare(page: Page, rng: np.random.Generator) -> None:
    """Add the light of a lamp: a spot from which the page gets darker."""
    height, width = page.ink.shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    distance = np.hypot(y - rng.uniform(0, 1), x - rng.uniform(0, 1))
    page.light = page.light * (0.35 + 0.65 * np.exp(-((distance / rng.uniform(0.3, 0.8)) ** 2)))


def write_faintly(page: Page, rng: np.random.Generator) -> None:
    """Make the pen a hard pencil."""
    page.pen = page.paper * rng.uniform(0.65, 0.85)
    page.noise = rng.uniform(0, 3)


def add_ruled_lines(page: Page, rng: np.random.Generator) -> None:
    """Add parallel printed lines that digits may cross."""
    _add_lines(page, rng, axes=(0,))


def add_squares(page: Page, rng: np.random.Generator) -> None:
    """Add squares of printed lines."""
    _add_lines(page, rng, axes=(0, 1))


def add_dots(page: Page, rng: np.random.Generator) -> None:
    """Add a grid of printed dots."""
    height, width = page.ink.shape
    step = _typical_height(page) * rng.uniform(0.2, 0.6)
    radius = max(0.7, 0.03 * step)
    y, x = np.mgrid[:height, :width]
    distance = np.hypot((y + 0.5 * step) % step - step / 2, (x + 0.5 * step) % step - step / 2)
    page.print = (radius + 0.5 - distance).clip(0, 1)


def add_frame(page: Page, rng: np.random.Generator) -> None:
    """Add a drawn rectangle around everything that is written."""
    height, width = page.ink.shape
    top, left = (min(each[i] for each in page.boxes) for i in (0, 1))
    bottom, right = (max(each[i] for each in page.boxes) for i in (2, 3))
    gap = max(3, round(_typical_height(page) * rng.uniform(0.1, 0.4)))
    thick = max(1, round(_typical_height(page) * rng.uniform(0.01, 0.05)))
    outer = np.zeros((height, width), bool)
    outer[max(0, top - gap) : bottom + gap, max(0, left - gap) : right + gap] = True
    inner = np.zeros_like(outer)
    inner[
        max(0, top - gap + thick) : bottom + gap - thick,
        max(0, left - gap + thick) : right + gap - thick,
    ] = True
    page.print = (outer & ~inner).astype(float)
    page.print_level = page.pen if rng.random() < 0.5 else page.print_level


def invert(page: Page, rng: np.random.Generator) -> None:
    """Make the paper dark and the ink light."""
    page.paper = rng.uniform(10, 70)
    page.pen = rng.uniform(150, 250)
    page.print_level = page.paper + 0.3 * (page.pen - page.paper)


CHANGES: dict[str, Callable[[Page, np.random.Generator], None]] = {
    "plain": lambda page, rng: None,
    "hard shadow": add_hard_shadow,
    "soft shadow": add_soft_shadow,
    "corner shadow": add_corner_shadow,
    "table": add_table,
    "desk": add_desk,
    "glare": add_glare,
    "faint": write_faintly,
    "ruled": add_ruled_lines,
    "squared": add_squares,
    "dotted": add_dots,
    "framed": add_frame,
    "dark paper": invert,
}
"""Changes of a page by the name of their kind."""


def single_page(kind: str, digit: Bytes, rng: np.random.Generator) -> Page:
    """Return a page of a kind in `CHANGES`, or ``small``, with one digit ``(28, 28)``."""
    page = single(digit, rng, share=(0.08, 0.2) if kind == "small" else (0.25, 0.7))
    CHANGES.get(kind, CHANGES["plain"])(page, rng)
    return page


def small_file(digit: Bytes, rng: np.random.Generator) -> Bytes:
    """Return a digit as a file of 28×28 pixels that has not MNIST's layout.

    It may be gray, faint, too large or too small, off-center, dark on light, noisy.
    """
    page = Page.blank(112, 112, rng)
    page.pen = page.paper * rng.uniform(0.1, 0.7)
    height = int(rng.integers(56, 108))
    top, left = rng.integers(1, 112 - height + 1), rng.integers(1, max(2, 112 - height))
    page.write(digit, int(top), int(left), height, rng.uniform(0.3, 1))
    if rng.random() < 0.5:
        page.paper, page.pen = page.pen, page.paper
    page.noise = 2 * page.noise
    return np.asarray(Image.fromarray(page.render(rng)).reduce(4))


def _shadow(
    page: Page, rng: np.random.Generator, blur: float, factor: float | None = None
) -> Floats:
    """Return the factor of a shadow beyond a straight edge near the page's middle."""
    height, width = page.ink.shape
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    distance = x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.5, 0.5)
    covered = (distance > 0).astype(float)
    if blur * max(height, width) > 0.3:
        # Through a reduced picture, because a wide blur of a large one is slow.
        picture = Image.fromarray((255 * covered).astype(np.uint8))
        picture = picture.filter(ImageFilter.GaussianBlur(blur * max(height, width)))
        covered = np.asarray(picture, float) / 255
    dimmed = rng.uniform(0.4, 0.75) if factor is None else factor
    light: Floats = 1 - covered * (1 - dimmed)
    return light


def _add_lines(page: Page, rng: np.random.Generator, axes: tuple[int, ...]) -> None:
    step = _typical_height(page) * (
        rng.uniform(0.25, 0.7) if len(axes) > 1 else rng.uniform(0.5, 1.5)
    )
    thick = max(1.0, 0.02 * _typical_height(page) * rng.uniform(0.5, 1.5))
    y, x = np.mgrid[: page.ink.shape[0], : page.ink.shape[1]]
    slope = rng.uniform(-0.02, 0.02)
    for axis in axes:
        along = (y + slope * x if axis == 0 else x - slope * y) + rng.uniform(0, step)
        distance = np.abs(along % step - step / 2)
        page.print = np.maximum(page.print, (thick / 2 + 0.5 - distance).clip(0, 1))


def _typical_height(page: Page) -> float:
    return float(np.median([box.bottom - box.top for box in page.boxes]))
