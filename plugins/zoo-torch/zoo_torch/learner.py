"""A module in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from zoo_core import Batch, Run, Split
from zoo_core.plugin_api import Group, Tensors, average_decay
from zoo_torch.device import has_bfloat16, seed_dropout
from zoo_torch.distributed.gradient_sync import GradientSynchronizer
from zoo_torch.distributed.process_group import TorchGroup
from zoo_torch.ema import ModelEMA
from zoo_torch.normalize import Prepare
from zoo_torch.optim import make_optimizer
from zoo_torch.tensors import heads_to_numpy, to_array, to_tensor


class TorchLearner:
    """An ``nn.Module`` in training.

    Args:
        model: trained in place.
        run: by whose recipe.
        device: that the model is on.
        group: the processes that make each step together.
    """

    def __init__(self, model: nn.Module, run: Run, device: torch.device, group: Group) -> None:
        self._trained = model
        self._ema = ModelEMA(model) if run.recipe.ema else None
        self._recipe = run.recipe
        self._device = device
        self._group = group
        self._transforms = _transforms(run)
        self._prepare = Prepare(run.data.normalization, device)
        self._optimizer = make_optimizer(model.parameters(), run.recipe)
        self._gradient_sync = (
            GradientSynchronizer(model, group) if isinstance(group, TorchGroup) else None
        )
        wanted = run.recipe.precision == "bfloat16"
        self._autocast = torch.autocast(
            device.type, torch.bfloat16, enabled=wanted and has_bfloat16(device)
        )

    @property
    def model(self) -> nn.Module:
        return self._ema.model if self._ema else self._trained

    def set_data(self, images: Split) -> None:
        # What memory does not hold stays in its file, and goes to the device batch by batch.
        place = torch.device("cpu") if images.ahead else self._device
        self._images = to_tensor(images.images, place)
        self._labels = to_tensor(images.labels, self._device)

    def step(self, batch: Batch) -> list[Tensor]:
        if not self._trained.training:
            self._trained.train()
        seed_dropout(self._device, self._recipe.seed, batch.step, self._group.rank)
        if len(batch.rows):
            logits = self._descend(batch)
        else:  # a batch smaller than the number of processes: two images that count for nothing
            stand_in = replace(batch, rows=np.zeros(2, np.int64), warps=None)
            logits = [head[:0] for head in self._descend(stand_in)]
        if self._gradient_sync:
            self._gradient_sync.complete(batch.share)
        self._optimizer.step(batch.lr)
        if self._ema:
            self._ema.update(average_decay(self._recipe, batch.step))
        return logits

    def _descend(self, batch: Batch) -> list[Tensor]:
        """Set the gradients of a batch and return its logits."""
        rows = torch.from_numpy(batch.rows).to(self._device)
        # index_select is several times faster than indexing with square brackets.
        images = self._images.index_select(0, rows.to(self._images.device)).to(self._device)
        labels = self._labels.index_select(0, rows)
        if self._transforms:
            images = self._transforms(images)
        warps = None if batch.warps is None else torch.from_numpy(batch.warps).to(self._device)
        # No torch.compile, because on two cores compiling a CNN of this size took 25 s, most of a
        # whole training, and the compiled pass was slower (26 ms instead of 20).
        with self._autocast:
            logits: list[Tensor] = self._trained(self._prepare(images, warps))
        logits = [head.float() for head in logits]
        loss = self._loss(logits, labels)
        (loss if batch.share == 1 else batch.share * loss).backward()
        return [head.detach() for head in logits]

    def _loss(self, logits: list[Tensor], labels: Tensor) -> Tensor:
        smoothing = self._recipe.label_smoothing
        losses = [
            functional.cross_entropy(head, labels[:, i], label_smoothing=smoothing)
            for i, head in enumerate(logits)
        ]
        return losses[0] if len(losses) == 1 else torch.stack(losses).mean()

    def _tensors(self) -> dict[str, Tensor]:
        """Return what the steps to come depend on: the tensors themselves, by name."""
        tensors = {f"model.{name}": t for name, t in self._trained.state_dict().items()}
        tensors |= {f"optimizer.{name}": t for name, t in self._optimizer.state.items()}
        if self._ema:
            averages = self._ema.model.state_dict()
            tensors |= {f"average.{name}": t for name, t in averages.items()}
        return tensors

    def get_state(self) -> dict[str, NDArray[Any]]:
        return {name: to_array(tensor) for name, tensor in self._tensors().items()}

    def set_state(self, state: Tensors) -> None:
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.tensor(state[name]))

    def to_numpy(self, outputs: Sequence[list[Tensor]]) -> list[NDArray[np.float32]]:
        return heads_to_numpy(outputs)


def _transforms(run: Run) -> Callable[[Tensor], Tensor] | None:
    if not run.recipe.transforms:
        return None
    from zoo_torch.transforms import Transforms  # which imports torchvision

    return Transforms(run.recipe.transforms, run.config.input_shape)
