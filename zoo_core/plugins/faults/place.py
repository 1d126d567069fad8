"""The place in a plugin's own code where an exception was raised."""

from __future__ import annotations

from collections.abc import Iterator
from traceback import walk_tb


def own_place(exc: BaseException, package: str) -> str:
    """Return file and line of the innermost frame in a plugin's package, or an empty string.

    Args:
        exc: the exception, or one that was raised from the plugin's.
        package: name of the plugin's package.
    """
    for each in _causes(exc):
        if isinstance(each, SyntaxError) and each.filename:  # of a module without a frame
            return f"{each.filename}:{each.lineno}"
        own = [
            f"{frame.f_code.co_filename}:{line}"
            for frame, line in walk_tb(each.__traceback__)
            if str(frame.f_globals.get("__name__")).partition(".")[0] == package
        ]
        if own:
            return own[-1]
    return ""


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and those that it was raised from."""
    while exc is not None:
        yield exc
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)
