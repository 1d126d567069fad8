"""The adapter between zoo's training loop and PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from zoo_core import Batch, Preprocessing, Run, Split
from zoo_core.errors import InvalidValueError
from zoo_core.schedule import average_decay
from zoo_core.weights import Tensors
from zoo_torch.average import Average
from zoo_torch.optim import make_optimizer
from zoo_torch.prepare import Prepare

PREDICT_BATCH = 1000
"""Images that are predicted at once: enough to keep the device busy, little memory."""


class TorchTrainer:
    """Trains and runs ``nn.Module`` s whose forward gives a list of logits, one a head."""

    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        self.device = choose_device(device)
        if threads is not None:
            if threads < 1:
                raise InvalidValueError(f"threads must be at least 1, got {threads}")
            torch.set_num_threads(threads)

    def environment(self) -> dict[str, str | int]:
        on_gpu = self.device.type == "cuda"
        return {
            "framework": f"torch {torch.__version__}",
            "device": torch.cuda.get_device_name() if on_gpu else self.device.type,
            "threads": torch.get_num_threads(),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        }

    def build(self, builder: Callable[[Any], nn.Module], config: Any, seed: int) -> nn.Module:
        state = torch.get_rng_state()
        torch.default_generator.manual_seed(seed)
        try:
            # On the CPU first: the same seed gives the same weights on every device.
            model = builder(config)
        finally:
            torch.set_rng_state(state)
        return model.to(self.device).to(memory_format=torch.channels_last)

    def start(self, model: nn.Module, run: Run) -> TorchLearner:
        return TorchLearner(model, run, self.device)

    def predict(
        self, model: nn.Module, images: NDArray[np.uint8], preprocessing: Preprocessing
    ) -> list[NDArray[np.float32]]:
        prepare = Prepare(preprocessing, self.device)
        model.eval()
        with torch.inference_mode():
            outputs = [
                model(prepare(_to_tensor(images[start : start + PREDICT_BATCH], self.device)))
                for start in range(0, len(images), PREDICT_BATCH)
            ]
        return _gather(outputs)

    def count_parameters(self, model: nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    def get_weights(self, model: nn.Module) -> dict[str, NDArray[Any]]:
        return {
            name: tensor.detach().cpu().numpy().copy()
            for name, tensor in model.state_dict().items()
        }

    def set_weights(self, model: nn.Module, weights: Tensors) -> None:
        model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})


class TorchLearner:
    """An ``nn.Module`` in training."""

    def __init__(self, model: nn.Module, run: Run, device: torch.device) -> None:
        self._trained = model
        self._average = Average(model) if run.recipe.ema else None
        self._recipe = run.recipe
        self._device = device
        self._prepare = Prepare(run.data.preprocessing, device)
        self._optimizer = make_optimizer(model.parameters(), run.recipe)

    @property
    def model(self) -> nn.Module:
        return self._average.model if self._average else self._trained

    def feed(self, images: Split) -> None:
        self._images = _to_tensor(images.images, self._device)
        self._labels = _to_tensor(images.labels, self._device)

    def step(self, batch: Batch) -> list[Tensor]:
        if not self._trained.training:
            self._trained.train()
        _seed_dropout(self._recipe.seed, batch.step, self._device)
        rows = torch.from_numpy(batch.rows).to(self._device)
        # index_select is several times faster than indexing with square brackets.
        images = self._images.index_select(0, rows)
        labels = self._labels.index_select(0, rows)
        warps = None if batch.warps is None else torch.from_numpy(batch.warps).to(self._device)
        logits: list[Tensor] = self._trained(self._prepare(images, warps))
        self._loss(logits, labels).backward()
        self._optimizer.step(batch.lr)
        if self._average:
            self._average.update(average_decay(self._recipe, batch.step))
        return [head.detach() for head in logits]

    def _loss(self, logits: list[Tensor], labels: Tensor) -> Tensor:
        smoothing = self._recipe.label_smoothing
        losses = [
            functional.cross_entropy(head, labels[:, i], label_smoothing=smoothing)
            for i, head in enumerate(logits)
        ]
        return torch.stack(losses).mean()

    def gather(self, outputs: Sequence[list[Tensor]]) -> list[NDArray[np.float32]]:
        return _gather(outputs)


def choose_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is CUDA, else MPS, else the CPU.

    Raises:
        InvalidValueError: there is no such device here.
    """
    available = ["cpu"]
    if torch.backends.mps.is_available():
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    if name == "auto":
        name = available[0]
    if name not in available:
        raise InvalidValueError(
            f"there is no device {name!r} here", hint=f"There are: auto, {', '.join(available)}."
        )
    return torch.device(name)


def _seed_dropout(seed: int, step: int, device: torch.device) -> None:
    """Make what is random in a step a function of (seed, step), so that no state need be kept.

    `torch.manual_seed` would do the same for every backend there could be, and takes longer than
    a small model's step.
    """
    mixed = (seed * 1_000_003 + step) % 2**32
    torch.default_generator.manual_seed(mixed)
    if device.type == "cuda":
        torch.cuda.manual_seed(mixed)
    elif device.type == "mps":
        torch.mps.manual_seed(mixed)


def _to_tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    """Return a tensor for reading only, without a copy on the CPU."""
    with warnings.catch_warnings():
        # torch warns of arrays that must not be written to; zoo writes to no data.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def _gather(outputs: Sequence[list[Tensor]]) -> list[NDArray[np.float32]]:
    return [torch.cat(heads).float().cpu().numpy() for heads in zip(*outputs, strict=True)]
