"""The device of a module, and its capabilities."""

from __future__ import annotations

import os

import torch

from zoo_core.plugin_api import InvalidValueError, env_world_size


def choose_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is CUDA, else MPS, else the CPU.

    Of several processes on a machine each gets a CUDA device of its own.

    Raises:
        InvalidValueError: there is no such device here.
    """
    available = ["cpu"]
    if torch.backends.mps.is_available():
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    if name == "auto":
        name = available[0]
    if name not in available:
        raise InvalidValueError(
            f"there is no device {name!r} here", hint=f"There are: auto, {', '.join(available)}."
        )
    if name == "cuda" and env_world_size() > 1:
        return _own_cuda_device(int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device(name)


def _own_cuda_device(local_rank: int) -> torch.device:
    count = torch.cuda.device_count()
    if local_rank >= count:
        raise InvalidValueError(
            f"process {local_rank + 1} on this machine has no CUDA device, there are {count}",
            hint=f"Start {count} processes, or choose --device cpu.",
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def has_bfloat16(device: torch.device) -> bool:
    """Say whether a device computes with bfloat16 itself; emulated, it would only be slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def seed_dropout(device: torch.device, seed: int, step: int, rank: int) -> None:
    """Make what is random in a step a function of (seed, step, rank): no state need be kept.

    `torch.manual_seed` would do the same for every backend there could be, and takes longer than
    a small model's step.
    """
    mixed = (seed * 1_000_003 + step + rank * 2_654_435_769) % 2**32
    torch.default_generator.manual_seed(mixed)
    if device.type == "cuda":
        torch.cuda.manual_seed(mixed)
    elif device.type == "mps":
        torch.mps.manual_seed(mixed)
