"""Answers of the Open Inference Protocol: tensors, as JSON or as bytes after the JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Predictions
from zoo_serve.messages import Request
from zoo_serve.worker.datatypes import BYTES, DTYPES, datatype_of
from zoo_serve.worker.outputs import named_outputs
from zoo_serve.worker.replies import JSON, RefusedError, Reply, json_text, make_reply
from zoo_serve.worker.served import Served
from zoo_serve.worker.tensors import read_input, split_body

BINARY = {"content-type": "application/octet-stream"}


@dataclass(frozen=True)
class InferJob:
    """A request whose tensor is read.

    Attributes:
        inputs: the input of the model, in a list.
        outputs: names of the requested outputs, each with whether it is returned as bytes.
        id: the client's identifier; None for none.
    """

    inputs: list[NDArray[Any]]
    outputs: Mapping[str, bool]
    id: str | None


def read_infer(served: Served, request: Request) -> InferJob:
    """Return the job of a request.

    Raises:
        RefusedError: the request is malformed, or for another version.
        InvalidValueError: the tensor does not fit the model.
    """
    if request.version not in ("", served.version):
        raise RefusedError(
            404,
            f"wrong version of {served.name}: expected {served.version!r}, "
            f"got {request.version[:80]!r}",
        )
    value, rest = split_body(request)
    id_ = value.get("id")
    if id_ is not None and not isinstance(id_, str):
        raise RefusedError(400, f"id: expected a string, got {str(id_)[:40]}")
    outputs = _requested(served, value)
    tensor, shape = read_input(value, rest, served.input_name), served.pretrained.input_shape
    # Here, because `as_batch` also accepts one example without the first axis.
    if tensor.shape[1:] != shape or not len(tensor):
        raise RefusedError(
            400,
            f"shape: expected {[-1, *shape]} with at least one example, got {[*tensor.shape]}",
        )
    batch = served.pretrained.as_batch(tensor)
    return InferJob([batch], outputs, id_)


def _requested(served: Served, value: Mapping[str, Any]) -> dict[str, bool]:
    parameters = value.get("parameters") or {}
    default = isinstance(parameters, dict) and parameters.get("binary_data_output") is True
    asked = value.get("outputs")
    if asked is None:
        return dict.fromkeys(served.outputs, default)
    if not isinstance(asked, list) or not all(isinstance(each, dict) for each in asked):
        raise RefusedError(400, "outputs: expected a list of objects")
    requested = {}
    for each in asked:
        name, own = each.get("name"), each.get("parameters") or {}
        if not isinstance(name, str) or name not in served.outputs:
            raise RefusedError(
                400,
                f"wrong output: expected one of {', '.join(served.outputs)}, "
                f"got {str(name)[:80]!r}",
            )
        binary = own.get("binary_data", default) if isinstance(own, dict) else default
        requested[name] = binary is True
    return requested


def answer_infer(
    served: Served, jobs: Sequence[InferJob], predictions: Sequence[Predictions]
) -> list[Reply]:
    """Return the responses to jobs; arguments as in `zoo_serve.worker.predict.answer_predict`."""
    if len(predictions) == len(jobs):
        pairs = zip(jobs, predictions, strict=True)
        return [_reply(served, job, named_outputs(served.pretrained, each)) for job, each in pairs]
    tensors, replies, start = named_outputs(served.pretrained, predictions[0]), [], 0
    for job in jobs:
        end = start + len(job.inputs[0])
        own = {name: tensors[name][start:end] for name in job.outputs}
        replies.append(_reply(served, job, own))
        start = end
    return replies


def _reply(served: Served, job: InferJob, tensors: Mapping[str, NDArray[Any]]) -> Reply:
    outputs, contents = [], []
    for name, binary in job.outputs.items():
        tensor = tensors[name]
        facts = {
            "name": name,
            "datatype": datatype_of(tensor.dtype),
            "shape": list(tensor.shape),
        }
        if binary:
            contents.append(content := _as_bytes(tensor))
            outputs.append({**facts, "parameters": {"binary_data_size": len(content)}})
        else:
            outputs.append({**facts, "data": tensor.ravel().tolist()})
    head = json_text(
        {
            "model_name": served.name,
            "model_version": served.version,
            **({} if job.id is None else {"id": job.id}),
            "parameters": {"sha256": served.pretrained.sha256, "runtime": served.runtime},
            "outputs": outputs,
        }
    )
    if not contents:
        return make_reply(200, {**JSON, **served.headers}, head)
    headers = {**BINARY, "inference-header-content-length": str(len(head)), **served.headers}
    return make_reply(200, headers, b"".join([head, *contents]))


def _as_bytes(tensor: NDArray[Any]) -> bytes:
    """Return a tensor as bytes; each text is preceded by its length."""
    datatype = datatype_of(tensor.dtype)
    if datatype != BYTES:
        return np.ascontiguousarray(tensor, DTYPES[datatype]).tobytes()
    texts = [text.encode() for text in tensor.ravel().tolist()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
