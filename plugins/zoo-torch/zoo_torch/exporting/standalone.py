"""A module that includes normalization, scales and the mean over views, to run without zoo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zoo_core import Pretrained
from zoo_core.plugin_api import shift_slices
from zoo_torch.normalize import Prepare


class Standalone(nn.Module):
    """A model that returns zoo's outputs for inputs, averaged over the views of images.

    Args:
        model: module that returns a list of outputs.
        pretrained: model with its normalization, input and number of views.
        prepares: whether inputs are normalized here, or were before.
    """

    def __init__(self, model: nn.Module, pretrained: Pretrained, *, prepares: bool) -> None:
        super().__init__()
        self._black: Tensor
        normalization = pretrained.normalization
        self.model = model
        prepare = Prepare(normalization, torch.device("cpu"))
        self._prepare = prepare if prepares else None
        self._fill = _by_entry(normalization.fill, pretrained.input_shape) if prepares else None
        self._scales = [
            (torch.tensor(scale.std).double(), torch.tensor(scale.mean).double()) if scale else None
            for scale in normalization.targets or (None,) * len(pretrained.targets)
        ]
        self._margin = 0
        self._windows: list[tuple[slice, slice]] = []
        if pretrained.views > 1:
            self._add_views(prepare, pretrained)

    def _add_views(self, prepare: Prepare, pretrained: Pretrained) -> None:
        channels, height, width = pretrained.input_shape
        self._margin, self._windows = shift_slices(pretrained.views, height, width)
        # A normalized black pixel is -mean/std, but `pad` fills with one number for all channels.
        # Therefore zeros are padded, and a black border is added whose inside is 0.
        margin = self._margin
        pixels = torch.zeros(
            1, channels, height + 2 * margin, width + 2 * margin, dtype=torch.uint8
        )
        black = prepare(pixels)
        black[:, :, margin : margin + height, margin : margin + width] = 0
        self.register_buffer("_black", black.contiguous())

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs ``(N, …)`` per head for inputs ``(N, *shape)``."""
        if self._fill is not None:
            inputs = torch.where(inputs.isnan(), self._fill.to(inputs.dtype), inputs)
        x = self._prepare(inputs) if self._prepare else inputs
        views = self._views(x.contiguous())
        with _EvenChunks():
            # One batch of all views, because a program with a copy of the model per view would be
            # as many times as large, and slower to load.
            outputs = self.model(torch.cat(views) if len(views) > 1 else x)
        if len(views) > 1:
            outputs = [_mean(head.unflatten(0, (len(views), -1))) for head in outputs]
        return self._restored(outputs)

    def _views(self, x: Tensor) -> list[Tensor]:
        """Return the shifted views of normalized images."""
        if not self._windows:
            return [x]
        padded = functional.pad(x, [self._margin] * 4) + self._black if self._margin else x
        return [_window(padded, *window) for window in self._windows]

    def _restored(self, outputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return outputs in the units of the targets."""
        heads = zip(outputs, self._scales, strict=True)
        return tuple(
            (head.double() * scale[0] + scale[1]).to(head.dtype) if scale else head
            for head, scale in heads
        )


def _mean(views: Tensor) -> Tensor:
    """Return the mean over the first axis, with the same sums in a batch of any size."""
    # Not by `mean`, because a runtime may add in an order that depends on the size of the batch.
    total = views[0]
    for view in range(1, len(views)):
        total = total + views[view]
    return total / len(views)


def _window(padded: Tensor, rows: slice, columns: slice) -> Tensor:
    """Return a window of images; its columns may have the step -1, which torch refuses."""
    if columns.step != -1:
        return padded[:, :, rows, columns]
    first = 0 if columns.stop is None else columns.stop + 1
    return padded[:, :, rows, first : columns.start + 1].flip(3)


class StandaloneForImages(Standalone):
    """A model whose input is called ``images``, the name of the parameter, in exported programs."""

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the outputs ``(N, …)`` per head for images ``(N, C, H, W)``."""
        return super().forward(images)


def _by_entry(values: Sequence[float], shape: Sequence[int]) -> Tensor | None:
    """Return numbers per entry of an input's first axis, in a shape to broadcast."""
    if not values:
        return None
    return torch.tensor(values).double().view(-1, *(1,) * (len(shape) - 1))


class _EvenChunks(TorchFunctionMode):
    """Replaces `chunk` by a version that torch.export can trace for a symbolic batch size N.

    `Tensor.chunk` compares sizes to find out whether the last chunk is smaller. For a symbolic size
    torch cannot decide that for every N, and would fix N to the example's.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in (Tensor.chunk, torch.chunk):
            func = _chunk
        return func(*args, **(kwargs or {}))


def _chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:  # noqa: A002 (torch's)
    size: Any = input.shape[dim]  # a SymInt for the batch axis
    if isinstance(size, int) or size % chunks != 0:
        return input.chunk(chunks, dim)
    part = size // chunks
    return tuple(input.narrow(dim, part * number, part) for number in range(chunks))
