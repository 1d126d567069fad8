"""Printed lines: ruled and squared paper, frames and cells.

A printed line is long, thin and straight, nearly horizontal or vertical, and both of its ends are
anchored: at the image's edge, or at another such line. The strokes of a digit end freely.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zoo_mnist.photos.arrays import Floats, Ints, Mask
from zoo_mnist.photos.background import quantile
from zoo_mnist.photos.components import find_components
from zoo_mnist.photos.morphology import sliding_max

SMALLEST = 64
"""Minimum longer side of an image in which lines are searched for; strokes of smaller ones are as
thick as lines are long."""
LENGTH = 0.12
"""Minimum length of a line's piece between strokes, relative to the longer side of the image."""
SHORT = 0.6
"""Minimum length of a piece that may begin a line, relative to the length above."""
THIN = 12
"""Minimum ratio of a line's length to its thickness."""
THICK = 0.04
"""Maximum thickness of a line relative to the longer side of the image."""
SLOPE = 1
"""Number of pixels by which a line may leave its row within `LENGTH`, towards each side."""
GAP = 5
"""Maximum gap in a line, in pixels, plus one."""
REACH = 0.03
"""Maximum distance between a line's end and its anchor, relative to the image's longer side."""
JUMP, FILLED = 3, 0.8
"""Two pieces are one line if their rows differ by at most so many pixels, and so large a share of
the pixels between them is in the mask."""
FEW, PENS = 2, 0.6
"""So few lines may be strokes if their thickness and contrast are at least such a share of those of
the rest of the ink."""
DARKER = 1.5
"""Minimum contrast of a stroke on a line, relative to typical lines: ink that follows a gray line
for a while is darker."""
ALIKE = 1.5
"""Maximum ratio of the thicknesses, above one pixel, or contrasts of two pieces of a line."""
BRIDGE = 0.06
"""Maximum gap between two pieces of a faint line, relative to the image's longer side."""
FAMILY, FAMILY_LENGTH = 3, 0.5
"""Minimum number of parallel lines that need no anchors, and their length relative to the side."""


class _Line(NamedTuple):
    """A candidate of a line; of a vertical one, rows and columns are exchanged."""

    start: int
    end: int
    first_row: float
    last_row: float
    thickness: float
    contrast: float
    band: Mask

    @property
    def row(self) -> float:
        return (self.first_row + self.last_row) / 2

    def row_at(self, column: float) -> float:
        share = (column - self.start) / max(1, self.end - self.start)
        return self.first_row + share * (self.last_row - self.first_row)


def find_lines(ink: Floats, floor: float) -> Mask:
    """Return the pixels of printed lines, without those where strokes cross them.

    Args:
        ink: contrast to the paper, ``(H, W)``.
        floor: minimum contrast of lines.
    """
    mask = ink > floor
    lines = np.zeros_like(mask)
    if max(mask.shape) < SMALLEST:
        return lines
    across, down = _anchored(_candidates(mask, ink), _candidates(mask.T, ink.T), mask.shape)
    if not across and not down:
        return lines
    if len(across) + len(down) <= FEW and _is_stroke((*across, *down), ink, mask):
        return lines
    darker = DARKER * float(np.median([line.contrast for line in (*across, *down)]))
    mask = mask & (ink < darker)
    runs = run_lengths(ink > floor)
    for line in across:
        lines |= _line_pixels(line, mask, runs)
    # Without the first ones, so that crossing lines do not keep each other.
    runs = run_lengths(((ink > floor) & ~lines).T)
    for line in down:
        lines |= _line_pixels(line, mask.T, runs).T
    return lines


def _is_stroke(few: tuple[_Line, ...], ink: Floats, mask: Mask) -> bool:
    """Return whether one or two lines are as thick and as dark as the rest of the ink.

    A drawing may be cropped to its digit, so that the bar of a 2 goes from edge to edge.
    """
    rest = mask.copy()
    for line in few:
        rest &= ~(line.band if line.band.shape == mask.shape else line.band.T)
    if not rest.any():
        return True
    width = min(float(np.median(runs[runs > 0])) for runs in map(run_lengths, (rest, rest.T)))
    dark = quantile(ink[rest], 0.8)
    return all(line.thickness >= PENS * width and line.contrast >= PENS * dark for line in few)


