"""Values of metrics as text. Standard library only, because `zoo list` prints them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zoo_core.metrics.scores import Scores

_SHARES = ("accuracy", "cer", "f1", "iou", "match", "rate", "top5")


def is_share(metric: str) -> bool:
    """Return True for a metric that is a share from 0 to 1 by the ending of its name.

    These are `accuracy`, `cer`, `f1`, `iou`, `match`, `rate` and `top5`; they are shown in percent.
    """
    return metric.endswith(_SHARES)


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


def counts_text(scores: Scores) -> str:
    """Return ``9,912 / 9,874 of 10,000 examples correct``; without a count, the number alone."""
    texts = [
        f"{' / '.join(f'{each:,}' for each in values)} of {scores.total:,} examples {name}"
        for name, values in scores.metrics.items()
        if all(isinstance(each, int) for each in values)
    ]
    return ", ".join(texts) or f"{scores.total:,} examples"
