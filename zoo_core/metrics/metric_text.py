"""Values of metrics as text. Standard library only, because `zoo list` prints them."""

from __future__ import annotations

_SHARES = ("accuracy", "cer", "f1", "iou", "match", "rate", "top5")


def is_share(metric: str) -> bool:
    """Return True for a metric that is a share from 0 to 1 by the ending of its name.

    These are `accuracy`, `cer`, `f1`, `iou`, `match`, `rate` and `top5`; they are shown in percent.
    """
    return metric.endswith(_SHARES)


def counts_examples(metric: str) -> bool:
    """Return True for a metric that, as an int, counts examples by the ending of its name.

    These are `correct` and `exact`; they are shown as ``92 of 100 examples exact``.
    """
    return metric.endswith(("correct", "exact"))


def format_metric(name: str, value: float) -> str:
    """Return a metric's value as text: a share in percent, any other number with 5 digits."""
    if isinstance(value, int):
        return f"{value:,}"
    if name == "loss":
        return format_loss(value)
    return f"{value:.2%}" if is_share(name) else f"{value:.5g}"


def format_loss(loss: float) -> str:
    """Return a loss as text."""
    # Squared errors of large numbers, such as prices, have no meaningful decimals.
    return f"{loss:.4f}" if loss < 1000 else f"{loss:.5g}"
