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
    """Return a tensor for reading only, without a copy on the CPU."""
    with warnings.catch_warnings():
        # torch warns of arrays that must not be written to; zoo writes to no data.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Return a copy of a tensor."""
    array: NDArray[Any] = tensor.detach().cpu().numpy().copy()
    return array


def heads_to_numpy(outputs: Sequence[list[Tensor]]) -> list[NDArray[np.float32]]:
    """Return what several batches gave as one array a head."""
    return [torch.cat(heads).float().cpu().numpy() for heads in zip(*outputs, strict=True)]
