"""Frames of an exception's traceback: module, function, file and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Frame:
    """A frame of a traceback.

    Attributes:
        module: name of the module.
        function: qualified name of the function, such as ``Net.forward``.
        file: path of the source file.
        line: number of the line, from 1.
    """

    module: str
    function: str
    file: str
    line: int

    @property
    def place(self) -> str:
        """File and line, as editors and terminals accept them."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return self.place if self.function == "<module>" else f"{self.place} ({self.function})"


def frames_of(exc: BaseException) -> Iterator[Frame]:
    """Yield the frames of an exception's traceback, the innermost last."""
    traceback: TracebackType | None = exc.__traceback__
    while traceback:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__") or ""
        yield Frame(module, code.co_qualname, code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next


def own_frame(exc: BaseException, module: str) -> Frame | None:
    """Return the innermost frame of an exception in the package of a module.

    A syntax error has no frame, but a file and a line of its own.
    """
    if isinstance(exc, SyntaxError) and exc.filename and not exc.filename.startswith("<"):
        return Frame(module, "<module>", exc.filename, exc.lineno or 1)
    package = module.partition(".")[0]
    own = [frame for frame in frames_of(exc) if frame.module.partition(".")[0] == package]
    return own[-1] if own else None


def line_of(function: Any) -> str:
    """Return file and line of a Python function; empty for any other object."""
    code = getattr(function, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""
