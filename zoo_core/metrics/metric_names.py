"""Names of the metrics that a task has, found without data and without a model."""

from __future__ import annotations

import numpy as np

from zoo_core.metrics.task import Task
from zoo_core.metrics.task_contract import details_of, measure_head, metrics_of

EXAMPLES = 3
"""Number of made-up examples that are scored."""


def metric_names(task: Task) -> tuple[str, ...]:
    """Return the names of a task's metrics and details."""
    targets = task.example_targets(EXAMPLES)
    # Where the model decides about the number of steps, enough of them for any string.
    steps = 2 * max(task.target.shape, default=0) + 1
    shape = [steps if size is None else size for size in task.output_shape]
    measured = measure_head(task, np.zeros((EXAMPLES, *shape), np.float32), targets)
    return (*metrics_of(task, measured), *details_of(task, measured))
