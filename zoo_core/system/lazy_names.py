"""Names of a module that are imported when they are used (PEP 562)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(module: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a module.

    Args:
        module: its name.
        homes: name -> the module that defines it, below ``zoo_core``; or the package that it is a
            module of.
    """

    def get(name: str) -> object:
        import importlib

        from zoo_core.system.gc_pause import gc_paused

        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home = f"zoo_core.{homes[name]}"
        with gc_paused():
            try:
                return getattr(importlib.import_module(home), name)
            except AttributeError:
                return importlib.import_module(f"{home}.{name}")

    return get
