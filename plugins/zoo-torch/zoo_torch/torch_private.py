"""Private functions of torch, each with a public fallback; no other file uses such names.

The next version of torch may lack a private function, and a training must not fail for that: the
fallbacks compute the same, more slowly.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

# Why not the classes of torch.optim: constructing the first one imports torch._dynamo,
# 2.8 s in addition to 3.3 s for torch itself (CPU time, torch 2.14, median of five processes).
# The functions `sgd`, `adam` and `adamw` are public and do not import it, but `adamw` takes 0.1 ms
# more per step than the kernel that it calls: 5 % of a step of the smallest networks.


def sgd_step(
    values: list[Tensor], gradients: list[Tensor], momenta: list[Tensor], **options: Any
) -> None:
    """Update values and momenta (none if momentum is 0) in place; options as of `sgd`."""
    options |= {"dampening": 0.0, "maximize": False}
    if hasattr(torch, "_fused_sgd_"):
        # A first step would set the momenta to the gradients; any step does if they are 0.
        torch._fused_sgd_(values, gradients, momenta, is_first_step=False, **options)
    else:
        sgd(values, gradients, [*momenta], foreach=False, **options)


def adam_step(
    values: list[Tensor],
    gradients: list[Tensor],
    means: list[Tensor],
    squares: list[Tensor],
    steps: list[Tensor],
    *,
    decoupled: bool,
    **options: Any,
) -> None:
    """Update values, averages and step counts in place; options as of `adam`.

    A decoupled weight decay is that of AdamW.
    """
    options |= {"amsgrad": False, "maximize": False}
    maxima: list[Tensor] = []  # for amsgrad
    state = (values, gradients, means, squares, maxima, steps)
    if all(hasattr(torch, name) for name in ("_fused_adam_", "_fused_adamw_", "_foreach_add_")):
        torch._foreach_add_(steps, 1)  # because the kernels do not count
        fused = torch._fused_adamw_ if decoupled else torch._fused_adam_
        fused(*state, **options)
    else:
        (adamw if decoupled else adam)(*state, foreach=False, **options)


def lerp(starts: list[Tensor], ends: list[Tensor], weight: float) -> None:
    """Move each start toward its end in place: ``start += weight · (end - start)``."""
    if hasattr(torch, "_foreach_lerp_"):
        torch._foreach_lerp_(starts, ends, weight)  # one call for all tensors
    else:
        for start, end in zip(starts, ends, strict=True):
            start.lerp_(end, weight)


def cpu_has_bfloat16() -> bool:
    """Return whether this CPU has instructions for bfloat16 (AVX512-BF16)."""
    # False if the function is absent: float32 is correct on every CPU.
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
