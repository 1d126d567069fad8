"""Find the tasks of heads among the installed plugins."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.metrics.task import Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import TargetSpec


def find_tasks(catalog: Catalog, targets: Sequence[TargetSpec]) -> tuple[Task, ...]:
    """Return the task of each target's head.

    Raises:
        UnknownNameError: no installed plugin offers a task.
        PluginError: a task cannot be imported.
    """
    tasks = []
    for target in targets:
        entry = catalog.task(target.task)
        cls: type[Task] = entry.resolve(entry.spec.task)
        tasks.append(cls(target))
    return tuple(tasks)
