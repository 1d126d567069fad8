"""The predictor of an ONNX program, by ONNX Runtime."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from zoo_core.plugin_api import WEIGHTS, VerificationError, default_threads, one_line

BATCH = 32
"""Maximum number of examples per run, whose numbers fit into the cache of a processor."""

FATAL = 4
"""Severity from which ONNX Runtime writes to standard error: errors are raised as well."""


class OnnxPredictor:
    """A predictor whose program normalizes inputs, and averages over the views of images.

    Args:
        session: session of the program.
    """

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        (self._input,) = session.get_inputs()

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        parts = [
            self._run(inputs[start : start + BATCH])
            for start in range(0, max(len(inputs), 1), BATCH)
        ]
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(heads) for heads in zip(*parts, strict=True)]

    def _run(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        # At least two, because a matrix product of one row may be rounded differently than the
        # same row of a larger one: an answer must not depend on the others of its batch. An empty
        # batch is refused by some operators.
        if missing := max(2 - len(inputs), 0):
            shape = (missing, *inputs.shape[1:])
            inputs = np.concatenate([inputs, np.zeros(shape, inputs.dtype)])
        heads: list[NDArray[Any]] = self._session.run(None, {self._input.name: inputs})
        return [head[: len(head) - missing] for head in heads] if missing else heads


def open_program(
    program: bytes, weights: bytes | memoryview, *, threads: int | None = None
) -> OnnxPredictor:
    """Return the predictor of a published program.

    Args:
        program: content of the ONNX file.
        weights: content of the weight file, which has the program's parameters.
        threads: number of threads; None for one per core, or ``OMP_NUM_THREADS``.

    Raises:
        VerificationError: ONNX Runtime cannot open the program.
    """
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = FATAL
    settings.intra_op_num_threads = threads or default_threads() or _environment_threads()
    # Because threads that wait for work would take the processor's time from other processes.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # From memory, because the file on disk may be another one than the one that was verified.
    settings.add_external_initializers_from_files_in_memory([WEIGHTS], [weights], [len(weights)])
    try:
        session = onnxruntime.InferenceSession(
            program, settings, providers=["CPUExecutionProvider"]
        )
        return OnnxPredictor(session)
    except Exception as exc:  # its exceptions have no common class of their own
        raise VerificationError(
            f"ONNX Runtime {onnxruntime.__version__} cannot open the program: {one_line(exc)}",
            hint="Install a newer onnxruntime, or use the runtime trainer.",
        ) from exc


def _environment_threads() -> int:
    """Return the number of threads in ``OMP_NUM_THREADS``, which ONNX Runtime does not read."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return max(int(first), 1) if first.strip().isdecimal() else 1
