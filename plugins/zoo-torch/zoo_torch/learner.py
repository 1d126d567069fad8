"""The learner: a module in training, with its optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zoo_core import Batch, Recipe, Run, Split
from zoo_core.plugin_api import (
    Group,
    Tensors,
    average_decay,
    call_loss,
    check_loss,
    head_outputs,
)
from zoo_torch.augment.mixing import erase, mix, mixed_loss
from zoo_torch.batch_check import check_single_example
from zoo_torch.device import has_bfloat16, seed_dropout
from zoo_torch.distributed.gradient_sync import GradientSynchronizer
from zoo_torch.distributed.process_group import TorchGroup
from zoo_torch.ema import ModelEMA
from zoo_torch.normalize import Prepare
from zoo_torch.optim.freezing import FrozenWeights
from zoo_torch.optim.groups import optimizer_for
from zoo_torch.optim.sam import perturbed
from zoo_torch.teaching.teacher import TorchTeacher
from zoo_torch.tensors import float_heads, heads_to_numpy, to_array, to_tensor


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
        check_single_example(
            model,
            self._prepare,
            self._one_input(run),
            batch_size=run.recipe.batch_size,
            processes=group.size,
            available=len(run.data.train_rows),
        )
        self._teacher = TorchTeacher(run.teacher, device) if run.teacher else None
        self._distances = [(loss, run.recipe) for loss in run.teacher.losses] if run.teacher else []
        self._losses = [*zip(run.losses, run.loss_recipes, strict=True)]
        self._try_losses(run)
        # None for equal weights, whose mean takes one operation.
        self._weights = torch.tensor(run.head_weights) if run.recipe.head_weights else None
        self._frozen = FrozenWeights(model, run.recipe) if run.recipe.freeze else None
        frozen = self._frozen.names if self._frozen else ()
        self._optimizer = optimizer_for(model, run.recipe, frozen)
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

    def set_data(self, examples: Split) -> None:
        # Data with a prefetch callback is memory-mapped, because it may be larger than memory: its
        # batches are copied to the device one at a time.
        place = torch.device("cpu") if examples.ahead else self._device
        self._inputs = to_tensor(examples.inputs, place)
        self._targets = [to_tensor(target, self._device) for target in examples.targets]

    def step(self, batch: Batch) -> list[Tensor]:
        if not self._trained.training:  # after a validation; train() visits every module
            self._trained.train()
        if self._frozen:
            self._frozen.apply(batch.epoch)
        outputs = self._set_gradients(batch)
        if self._recipe.sam:
            with perturbed(self._trained, self._recipe.sam):
                self._set_gradients(batch)
        if self._recipe.clip_norm:
            nn.utils.clip_grad_norm_(self._trained.parameters(), self._recipe.clip_norm)
        self._optimizer.step(batch.lr)
        if self._ema:
            self._ema.update(average_decay(self._recipe, batch.step))
        return outputs

    def _set_gradients(self, batch: Batch) -> list[Tensor]:
        """Set the gradients of a step, of all processes, and return the outputs of this one."""
        if not len(batch.rows):
            # The last batch has fewer examples than there are processes. This one still has to take
            # part in the all-reduce, with gradients of 0: its share is 0, which scales the loss of
            # two stand-in examples (two, because batch normalization needs more than one).
            stand_in = Batch(batch.step, np.zeros(2, np.int64), batch.lr, share=batch.share)
            outputs = [head[:0] for head in self._descend(stand_in)]
        elif self._recipe.accumulate == 1:
            outputs = self._descend(batch)
        else:
            outputs = self._accumulate(batch)
        if self._gradient_sync:
            self._gradient_sync.complete(batch.share)
        return outputs

    def _accumulate(self, batch: Batch) -> list[Tensor]:
        """Set the gradients of a step in parts of the recipe's batch size; return its outputs."""
        # Rounded up, so that no process has more parts than batches in a step.
        *parts, last = batch.split(-(-self._recipe.batch_size // self._group.size))
        # The last part alone sends gradients during its backward pass: they are complete then.
        with self._gradient_sync.hold() if self._gradient_sync else nullcontext():
            outputs = [self._descend(part, number) for number, part in enumerate(parts)]
        outputs.append(self._descend(last, len(parts)))
        return [torch.cat(heads) for heads in zip(*outputs, strict=True)]

    def _descend(self, batch: Batch, part: int = 0) -> list[Tensor]:
        """Add the gradients of a batch, a part of a step, and return its outputs."""
        seed_dropout(self._device, self._recipe.seed, batch.step, self._group.rank, part)
        rows = torch.from_numpy(batch.rows).to(self._device)
        # index_select, because it takes 13 µs where square brackets take 100.
        inputs = self._inputs.index_select(0, rows.to(self._inputs.device)).to(self._device)
        targets = [target.index_select(0, rows) for target in self._targets]
        if self._transforms and not batch.plain:
            inputs = self._transforms(inputs)
        inputs = self._prepared(inputs, batch)
        # No torch.compile, because compiling `cnn` took 25 s on two cores, most of a training, and
        # the compiled pass was slower (26 ms instead of 20).
        with self._autocast:
            made = self._trained(inputs)
            taught = self._teacher(inputs) if self._teacher else []
        outputs = self._heads(made)
        loss_of = partial(self._loss, taught=taught)
        if batch.mixing:
            # The teacher sees the mixed images: its part is the same for both targets.
            loss = mixed_loss(loss_of, outputs, targets, batch.mixing)
        else:
            loss = loss_of(outputs, targets)
        # The share of this process, and of this part, so that the sum of all is the mean over the
        # whole batch.
        (loss if batch.share == 1 else batch.share * loss).backward()
        return [head.detach() for head in outputs]

    def _prepared(self, inputs: Tensor, batch: Batch) -> Tensor:
        """Return the inputs of a batch augmented and normalized."""
        warps = None if batch.warps is None else torch.from_numpy(batch.warps).to(self._device)
        prepared = self._prepare(inputs, warps, batch.changes)
        if batch.erased is not None:
            prepared = erase(prepared, batch.erased)
        return mix(prepared, batch.mixing) if batch.mixing else prepared

    def _heads(self, made: Any) -> list[Tensor]:
        """Return the model's outputs in the dtype of the loss."""
        return float_heads(head_outputs(made, Tensor, self._trained))

    def _try_losses(self, run: Run) -> None:
        """Check the losses of a few examples, because a step comes after the run's folder."""
        rows = run.data.train_rows[:2]
        scale = run.data.normalization
        inputs = to_tensor(scale.fill_missing(run.data.train.inputs[rows]), self._device)
        targets = scale.scale_targets(run.data.train.select_targets(rows))
        prepared = self._prepare(inputs)
        outputs = self._heads(self._trained.eval()(prepared))
        for (loss, recipe), head, target in zip(self._losses, outputs, targets, strict=True):
            value = head_loss(loss, head, to_tensor(target, self._device), recipe)
            defined = bool(head.isnan().any()) or not bool(value.isnan())
            check_loss(value.item(), defined, "a number", loss)
        if self._teacher:
            taught = self._teacher(prepared)
            self._teacher.check_shapes(outputs, taught)
            _head_losses(self._distances, outputs, taught)

    def _loss(self, outputs: list[Tensor], targets: list[Tensor], taught: list[Tensor]) -> Tensor:
        """Return the weighted mean of the heads' losses, with those from a teacher's outputs."""
        losses = _head_losses(self._losses, outputs, targets)
        if taught:
            share = self._recipe.teacher_share
            distances = _head_losses(self._distances, outputs, taught)
            pairs = zip(losses, distances, strict=True)
            losses = [(1 - share) * loss + share * distance for loss, distance in pairs]
        if len(losses) == 1:
            return losses[0]
        stacked = torch.stack(losses)
        if self._weights is None:
            return stacked.mean()
        return (stacked * self._weights.to(stacked)).sum()

    def _one_input(self, run: Run) -> Tensor:
        return to_tensor(np.zeros_like(run.data.train.inputs[:1]), self._device)

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

    def to_numpy(self, outputs: Sequence[list[Tensor]]) -> list[NDArray[Any]]:
        return heads_to_numpy(outputs)


def _head_losses(
    losses: Iterable[tuple[Callable[..., Any], Recipe]], outputs: list[Tensor], wanted: list[Tensor]
) -> list[Tensor]:
    heads = zip(losses, outputs, wanted, strict=True)
    return [head_loss(loss, head, target, recipe) for (loss, recipe), head, target in heads]


def head_loss(loss: Callable[..., Any], outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the loss of a head.

    Raises:
        PluginError: the loss returns another object, for which `backward` would fail.
    """
    value: Tensor = call_loss(loss, outputs, targets, recipe)
    fits = isinstance(value, Tensor) and value.ndim == 0
    check_loss(value, fits, "a scalar Tensor", loss)
    # Except of a head whose weights are all frozen: its outputs have no gradient.
    follows = value.requires_grad or not outputs.requires_grad
    check_loss(value, follows, "a Tensor with a gradient for the outputs", loss)
    return value


def _transforms(run: Run) -> Callable[[Tensor], Tensor] | None:
    if not run.recipe.transforms:
        return None
    from zoo_torch.transforms.pipeline import Transforms  # here, because it imports torchvision

    return Transforms(run.recipe.transforms, run.config.input_shape)
