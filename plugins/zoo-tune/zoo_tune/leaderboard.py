"""The leaderboard of a search: the best trials as a table."""

from __future__ import annotations

import json
from typing import Any

from zoo_core.plugin_api import Study, Trial

SHOWN = 10
"""Maximum number of trials on the leaderboard of a search that is not a grid."""


def leaderboard(study: Study) -> list[str]:
    """Return the best trials as lines of a table, the best first; all trials of a grid."""
    trials = study.ranked if study.grid else study.ranked[:SHOWN]
    keys = list(dict.fromkeys(key for trial in trials for key in trial.values))
    rows = [["", "trial", "validation", "epochs", "seconds", *keys]]
    for rank, trial in enumerate(trials, 1):
        facts = [str(rank), str(trial.number), _accuracy(trial), str(trial.epochs)]
        # A trial has no value for a key whose `when` does not hold.
        values = [short(trial.values[key]) if key in trial.values else "–" for key in keys]
        rows.append([*facts, f"{trial.seconds:.1f}", *values])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.rjust, row, widths)) for row in rows]


def settings(values: dict[str, Any]) -> str:
    """Return a trial's values on one line."""
    return ", ".join(f"{key} {short(value)}" for key, value in values.items())


def short(value: Any) -> str:
    """Return a value with at most three significant digits."""
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value)


def score_text(score: float) -> str:
    """Return a trial's score as text: a share, or a loss, which is stored as a negative score."""
    return f"{score:.2%}" if score >= 0 else f"loss {-score:.4f}"


def _accuracy(trial: Trial) -> str:
    assert trial.mean is not None  # ranked trials are complete
    # A share in percent, or a loss.
    scale, digits = (100, 2) if trial.mean >= 0 else (-1, 4)
    sd = "" if trial.sd is None else f" ± {abs(scale) * trial.sd:.{digits}f}"
    return f"{scale * trial.mean:.{digits}f}{sd}"
