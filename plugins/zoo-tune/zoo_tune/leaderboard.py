"""The leaderboard of a search: best trials, importances, next commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from zoo_core.plugin_api import Study, Trial

SHOWN = 10
"""Trials on the leaderboard; all of them, of a grid."""


def leaderboard(study: Study) -> list[str]:
    """Return the best trials as lines of a table, the best first; of a grid, all."""
    trials = study.ranked if study.grid else study.ranked[:SHOWN]
    keys = list(dict.fromkeys(key for trial in trials for key in trial.values))
    head = ["", "trial", "validation", "epochs", "seconds", *keys]
    rows = [
        [
            str(rank),
            str(trial.number),
            _accuracy(trial),
            str(trial.epochs),
            f"{trial.seconds:.1f}",
            *(short(trial.values[key]) if key in trial.values else "–" for key in keys),
        ]
        for rank, trial in enumerate(trials, 1)
    ]
    return _align([head, *rows])


def importances(study: Study) -> str:
    """Return what matters most, in a line; nothing where too little is known."""
    return ", ".join(f"{key} {share:.0%}" for key, share in study.importances.items())


def settings(values: dict[str, Any]) -> str:
    """Return a trial's values in a line."""
    return ", ".join(f"{key} {short(value)}" for key, value in values.items())


def short(value: Any) -> str:
    """Return a value with as many digits as tell."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value)


def _accuracy(trial: Trial) -> str:
    assert trial.mean is not None
    sd = "" if trial.sd is None else f" ± {100 * trial.sd:.2f}"
    return f"{100 * trial.mean:.2f}{sd}"


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
