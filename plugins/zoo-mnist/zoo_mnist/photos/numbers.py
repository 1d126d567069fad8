"""Numbers: symbols side by side, in lines from top to bottom."""

from __future__ import annotations

import numpy as np

from zoo_mnist.photos.arrays import Ints

OVERLAP = 0.4
"""Minimum vertical overlap of neighbors in a line, relative to the lower one."""
APART = 1.0
"""Minimum gap between two numbers of a line, relative to the symbols' typical height."""
PAIR_APART = 1.5
"""The same, between the only two symbols of a line."""
WIDER = 2.2
"""Minimum gap between two numbers relative to the line's median gap: digits may be far apart."""


def find_numbers(boxes: Ints) -> list[list[int]]:
    """Return the symbols of each number, from left to right, in reading order.

    Args:
        boxes: top, left, bottom and right of the symbols, ``(N, 4)``.
    """
    numbers = [number for line in _lines(boxes) for number in _split(line, boxes)]
    return _in_reading_order(numbers, boxes)


def _lines(boxes: Ints) -> list[list[int]]:
    """Return the symbols of each line, from left to right."""
    lines: list[list[int]] = []
    for symbol in np.argsort(boxes[:, 1], kind="stable").tolist():
        # The neighbor to the left is the last symbol of the line that overlaps most.
        overlaps = [_overlap(boxes[line[-1]], boxes[symbol]) for line in lines]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if overlaps and overlaps[best] >= OVERLAP:
            lines[best].append(symbol)
        else:
            lines.append([symbol])
    return lines


def _overlap(one: Ints, other: Ints) -> float:
    """Return the vertical overlap of two boxes relative to the lower one."""
    common = min(one[2], other[2]) - max(one[0], other[0])
    return float(common) / float(min(one[2] - one[0], other[2] - other[0]))


def _split(line: list[int], boxes: Ints) -> list[list[int]]:
    """Return the numbers of a line, split at wide gaps."""
    own = boxes[line]
    gaps = own[1:, 1] - np.maximum.accumulate(own[:-1, 3])
    height = float(np.median(own[:, 2] - own[:, 0]))
    if len(gaps) < 2:
        limit = PAIR_APART * height
    else:
        median = float(np.sort(gaps)[(len(gaps) - 1) // 2])
        limit = max(APART * height, WIDER * median)
    numbers = [[line[0]]]
    for symbol, gap in zip(line[1:], gaps.tolist(), strict=True):
        if gap > limit:
            numbers.append([])
        numbers[-1].append(symbol)
    return numbers


def _in_reading_order(numbers: list[list[int]], boxes: Ints) -> list[list[int]]:
    """Return numbers from top to bottom; those that are beside each other from left to right."""
    places = [
        (float(own[:, 0].mean()), float(own[:, 2].mean()), int(own[:, 1].min()))
        for own in (boxes[number] for number in numbers)
    ]
    rows: list[list[int]] = []
    for index in sorted(range(len(numbers)), key=lambda each: sum(places[each][:2])):
        middle = sum(places[index][:2]) / 2
        # In the row above, if its middle is within the height of that row's first number.
        if rows and places[rows[-1][0]][0] < middle < places[rows[-1][0]][1]:
            rows[-1].append(index)
        else:
            rows.append([index])
    return [numbers[each] for row in rows for each in sorted(row, key=lambda i: places[i][2])]
