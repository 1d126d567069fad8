"""Lazy imports: names of a module that are imported when they are first used (PEP 562)."""

from __future__ import annotations

import functools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@functools.cache
def lazy_imports(module: str) -> dict[str, str]:
    """Return the lazy names of a module, each with the module that defines it.

    They are the imports in the ``if TYPE_CHECKING:`` block of its source, so that type checkers
    and Python follow one list.
    """
    import re
    import sys

    loader: Any = sys.modules[module].__loader__
    # By regular expressions, because the first `ast.parse` of a process takes 5 ms, a twentieth of
    # what `zoo predict` takes with a NumPy model beyond `import numpy`.
    imports = re.findall(r"(?m)^    from (\S+) import (\([^)]*\)|.*)", loader.get_source(module))
    as_itself = re.compile(r"(\w+) as \1\b").findall  # as type checkers require for re-exports
    return {name: source for source, names in imports for name in as_itself(names)}


def lazy_names(module: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a module; see `lazy_imports`."""

    def get(name: str) -> object:
        from zoo_core.system.gc_pause import gc_paused

        if name == "__all__":
            return names()
        if name not in lazy_imports(module):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        with gc_paused():
            # With `fromlist`, a name that is a submodule is imported too.
            return getattr(__import__(lazy_imports(module)[name], fromlist=[name]), name)

    def names() -> list[str]:
        return sorted(lazy_imports(module))

    return get, names
