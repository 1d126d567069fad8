"""Fit of a model to a data set: kind of input, tasks and number of heads."""

from __future__ import annotations

from zoo_core.errors import join_names
from zoo_core.plugins.specs import DatasetSpec, ModelSpec


def misfit(model: ModelSpec, dataset: DatasetSpec) -> tuple[str, str] | None:
    """Return what a model expects of a data set and what it gets; None if it fits."""
    tasks = dict.fromkeys(each.task for each in dataset.targets)
    others = [each for each in tasks if model.tasks and each not in model.tasks]
    kind = dataset.input.kind
    if model.inputs and kind not in model.inputs:
        return f"inputs of kind {join_names(model.inputs)}", kind
    if others:
        return f"task {join_names(model.tasks)}", join_names(others)
    if model.heads not in (None, len(dataset.targets)):
        return f"targets per example: {model.heads}", str(len(dataset.targets))
    return None
