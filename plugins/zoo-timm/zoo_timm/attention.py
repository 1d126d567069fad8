"""Detection of attention over a single position, which has no gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_SOFTMAX = {torch.softmax, Tensor.softmax, functional.softmax}


class WatchAttention(TorchFunctionMode):
    """Context manager that sets `idle` if any attention inside it is over a single position.

    The weight of a single position is 1 for all queries and keys, so their gradients are 0.
    """

    # A function mode and no hooks on modules, because timm's attention layers have no class in
    # common; what they share are these functions.

    def __init__(self) -> None:
        super().__init__()
        self.idle = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _SOFTMAX:
            dim = given["dim"] if "dim" in given else args[1]
            self.idle |= args[0].shape[dim] == 1
        elif func is functional.scaled_dot_product_attention:
            keys = given["key"] if "key" in given else args[1]  # (..., positions, width)
            self.idle |= keys.shape[-2] == 1
        return func(*args, **given)
