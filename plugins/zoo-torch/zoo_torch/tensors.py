"""Conversion between NumPy arrays and torch tensors."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    """Return a read-only tensor, which on the CPU shares memory with a contiguous array."""
    with warnings.catch_warnings():
        # torch warns of read-only arrays, such as memory-mapped data; zoo does not write to data.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Return a copy of a tensor."""
    array: NDArray[Any] = tensor.detach().cpu().numpy().copy()
    return array


def heads_to_numpy(outputs: Sequence[Sequence[Tensor]]) -> list[NDArray[Any]]:
    """Return the outputs of several batches as one array per head."""
    # Concatenated first, so that a device is synchronized once per head.
    whole = [torch.cat(heads) for heads in zip(*outputs, strict=True)]
    return [(head if head.dtype == torch.float64 else head.float()).cpu().numpy() for head in whole]


def float_heads(heads: Sequence[Tensor]) -> list[Tensor]:
    """Return outputs in the dtype of the loss: float32, also after autocast."""
    return [head if head.dtype == torch.float64 else head.float() for head in heads]
