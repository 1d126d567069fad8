"""The number of threads of BLAS, the library in which NumPy multiplies matrices."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS computes with one thread.

    Several threads round sums differently than one, and they wait for one another where other
    programs use the cores: the warps of wide images took 60 % of the time of such a training.
    """
    context: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return context


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController  # which only a training needs

    # Once, because searching the libraries of the process takes milliseconds.
    return ThreadpoolController()
