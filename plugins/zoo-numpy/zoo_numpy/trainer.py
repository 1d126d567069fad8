"""The adapter between zoo's training loop and the NumPy net."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Normalization
from zoo_core.plugin_api import (
    InvalidValueError,
    Tensors,
    check_model,
    default_threads,
    head_outputs,
)
from zoo_numpy.net import Net, without_drawing
from zoo_numpy.normalize import concatenate_heads, normalize

if TYPE_CHECKING:  # the learner is imported in `start`, because loading weights does not need it
    from zoo_core import Run
    from zoo_numpy.learner import NumpyLearner

PREDICT_BATCH = 1000
"""Number of examples per forward pass in prediction: enough for all cores, in little memory."""
# It divides the size of the core's chunks, so that batches are the same with and without chunks.

METHODS = ("initialize", "forward", "backward", "parameters")
"""Methods of a net that the trainer calls."""


class NumpyTrainer:
    """An adapter for nets of `zoo_numpy.net`."""

    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        if device not in ("auto", "cpu"):
            raise InvalidValueError(
                f"device {device!r} is not available to the trainer numpy",
                hint="Choose one of: auto, cpu.",
            )
        if threads is not None and threads < 1:
            raise InvalidValueError(f"threads: expected at least 1, got {threads}")
        self._threads = threads or default_threads()

    def environment(self) -> dict[str, str | int]:
        from threadpoolctl import threadpool_info

        self._limit_threads()
        facts: dict[str, str | int] = {"framework": f"numpy {np.__version__}", "device": "cpu"}
        for pool in threadpool_info():
            # OpenBLAS, MKL and their kernels per architecture round differently: a training is
            # reproducible to the bit only with the same BLAS.
            if pool["user_api"] == "blas":
                name, version = pool["internal_api"], pool["version"]
                facts["threads"] = pool["num_threads"]
                facts["blas"] = f"{name} {version}, {pool.get('architecture', 'unknown')}"
        return facts

    def build(self, builder: Callable[[Any], Net], config: Any, seed: int | None) -> Net:
        with without_drawing():  # they are drawn from the seed, or assigned
            net = builder(config)
        # By its methods, because other plugins bring nets of their own.
        fits = all(hasattr(net, method) for method in METHODS)
        check_model(net, fits, f"a net with the methods {', '.join(METHODS)}", builder)
        if seed is not None:
            net.initialize(seed)
        return net

    def start(self, model: Net, run: Run) -> NumpyLearner:
        from zoo_numpy.learner import NumpyLearner

        self._limit_threads()
        return NumpyLearner(model, run)

    def predict(
        self, model: Net, inputs: NDArray[Any], normalization: Normalization
    ) -> list[NDArray[Any]]:
        self._limit_threads()
        with np.errstate(all="ignore"):  # no warnings, because callers check the outputs
            outputs = [
                head_outputs(
                    model.forward(normalize(inputs[start : start + PREDICT_BATCH], normalization)),
                    np.ndarray,
                    model,
                )
                for start in range(0, max(len(inputs), 1), PREDICT_BATCH)
            ]
        return concatenate_heads(outputs)

    def count_parameters(self, model: Net) -> int:
        return sum(parameter.value.size for _, parameter in model.parameters())

    def get_weights(self, model: Net) -> dict[str, NDArray[Any]]:
        return {name: parameter.value.copy() for name, parameter in model.parameters()}

    def loss_gradient(
        self, loss: Callable[..., Any], outputs: NDArray[Any], targets: NDArray[Any], recipe: Any
    ) -> tuple[float, NDArray[Any]]:
        from zoo_numpy.learner import head_loss

        return head_loss(loss, outputs, targets, recipe)

    def set_weights(self, model: Net, weights: Tensors) -> None:
        for name, parameter in model.parameters():
            parameter.value[:] = weights[name]

    def _limit_threads(self) -> None:
        """Set the number of BLAS threads, once."""
        # Here and not in __init__, because finding the BLAS library takes as long as the rest of
        # loading weights.
        if self._threads:
            from threadpoolctl import threadpool_limits

            threadpool_limits(self._threads, user_api="blas")
            self._threads = None
