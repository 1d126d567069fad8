"""A module that includes normalization and the mean over views, to run without zoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zoo_core import Normalization
from zoo_core.plugin_api import shift_slices
from zoo_torch.normalize import Prepare


class Standalone(nn.Module):
    """A model that returns zoo's logits for images, averaged over their views.

    Args:
        model: module that returns a list of logits.
        normalization: normalization of the pixels.
        shape: channels, height and width of an image.
        views: number of views per image.
        prepares: whether images are normalized here, or were before.
    """

    def __init__(
        self,
        model: nn.Module,
        normalization: Normalization,
        shape: tuple[int, ...],
        views: int,
        *,
        prepares: bool,
    ) -> None:
        super().__init__()
        self._black: Tensor
        channels, height, width = shape
        self.model = model
        self._margin, self._windows = shift_slices(views, height, width)
        prepare = Prepare(normalization, torch.device("cpu"))
        self._prepare = prepare if prepares else None
        # A normalized black pixel is -mean/std, but `pad` fills with one number for all channels.
        # Therefore zeros are padded, and a black border is added whose inside is 0.
        margin = self._margin
        black = prepare(torch.zeros(1, channels, height + 2 * margin, width + 2 * margin))
        black[:, :, margin : -margin or None, margin : -margin or None] = 0
        self.register_buffer("_black", black.contiguous())

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return logits ``(N, classes)`` per head for images ``(N, C, H, W)``."""
        x = self._prepare(images) if self._prepare else images
        with _EvenChunks():
            logits = [self.model(view) for view in self._views(x.contiguous())]
        if len(logits) == 1:
            return tuple(logits[0])
        return tuple(torch.stack(heads).mean(0) for heads in zip(*logits, strict=True))

    def _views(self, x: Tensor) -> list[Tensor]:
        """Return the shifted views of normalized images."""
        if not self._margin:
            return [x]
        padded = functional.pad(x, [self._margin] * 4) + self._black
        return [padded[:, :, *window] for window in self._windows]


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
