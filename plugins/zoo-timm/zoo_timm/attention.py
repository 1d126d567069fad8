"""Whether a network pays attention to several places, or to a single one, which learns nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_SOFTMAX = {torch.softmax, Tensor.softmax, functional.softmax}


class WatchAttention(TorchFunctionMode):
    """Sees in its block whether any attention is to a single place.

    Its weight is then 1 whatever queries and keys are, and they have no gradient.
    """

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
            keys = given["key"] if "key" in given else args[1]
            self.idle |= keys.shape[-2] == 1
        return func(*args, **given)
