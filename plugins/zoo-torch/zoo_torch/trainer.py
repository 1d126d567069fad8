"""The adapter between zoo's training loop and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo_core import Normalization
from zoo_core.plugin_api import (
    SINGLE_PROCESS,
    Group,
    InvalidValueError,
    Tensors,
    check_model,
    default_threads,
    env_world_size,
    head_outputs,
)
from zoo_torch.device import choose_device, has_bfloat16
from zoo_torch.malloc import keep_freed_memory
from zoo_torch.normalize import Prepare
from zoo_torch.tensors import heads_to_numpy, to_array, to_tensor

if TYPE_CHECKING:  # the learner is imported in `start`, because loading weights does not need it
    from zoo_core import Run
    from zoo_torch.learner import TorchLearner

PREDICT_BATCH = 1000
"""Number of examples per forward pass in prediction: enough to use the device, in little memory."""
# It divides the size of the core's chunks, so that batches are the same with and without chunks.


class TorchTrainer:
    """An adapter for any ``nn.Module`` whose forward returns a list of outputs, one per head."""

    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise InvalidValueError(f"threads: expected at least 1, got {threads}")
        keep_freed_memory()
        self.device = choose_device(device)
        if threads := threads or default_threads():
            torch.set_num_threads(threads)
        self.group: Group = _join(self.device) if env_world_size() > 1 else SINGLE_PROCESS

    def environment(self) -> dict[str, str | int]:
        # Facts that the last bits of a result depend on: `zoo reproduce` expects equal bytes only
        # if they agree. cpu_capability is the instruction set, such as AVX512.
        on_gpu = self.device.type == "cuda"
        together = {"processes": self.group.size} if self.group.size > 1 else {}
        return {
            "framework": f"torch {torch.__version__}",
            "device": torch.cuda.get_device_name() if on_gpu else self.device.type,
            "threads": torch.get_num_threads(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "bfloat16": "native" if has_bfloat16(self.device) else "absent",
            **together,
        }

    def build(
        self, builder: Callable[[Any], nn.Module], config: Any, seed: int | None
    ) -> nn.Module:
        state = torch.get_rng_state()
        if seed is not None:
            torch.default_generator.manual_seed(seed)
        try:
            # On the CPU, because the same seed gives different numbers on other devices.
            model = builder(config)
        finally:
            torch.set_rng_state(state)  # because building must not affect the caller
        check_model(model, isinstance(model, nn.Module), "a torch.nn.Module", builder)
        # Channels last, as images are: see `Prepare`.
        return model.to(self.device).to(memory_format=torch.channels_last)

    def start(self, model: nn.Module, run: Run) -> TorchLearner:
        from zoo_torch.learner import TorchLearner

        return TorchLearner(model, run, self.device, self.group)

    def predict(
        self, model: nn.Module, inputs: NDArray[Any], normalization: Normalization
    ) -> list[NDArray[Any]]:
        if not len(inputs):
            # Many networks refuse an empty batch, but a process has one if there are more processes
            # than examples, and the others wait for its part.
            one = np.zeros((1, *inputs.shape[1:]), inputs.dtype)
            return [head[:0] for head in self.predict(model, one, normalization)]
        prepare = Prepare(normalization, self.device)
        model.eval()  # no dropout; batch normalization with its running statistics
        with torch.inference_mode():
            batches = (
                model(prepare(to_tensor(inputs[start : start + PREDICT_BATCH], self.device)))
                for start in range(0, len(inputs), PREDICT_BATCH)
            )
            outputs = [head_outputs(each, Tensor, model) for each in batches]
        return heads_to_numpy(outputs)

    def count_parameters(self, model: nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    def get_weights(self, model: nn.Module) -> dict[str, NDArray[Any]]:
        return {name: to_array(tensor) for name, tensor in model.state_dict().items()}

    def trainable_weights(self, model: nn.Module) -> list[str]:
        return [name for name, each in model.named_parameters() if each.requires_grad]

    def loss_gradient(
        self, loss: Callable[..., Tensor], outputs: NDArray[Any], targets: NDArray[Any], recipe: Any
    ) -> tuple[float, NDArray[Any]]:
        from zoo_torch.learner import head_loss

        variable = to_tensor(outputs, self.device).requires_grad_()
        value = head_loss(loss, variable, to_tensor(targets, self.device), recipe)
        (gradient,) = torch.autograd.grad(value, variable)
        return value.item(), to_array(gradient)

    def set_weights(self, model: nn.Module, weights: Tensors) -> None:
        model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})


def _join(device: torch.device) -> Group:
    # Imported here, because a single process that predicts does not need torch.distributed.
    from zoo_torch.distributed.process_group import TorchGroup

    return TorchGroup(device)
