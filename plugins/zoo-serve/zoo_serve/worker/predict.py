"""Answers of `POST /predict`: the entries of `zoo predict --json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Predictions
from zoo_core.plugin_api import (
    FileBatch,
    InputBatch,
    json_records,
    refused_record,
    verdicts,
)
from zoo_serve.messages import Request
from zoo_serve.worker.inputs import read_inputs
from zoo_serve.worker.replies import JSON, RefusedError, Reply, json_text, make_reply
from zoo_serve.worker.served import Served


@dataclass(frozen=True)
class PredictJob:
    """A request whose examples are read.

    Attributes:
        batches: its examples.
        force: whether refused predictions are returned, too.
    """

    batches: list[InputBatch]
    force: bool

    @property
    def inputs(self) -> list[NDArray[Any]]:
        """Inputs of the model, one array per batch."""
        return [batch.inputs for batch in self.batches]


def read_predict(served: Served, request: Request) -> PredictJob:
    """Return the job of a request.

    Raises:
        RefusedError, ZooError: the body cannot be read.
    """
    batches = read_inputs(served, request)
    errors = [error for batch in batches for error in batch.errors]
    if errors and not any(batch.names or _refused(batch) for batch in batches):
        raise RefusedError(400, str(errors[0]))
    return PredictJob(batches, request.force == "1")


def answer_predict(
    served: Served, jobs: Sequence[PredictJob], predictions: Sequence[Predictions | None]
) -> list[Reply]:
    """Return the responses to jobs of equal `force`.

    Args:
        served: the model.
        jobs: the jobs.
        predictions: predictions for the batches of all jobs, one after the other; a single one for
            all of them if they were predicted together; None for no inputs.
    """
    batches = [batch for job in jobs for batch in job.batches]
    if len(predictions) == 1 and len(batches) > 1:
        records = iter(_records(served, _merged(batches), predictions[0], force=jobs[0].force))
    else:
        pairs = zip(batches, predictions, strict=True)
        records = chain.from_iterable(
            _records(served, batch, found, force=jobs[0].force) for batch, found in pairs
        )
    return [_reply(served, job, records) for job in jobs]


def _records(
    served: Served, batch: InputBatch, predictions: Predictions | None, *, force: bool
) -> list[dict[str, Any]]:
    if predictions is None:
        return []
    found = [*verdicts(batch, predictions)]
    tasks = served.pretrained.tasks
    return [*json_records(batch.names, predictions, tasks, found, force=force)]


def _reply(served: Served, job: PredictJob, records: Any) -> Reply:
    entries: list[dict[str, Any]] = []
    for batch in job.batches:
        own = [next(records) for _ in batch.names]
        places = batch.images.places if batch.images else range(len(own))
        placed = [*zip(places, own, strict=True)]
        placed += [
            (each.place, refused_record(str(each.file), each.reason)) for each in _refused(batch)
        ]
        # Stable, so that the parts of a file keep their order.
        entries += [entry for _, entry in sorted(placed, key=lambda each: each[0])]
    errors = [str(error) for batch in job.batches for error in batch.errors]
    report = {
        "schema": 1,
        "model": served.pretrained.name,
        "runtime": served.runtime,
        "predictions": entries,
        **({"errors": errors} if errors else {}),
        "sha256": served.pretrained.sha256,
    }
    return make_reply(200, {**JSON, **served.headers}, json_text(report))


def _refused(batch: InputBatch) -> Sequence[Any]:
    return batch.images.refused if batch.images else ()


def _merged(batches: Sequence[InputBatch]) -> InputBatch:
    """Return the examples of several batches as one, as far as verdicts need it."""
    names = tuple(name for batch in batches for name in batch.names)
    inputs = np.empty((0,), np.uint8)  # already predicted
    files = [batch.images for batch in batches if batch.images]
    if not files:
        return InputBatch(names, inputs)
    boxes = tuple(each for file in files for each in file.boxes)
    doubts = tuple(each for file in files for each in file.doubts)
    # A place per input, because a batch without places counts as empty, and so as false.
    places = tuple(range(len(names)))
    images = FileBatch(names, inputs, (), places, boxes, doubts, (), ())
    return InputBatch(names, inputs, images=images)
