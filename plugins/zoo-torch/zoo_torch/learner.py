"""The learner: a module in training, with its optimizer."""

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
from zoo_torch.batch_check import check_single_image
from zoo_torch.device import has_bfloat16, seed_dropout
from zoo_torch.distributed.gradient_sync import GradientSynchronizer
from zoo_torch.distributed.process_group import TorchGroup
from zoo_torch.ema import ModelEMA
from zoo_torch.normalize import Prepare
from zoo_torch.optim import make_optimizer
from zoo_torch.tensors import heads_to_numpy, to_array, to_tensor


class TorchLearner:
    """A module in training, with its optimizer.

    Args:
        model: module, trained in place.
        run: run with the recipe and the normalization.
        device: device of the model.
        group: processes that share each step.
    """

    def __init__(self, model: nn.Module, run: Run, device: torch.device, group: Group) -> None:
        self._trained = model
        self._ema = ModelEMA(model) if run.recipe.ema else None
        self._recipe = run.recipe
        self._device = device
        self._group = group
        self._transforms = _transforms(run)
        self._prepare = Prepare(run.data.normalization, device)
        check_single_image(
            model,
            self._prepare,
            run.config.input_shape,
            device,
            batch_size=run.recipe.batch_size,
            processes=group.size,
            available=len(run.data.train_rows),
        )
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
        # Data with a prefetch callback is memory-mapped, because it may be larger than memory: its
        # batches are copied to the device one at a time.
        place = torch.device("cpu") if images.ahead else self._device
        self._images = to_tensor(images.images, place)
        self._labels = to_tensor(images.labels, self._device)

    def step(self, batch: Batch) -> list[Tensor]:
        if not self._trained.training:  # after a validation; train() visits every module
            self._trained.train()
        seed_dropout(self._device, self._recipe.seed, batch.step, self._group.rank)
        if len(batch.rows):
            logits = self._descend(batch)
        else:
            # The last batch has fewer images than there are processes. This one still has to take
            # part in the all-reduce, with gradients of 0: its share is 0, which scales the loss of
            # two stand-in images (two, because batch normalization needs more than one).
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
        # index_select, because it takes 13 µs where square brackets take 100.
        images = self._images.index_select(0, rows.to(self._images.device)).to(self._device)
        labels = self._labels.index_select(0, rows)
        if self._transforms:
            images = self._transforms(images)
        warps = None if batch.warps is None else torch.from_numpy(batch.warps).to(self._device)
        # No torch.compile, because compiling `cnn` took 25 s on two cores, most of a training, and
        # the compiled pass was slower (26 ms instead of 20).
        with self._autocast:
            logits: list[Tensor] = self._trained(self._prepare(images, warps))
        logits = [head.float() for head in logits]  # the loss in float32, after autocast
        loss = self._loss(logits, labels)
        # The share of this process, so that the sum over processes is the mean over the batch.
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
        """Return all tensors that later steps depend on, by name, without a copy."""
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
            tensor.copy_(torch.tensor(state[name]))  # in place, because the optimizer uses it

    def to_numpy(self, outputs: Sequence[list[Tensor]]) -> list[NDArray[np.float32]]:
        return heads_to_numpy(outputs)


def _transforms(run: Run) -> Callable[[Tensor], Tensor] | None:
    if not run.recipe.transforms:
        return None
    from zoo_torch.transforms.pipeline import Transforms  # here, because it imports torchvision

    return Transforms(run.recipe.transforms, run.config.input_shape)
