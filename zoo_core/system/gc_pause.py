"""Pause the garbage collector during heavy imports."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# An import creates objects that stay, and Python searches them for garbage again and again: 13 % of
# the CPU time of `zoo.load("cnn")`, which imports torch, and 7 % with the pause (`gc.callbacks`,
# medians of 3).


@contextmanager
def gc_paused() -> Iterator[None]:
    """Collect no garbage during the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
