"""Charts of a training: the metrics that are drawn after each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.plugin_api import is_share
from zoo_report.heads.names import capitalized, metric_name
from zoo_report.history import Epoch

BEST_IS_1 = ("accuracy", "f1", "iou", "match", "r2", "top5")
"""Endings of the names of metrics that are 1 for a perfect model."""


@dataclass(frozen=True)
class Chart:
    """A chart of learning curves.

    Attributes:
        name: identifier, such as ``loss``.
        title: title of the chart.
        metric: metric of the curves.
    """

    name: str
    title: str
    metric: str

    @property
    def is_distance(self) -> bool:
        """True if the chart shows the distance of the metric to 1."""
        # 99.0 % and 99.5 % look alike, 1 % and 0.5 % do not.
        return self.metric.endswith(BEST_IS_1)

    @property
    def is_share(self) -> bool:
        """True if values are shares, shown in percent."""
        return is_share(self.metric)

    def values(self, epochs: Sequence[Epoch], split: str, head: int) -> list[float]:
        """Return the value of a head after each epoch; none if it does not have the metric."""
        found = [getattr(epoch, split)[self.metric][head] for epoch in epochs]
        if None in found:
            return []
        return [1 - value for value in found] if self.is_distance else found


ERROR = Chart("error", "Error rate", "accuracy")


def charts_of(epochs: Sequence[Epoch]) -> list[Chart]:
    """Return the charts of a history: the loss, and the metric of each head that lists show."""
    if not epochs:
        return []
    every = [getattr(epoch, split) for epoch in epochs for split in ("train", "validation")]
    headlines = epochs[0].validation.headline_names
    # The losses of other tasks are in other units, such as the square of the target's.
    nats = set(headlines) == {"accuracy"}
    return [
        Chart("loss", "Loss (nats)" if nats else "Loss", "loss") if name == "loss" else _chart(name)
        for name in dict.fromkeys(("loss", *headlines))
        if all(name in scores.metrics for scores in every)
    ]


def _chart(metric: str) -> Chart:
    if metric == ERROR.metric:
        return ERROR
    distance = "1 − " if metric.endswith(BEST_IS_1) else ""
    return Chart(
        metric,
        distance + (metric_name(metric) if distance else capitalized(metric_name(metric))),
        metric,
    )
