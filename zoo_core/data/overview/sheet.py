"""The sheet of a data set: a picture with a few examples of each class."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.example_record import SPLITS
from zoo_core.text import shown

MAX_CLASSES, MAX_IMAGES = 12, 8
"""Maximum rows and columns of a sheet."""

CELL, GAP = 96, 6
"""Height and width of an image, and the gap between two of them, in pixels."""

MAX_NAME = 200
"""Maximum width of a name in pixels."""

FONT_SIZE = 16

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class ClassExamples(NamedTuple):
    """Examples of a class, from the first split that has some.

    Attributes:
        name: name of the class; for several heads, those of its classes.
        images: uint8 ``(n, C, H, W)``.
    """

    name: str
    images: NDArray[np.uint8]


class Sheet(NamedTuple):
    """A sheet as a PNG file, and its legend.

    Attributes:
        png: content of the file.
        legend: lines about names that the font of the picture lacks, and about classes left out.
    """

    png: bytes
    legend: list[str]


def choose_examples(
    dataset: ArrayDataset, classes: int = MAX_CLASSES, images: int = MAX_IMAGES
) -> tuple[list[ClassExamples], int]:
    """Return examples of the first classes, and the number of all classes.

    For other targets than classes, it is examples of each split, a few rows of them.

    Args:
        dataset: the data set.
        classes: maximum number of classes.
        images: maximum number of images per class.
    """
    splits = [dataset.splits[name] for name in SPLITS if name in dataset.splits]
    if any(target.dtype != np.int64 or target.ndim > 1 for target in splits[0].targets):
        rows_of = {name: classes // len(splits) for name in SPLITS if name in dataset.splits}
        return _rows_of_splits(dataset, rows_of, images), sum(rows_of.values())
    of_split = [(split, np.stack(split.targets, axis=1)) for split in splits]
    every = np.unique(np.concatenate([labels for _, labels in of_split]), axis=0)
    found = []
    for label in every[:classes]:
        rows = [(split, np.flatnonzero((own == label).all(axis=1))) for split, own in of_split]
        split, some = next((split, some) for split, some in rows if len(some))
        chosen = some[_spread(len(some), images)]
        heads = zip(dataset.targets, label.tolist(), strict=True)
        name = "; ".join(target.classes[number] for target, number in heads)
        found.append(ClassExamples(name, split.inputs[chosen]))
    return found, len(every)


def _rows_of_splits(
    dataset: ArrayDataset, rows_of: Mapping[str, int], images: int
) -> list[ClassExamples]:
    """Return rows of examples of each split."""
    found = []
    for name, rows in rows_of.items():
        inputs = dataset.splits[name].inputs
        chosen = np.array_split(_spread(len(inputs), rows * images), rows)
        found += [ClassExamples(name, inputs[each]) for each in chosen if len(each)]
    return found


def _spread(count: int, wanted: int) -> NDArray[np.int64]:
    """Return at most `wanted` of the numbers below `count`, at equal distances."""
    # Because neighbors are often alike, such as frames of a video.
    return np.linspace(0, count - 1, min(wanted, count)).astype(np.int64)


def draw_sheet(examples: Sequence[ClassExamples], total: int) -> Sheet:
    """Return the picture of examples, one row per class.

    Args:
        examples: the examples by class.
        total: number of all classes.
    """
    font = ImageFont.load_default(FONT_SIZE)
    names = [_drawable(font, shown(each.name), row) for row, each in enumerate(examples, 1)]
    left = GAP + round(max(map(font.getlength, names))) + 2 * GAP
    step = CELL + GAP
    # A wide image, such as one of a line of text, takes the place of several square ones.
    height, width = examples[0].images.shape[2:]
    span = min(max(round(width / height), 1), MAX_IMAGES)
    columns = min(max(len(each.images) for each in examples), MAX_IMAGES // span)
    sheet = Image.new("RGB", (left + columns * span * step, GAP + len(examples) * step), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (name, each) in enumerate(zip(names, examples, strict=True)):
        top = GAP + row * step
        draw.text((GAP, top + CELL // 2), name, "black", font, anchor="lm")
        for column, image in enumerate(each.images[:columns]):
            pixels = cell(image, CELL, span * step - GAP)
            sheet.paste(Image.fromarray(pixels), (left + column * span * step, top))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return Sheet(file.getvalue(), _legend(names, examples, total))


def _legend(names: Sequence[str], examples: Sequence[ClassExamples], total: int) -> list[str]:
    legend = [
        f"{name} in the sheet: {each.name}"
        for name, each in zip(names, examples, strict=True)
        if name != each.name
    ]
    if total > len(examples):
        legend.append(f"{total - len(examples):,} more classes are not in the sheet")
    return legend


def cell(image: NDArray[np.uint8], side: int, wide: int = 0) -> NDArray[np.uint8]:
    """Return an image, uint8 ``(C, H, W)``, as RGB pixels ``(side, wide, 3)`` with its proportions.

    The area around it is light gray.

    Args:
        image: the image.
        side: height of the result.
        wide: width of the result; 0 for a square.
    """
    wide = wide or side
    pixels = np.moveaxis(np.broadcast_to(image, (3, *image.shape[1:])), 0, -1)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    scale = min(wide / picture.width, side / picture.height)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    # The pixels of small images stay visible.
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    canvas = Image.new("RGB", (wide, side), (224, 224, 224))
    canvas.paste(picture.resize((width, height), how), ((wide - width) // 2, (side - height) // 2))
    return np.asarray(canvas, np.uint8)


def _drawable(font: Font, name: str, number: int) -> str:
    """Return a name, cut to `MAX_NAME`, without the accents that the font lacks, or a number."""
    plain = "".join(char for char in normalize("NFKD", name) if not combining(char))
    drawn = next((each for each in (name, plain) if _has_glyphs(font, each)), f"class {number}")
    if font.getlength(drawn) <= MAX_NAME:
        return drawn
    while font.getlength(f"{drawn}...") > MAX_NAME:
        drawn = drawn[:-1]
    return f"{drawn}..."


def _has_glyphs(font: Font, text: str) -> bool:
    # Pillow's font has few letters, and draws the same box for all others.
    missing = bytes(font.getmask("\uffff"))
    return all(bytes(font.getmask(char)) != missing for char in text if not char.isspace())
