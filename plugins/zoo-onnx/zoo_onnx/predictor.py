"""The predictor of an ONNX program, by ONNX Runtime."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from zoo_core.plugin_api import WEIGHTS, VerificationError, default_threads, one_line

BATCH = 64
"""Maximum number of examples per run, which bounds the memory."""

SMALLEST = 8
"""Minimum number of examples per run in one of several threads, which take 0.1 ms to start."""

FATAL = 4
"""Severity from which ONNX Runtime writes to standard error: errors are raised as well."""


class OnnxPredictor:
    """A predictor whose program normalizes inputs, and averages over the views of images.

    Args:
        session: session of the program, which computes in the thread of its caller.
        threads: maximum number of threads.
    """

    def __init__(self, session: onnxruntime.InferenceSession, threads: int) -> None:
        self._session, self._threads = session, threads
        (self._input,) = session.get_inputs()

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        size = min(max(-(-len(inputs) // self._threads), SMALLEST), BATCH)
        batches = [inputs[at : at + size] for at in range(0, max(len(inputs), 1), size)]
        parts = self._run_all(batches)
        if len(parts) == 1:
            return parts[0]
        return [np.concatenate(heads) for heads in zip(*parts, strict=True)]

    def _run_all(self, batches: list[NDArray[Any]]) -> list[list[NDArray[Any]]]:
        if len(batches) == 1 or self._threads == 1:
            return [self._run(batch) for batch in batches]
        from concurrent.futures import ThreadPoolExecutor  # one example does not need it

        # A thread per batch, and not several threads per operator, which would wait for each other
        # after each: 20,300 in place of 18,600 images per second with cnn.best and two threads.
        with ThreadPoolExecutor(self._threads) as pool:
            return [*pool.map(self._run, batches)]

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
    settings.intra_op_num_threads = 1
    # From memory, because the file on disk may be another one than the one that was verified.
    settings.add_external_initializers_from_files_in_memory([WEIGHTS], [weights], [len(weights)])
    try:
        session = onnxruntime.InferenceSession(
            program, settings, providers=["CPUExecutionProvider"]
        )
        return OnnxPredictor(session, threads or default_threads() or _environment_threads())
    except Exception as exc:  # its exceptions have no common class of their own
        raise VerificationError(
            f"ONNX Runtime {onnxruntime.__version__} cannot open the program: {one_line(exc)}",
            hint="Install a newer onnxruntime, or use the runtime trainer.",
        ) from exc


def _environment_threads() -> int:
    """Return the number of threads in ``OMP_NUM_THREADS``, which ONNX Runtime does not read."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return max(int(first), 1) if first.strip().isdecimal() else 1
