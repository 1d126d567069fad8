"""Batches: one call of the model for the requests that can share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Predictions
from zoo_serve.messages import Request
from zoo_serve.worker.infer import InferJob, answer_infer, read_infer
from zoo_serve.worker.predict import PredictJob, answer_predict, read_predict
from zoo_serve.worker.replies import Reply, error_reply
from zoo_serve.worker.served import Served

Job = PredictJob | InferJob

MAX_EXAMPLES = 1000
"""Maximum number of examples of a request that shares a call of the model."""


def answer(served: Served, requests: Sequence[Request]) -> list[Reply]:
    """Return the responses to requests for a model, in their order."""
    replies: dict[int, Reply] = {}
    groups: dict[object, list[tuple[int, Job]]] = {}
    for number, request in enumerate(requests):
        try:
            job = (read_predict if request.action == "predict" else read_infer)(served, request)
        except Exception as exc:  # a plugin may raise anything; the other requests are answered
            replies[number] = error_reply(exc, served.headers)
            continue
        groups.setdefault(_key(served, number, job), []).append((number, job))
    for members in groups.values():
        numbers = [number for number, _ in members]
        answers = _answer_group(served, [job for _, job in members])
        replies.update(zip(numbers, answers, strict=True))
    return [replies[number] for number in range(len(requests))]


def _key(served: Served, number: int, job: Job) -> object:
    """Return a key that is equal for jobs that share a call of the model."""
    if not served.is_batchable or sum(map(len, job.inputs)) > MAX_EXAMPLES:
        return number
    return job.force if isinstance(job, PredictJob) else "infer"


def _answer_group(served: Served, jobs: Sequence[Job]) -> list[Reply]:
    try:
        return _respond(served, jobs)
    except Exception as exc:
        if len(jobs) == 1:
            return [error_reply(exc, served.headers)]
        # One by one, because a single one may be the cause.
        return [reply for job in jobs for reply in _answer_group(served, [job])]


def _respond(served: Served, jobs: Sequence[Job]) -> list[Reply]:
    inputs = [array for job in jobs for array in job.inputs]
    together = len(jobs) > 1
    arrays = [_concatenate(inputs)] if together else inputs
    predictions = [_predict(served, array) for array in arrays]
    respond: Any = answer_predict if isinstance(jobs[0], PredictJob) else answer_infer
    replies: list[Reply] = respond(served, jobs, predictions)
    return replies


def _concatenate(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    # Without empty ones, which have the shape of no examples: images without an input.
    return np.concatenate([array for array in arrays if len(array)] or arrays)


def _predict(served: Served, array: NDArray[Any]) -> Predictions | None:
    return served.pretrained.predict(array) if len(array) else None
