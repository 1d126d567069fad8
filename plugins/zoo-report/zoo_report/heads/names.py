"""Names and values of metrics for readers."""

from __future__ import annotations

from zoo_core.plugin_api import is_share

NAMES = {
    "cer": "character error rate",
    "f1": "F1",
    "iou": "IoU",
    "macro_f1": "macro F1",
    "mae": "MAE",
    "mean_iou": "mean IoU",
    "micro_f1": "micro F1",
    "r2": "R²",
    "rmse": "RMSE",
    "top5": "top 5",
}
"""Name of a metric -> its name for readers; of others, the underscores become spaces."""


def metric_name(name: str) -> str:
    """Return the name of a metric or measure for readers."""
    return NAMES.get(name, name.replace("_", " "))


def capitalized(text: str) -> str:
    """Return text whose first letter is a capital one; the others stay as they are."""
    return text[:1].upper() + text[1:]


def number(metric: str, value: float) -> str:
    """Return the value of a metric: a share in percent, others with at least four digits."""
    if isinstance(value, int):
        return f"{value:,}"
    if is_share(metric):
        return f"{value:.2%}"
    if metric == "loss" and abs(value) < 100:
        return f"{value:.4f}"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e15 else f"{value:.4g}"
