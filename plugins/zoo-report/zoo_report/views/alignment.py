"""Alignment of a predicted string with the true one, by Levenshtein's distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

Edit = tuple[str, str]
"""A true symbol and the predicted one; empty for one that is inserted or missing."""


def align(true: Sequence[str], predicted: Sequence[str]) -> list[Edit]:
    """Return the fewest edits from a true string to the predicted one, symbol by symbol."""
    # Distances of every beginning of `true` to every beginning of `predicted`.
    table = [[*range(len(predicted) + 1)]]
    for i, wanted in enumerate(true, 1):
        row = [i]
        for j, found in enumerate(predicted, 1):
            kept = table[-1][j - 1] + (wanted != found)
            row.append(min(kept, table[-1][j] + 1, row[-1] + 1))
        table.append(row)
    return _trace(table, true, predicted)


def _trace(table: list[list[int]], true: Sequence[str], predicted: Sequence[str]) -> list[Edit]:
    """Return the edits along the cheapest path through a table of distances."""
    edits: list[Edit] = []
    i, j = len(true), len(predicted)
    while i or j:
        cost = table[i][j]
        if i and j and cost == table[i - 1][j - 1] + (true[i - 1] != predicted[j - 1]):
            i, j = i - 1, j - 1
            edits.append((true[i], predicted[j]))
        elif i and cost == table[i - 1][j] + 1:
            i -= 1
            edits.append((true[i], ""))
        else:
            j -= 1
            edits.append(("", predicted[j]))
    return edits[::-1]


def count_edits(strings: Iterable[list[Edit]]) -> Counter[Edit]:
    """Return how often each pair of different symbols occurs in aligned strings."""
    return Counter(edit for edits in strings for edit in edits if edit[0] != edit[1])
