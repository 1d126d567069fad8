"""Pause the garbage collector during heavy imports.

An import makes objects that stay, hundreds of thousands of them in a framework's, and Python
searches them for garbage again and again: a tenth of the time that importing torch takes.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Collect no garbage inside the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