def _candidates(mask: Mask, ink: Floats) -> list[_Line]:
    """Return the long and thin parts of a mask that are nearly horizontal."""
    side = max(mask.shape)
    length = max(12, round(LENGTH * side))
    if mask.shape[1] < length:
        return []
    long = _open_horizontally(mask, length)
    # Without what is thick: there, a stroke crosses the line, or lies on it.
    long &= run_lengths(long) <= THICK * side + 2 * SLOPE
    if not long.any():
        return []
    runs = run_lengths(mask)
    found = find_components(long, long)
    pieces = []
    for number, (top, left, bottom, right) in enumerate(found.boxes.tolist(), 1):
        local = found.labels[top:bottom, left:right] == number
        inside = local & mask[top:bottom, left:right]
        if not inside.any(axis=0).mean() > 0.5:
            continue
        own_runs = np.where(inside, runs[top:bottom, left:right], side)
        # The median of columns, not of pixels, because strokes that cross the line have more.
        thickness = float(np.median(own_runs.min(axis=0)))
        thin = own_runs <= _limit(thickness)
        contrast = quantile(ink[top:bottom, left:right][thin], 0.8)
        band = np.zeros_like(mask)
        band[top:bottom, left:right] = local
        first, last = _ends(local)
        pieces.append(_Line(left, right, top + first, top + last, thickness, contrast, band))
    # Between strokes, pieces are too short to have a direction, and may be strokes themselves.
    short = [piece for piece in pieces if piece.end - piece.start < SHORT * length]
    lines = _join([piece for piece in pieces if piece.end - piece.start >= SHORT * length], mask)
    for line in lines:
        for piece in short:
            middle = (piece.start + piece.end) / 2
            if abs(piece.row - line.row_at(middle)) <= JUMP and _are_alike(line, piece):
                line.band[:] |= piece.band
    return [line for line in lines if line.end - line.start >= max(length, THIN * line.thickness)]


def _ends(band: Mask) -> tuple[float, float]:
    """Return the rows at both ends of a straight line through the pixels of a band."""
    rows, columns = np.nonzero(band)
    middle = (band.shape[1] - 1) / 2
    row, offsets = float(rows.mean()), columns - columns.mean()
    slope = float((offsets * rows).sum()) / max(1.0, float((offsets**2).sum()))
    return row - slope * middle, row + slope * middle


def _open_horizontally(mask: Mask, length: int) -> Mask:
    """Return the nearly horizontal parts of a mask that are at least so long."""
    thick = np.pad(mask, ((SLOPE, SLOPE), (GAP - 1, GAP - 1)))
    thick = sliding_max(thick, 2 * SLOPE + 1, 0)
    closed = ~sliding_max(~sliding_max(thick, GAP, 1), GAP, 1)
    # A line may begin at the edge of the image, where it continues.
    closed = np.pad(closed, ((0, 0), (length - 1, length - 1)), mode="edge")
    return sliding_max(~sliding_max(~closed, length, 1), length, 1)


def _join(pieces: list[_Line], mask: Mask) -> list[_Line]:
    """Return lines whose pieces are separated by strokes alone."""
    lines: list[_Line] = []
    bridge = BRIDGE * max(mask.shape)
    for piece in sorted(pieces, key=lambda each: each.start):
        for index, line in enumerate(lines):
            if (
                abs(piece.first_row - line.last_row) <= JUMP
                and _are_alike(line, piece)
                and (piece.start - line.end <= bridge or _is_filled(line, piece, mask))
            ):
                lines[index] = _joined(line, piece)
                break
        else:
            lines.append(piece)
    return lines


