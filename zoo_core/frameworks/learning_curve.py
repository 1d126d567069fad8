"""The learning curve of a run as a small SVG, for notebooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from zoo_core.metrics.metric_text import format_metric
from zoo_core.metrics.scores import Scores

WIDTH, HEIGHT = 240, 40
"""Size of the curve in pixels."""

MARGIN = 2
"""Pixels between the curve and its edges."""


def learning_curve(path: Path) -> str:
    """Return the curve of the first validation metric; empty for fewer than two epochs.

    Args:
        path: the file ``metrics.jsonl`` of a run; it may not exist yet.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        scores = [Scores.from_json(line["validation"]) for line in lines]
    except (OSError, ValueError, KeyError):  # not begun, or being written
        return ""
    values = [sum(each.headline_values) / len(each.headline_values) for each in scores]
    if len(values) < 2:
        return ""
    name = scores[0].headline_names[0]
    first, last = (format_metric(name, value) for value in (values[0], values[-1]))
    label = f"validation {name.replace('_', ' ')} per epoch: {first} to {last}"
    return f"<p>{_svg(values, label)}<br>{label}</p>"


def _svg(values: Sequence[float], label: str) -> str:
    low, high = min(values), max(values)
    across, down = (WIDTH - 2 * MARGIN) / (len(values) - 1), HEIGHT - 2 * MARGIN
    share = [(value - low) / (high - low) if high > low else 0.5 for value in values]
    points = " ".join(
        f"{MARGIN + across * epoch:.1f},{MARGIN + down * (1 - each):.1f}"
        for epoch, each in enumerate(share)
    )
    # The color of the text, which fits light and dark notebooks.
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
