"""Devices: their selection, capabilities and random generators."""

from __future__ import annotations

import os

import torch

from zoo_core.plugin_api import InvalidValueError, env_world_size
from zoo_torch.torch_private import cpu_has_bfloat16


def choose_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is CUDA if available, else MPS, else the CPU.

    In distributed training each process of a machine gets its own CUDA device.

    Raises:
        InvalidValueError: the device is not available.
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
            f"device {name!r} is not available",
            hint=f"Choose one of: auto, {', '.join(available)}.",
        )
    if name == "cuda" and env_world_size() > 1:
        return _own_cuda_device(int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device(name)


def _own_cuda_device(local_rank: int) -> torch.device:
    count = torch.cuda.device_count()
    if local_rank >= count:
        raise InvalidValueError(
            f"expected a CUDA device per process, got {count} for process {local_rank + 1} "
            "of this machine",
            hint=f"Start {count} processes, or choose --device cpu.",
        )
    # NCCL uses the current device, which would be the first one in every process.
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def has_bfloat16(device: torch.device) -> bool:
    """Return whether a device has native bfloat16."""
    # Emulated bfloat16 is slower than float32, and less precise.
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and cpu_has_bfloat16()


def seed_dropout(device: torch.device, seed: int, step: int, rank: int, part: int = 0) -> None:
    """Seed torch's generators from these numbers, so that no generator state is saved."""
    # The rank is part of it, because each process needs different masks for its images, and so
    # does each part of a step. The factors, primes and 2³²/φ (Knuth), keep different seeds, steps,
    # ranks and parts from colliding.
    mixed = (seed * 1_000_003 + step + rank * 2_654_435_769 + part * 2_246_822_519) % 2**32
    # Not torch.manual_seed, which seeds every backend and takes longer than a small model's step.
    torch.default_generator.manual_seed(mixed)
    if device.type == "cuda":
        torch.cuda.manual_seed(mixed)
    elif device.type == "mps":
        torch.mps.manual_seed(mixed)