def _are_alike(line: _Line, piece: _Line) -> bool:
    thin, thick = sorted((line.thickness, piece.thickness))
    return thick <= ALIKE * thin + 1


def _joined(line: _Line, piece: _Line) -> _Line:
    share = (line.end - line.start) / (line.end - line.start + piece.end - piece.start)
    return _Line(
        line.start,
        max(line.end, piece.end),
        line.first_row,
        piece.last_row,
        share * line.thickness + (1 - share) * piece.thickness,
        share * line.contrast + (1 - share) * piece.contrast,
        line.band | piece.band,
    )


def _is_filled(line: _Line, piece: _Line, mask: Mask) -> bool:
    if piece.start <= line.end:
        return True
    columns = np.arange(line.end, piece.start)
    share = (columns - line.end + 1) / (len(columns) + 1)
    rows = np.rint(line.last_row + share * (piece.first_row - line.last_row)).astype(np.intp)
    return bool(mask[rows, columns].mean() >= FILLED)


def _anchored(
    across: list[_Line], down: list[_Line], shape: tuple[int, ...]
) -> tuple[list[_Line], list[_Line]]:
    """Return the lines whose ends are anchored, and others that are like them."""
    reach = max(3.0, REACH * max(shape))
    kept = [_family(across, max(shape)), _family(down, max(shape))]
    lines = [across, down]
    while True:
        anchored = [
            [
                line
                for line in lines[axis]
                if any(line is each for each in kept[axis])
                or _ends_held(line, lines[1 - axis], shape[1 - axis], reach) == 2
            ]
            for axis in (0, 1)
        ]
        if [len(each) for each in anchored] == [len(each) for each in lines]:
            break
        lines = anchored
    if len(all_lines := [*lines[0], *lines[1]]) < 2:
        return lines[0], lines[1]
    # A line that a digit interrupts has only one such end.
    thickness, contrast = (
        float(np.median([line[field] for line in all_lines])) for field in (4, 5)
    )
    for axis, candidates in enumerate((across, down)):
        lines[axis] += [
            line
            for line in candidates
            if not any(line is other for other in lines[axis])
            and line.thickness <= ALIKE * thickness + 1
            and line.contrast <= ALIKE * contrast
            and _ends_held(line, lines[1 - axis], shape[1 - axis], reach)
        ]
    return lines[0], lines[1]


def _family(lines: list[_Line], side: int) -> list[_Line]:
    long = [line for line in lines if line.end - line.start >= FAMILY_LENGTH * side]
    return long if len(long) >= FAMILY else []


def _ends_held(line: _Line, others: list[_Line], size: int, reach: float) -> int:
    """Return the number of ends of a line that are at the edge or at one of the other lines."""
    at_start, at_end = line.start <= reach, line.end >= size - reach
    for other in others:
        if other.start - reach <= line.row <= other.end + reach:
            at_start |= abs(other.row - line.start) <= reach
            at_end |= abs(other.row - line.end) <= reach
    return int(at_start) + int(at_end)


def _line_pixels(line: _Line, mask: Mask, runs: Ints) -> Mask:
    """Return the pixels of a line in a mask, without those where a stroke crosses it."""
    # A stroke that crosses a line makes the column's run of pixels longer than the line is thick.
    pixels: Mask = line.band & mask & (runs <= _limit(line.thickness))
    return pixels


def _limit(thickness: float) -> float:
    """Return the maximum length of runs across a line of a thickness."""
    return 1.5 * thickness + 1


def run_lengths(mask: Mask) -> Ints:
    """Return the length of the vertical run of each pixel of a mask; 0 outside of it."""
    columns = np.zeros((mask.shape[1], mask.shape[0] + 1), np.bool_)
    columns[:, :-1] = mask.T
    borders = np.flatnonzero(np.diff(columns.ravel(), prepend=False))
    lengths = borders[1::2] - borders[::2]
    runs = np.zeros(columns.shape, np.intp)
    runs[columns] = np.repeat(lengths, lengths)
    return runs[:, :-1].T
