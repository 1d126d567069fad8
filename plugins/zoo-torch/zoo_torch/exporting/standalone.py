"""A module that does by itself what zoo does around it: normalization, and the mean over views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from zoo_core import Normalization
from zoo_core.plugin_api import VIEWS
from zoo_torch.normalize import Prepare


class Standalone(nn.Module):
    """A model that gives zoo's logits for images, averaged over their views.

    Args:
        model: gives a list of logits.
        normalization: what it expects to be done to pixels.
        shape: channels, height and width of an image.
        views: how many of each image the logits are the mean of.
        prepares: whether to normalize the images, or to take them as normalized.
    """

    def __init__(
        self,
        model: nn.Module,
        normalization: Normalization,
        shape: tuple[int, int, int],
        views: int,
        *,
        prepares: bool,
    ) -> None:
        super().__init__()
        self._black: Tensor
        channels, self._height, self._width = shape
        self.model = model
        self._moves = VIEWS[views]
        self._rim = max(abs(pixels) for move in self._moves for pixels in move)
        prepare = Prepare(normalization, torch.device("cpu"))
        self._prepare = prepare if prepares else None
        black = prepare(torch.zeros(1, channels, *(side + 2 * self._rim for side in shape[1:])))
        black[:, :, self._rim : -self._rim or None, self._rim : -self._rim or None] = 0
        self.register_buffer("_black", black.contiguous())

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return logits ``(N, classes)``, one a head, for images ``(N, C, H, W)``."""
        x = self._prepare(images) if self._prepare else images
        with _EvenChunks():
            seen = [self.model(view) for view in self._views(x.contiguous())]
        if len(seen) == 1:
            return tuple(seen[0])
        return tuple(torch.stack(heads).mean(0) for heads in zip(*seen, strict=True))

    def _views(self, x: Tensor) -> list[Tensor]:
        """Return normalized images, moved; what is black is no 0 among them."""
        if not self._rim:
            return [x]
        wide = functional.pad(x, [self._rim] * 4) + self._black
        return [
            wide[:, :, top : top + self._height, left : left + self._width]
            for top, left in ((self._rim - down, self._rim - right) for down, right in self._moves)
        ]


class _EvenChunks(TorchFunctionMode):
    """Parts a batch of unknown size without asking whether its parts are equal.

    `Tensor.chunk` asks, torch cannot answer it for every N, and would fix N.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in (Tensor.chunk, torch.chunk):
            return _chunk(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:  # noqa: A002 (torch's)
    size: Any = input.shape[dim]  # a symbol, of the batch
    if isinstance(size, int) or size % chunks != 0:
        return input.chunk(chunks, dim)
    part = size // chunks
    return tuple(input.narrow(dim, part * number, part) for number in range(chunks))
