"""Depth of a training's arithmetic below the shell: ``python -m benchmarks.frames``.

The depth is the number of calls, in zoo's own packages, that lead from `zoo_core.__main__.main` to
the first function of zoo-numpy with a matrix product: as many as the frames on the stack above
`main`'s. Frames of other packages, click's for instance, do not count.
"""

from __future__ import annotations

import contextlib
import dis
import inspect
import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from types import CodeType, FrameType
from typing import Any
from unittest import mock

import click

from zoo_core import __main__

TRAINING = ("train", "numpy-net", "--epochs", "1")


@dataclass
class Passage:
    """The functions of zoo that a command calls.

    Attributes:
        functions: module and qualified name of each, without lambdas and comprehensions.
        chain: those from `main` to the first matrix product, both included.
    """

    functions: set[tuple[str, str]] = field(default_factory=set)
    chain: list[tuple[str, str]] = field(default_factory=list)

    @property
    def depth(self) -> int:
        """The number of calls from `main` to the first matrix product."""
        return len(self.chain) - 1

    @property
    def files(self) -> set[str]:
        """The modules of the functions."""
        return {module for module, _ in self.functions}


def trace_training(arguments: Sequence[str] = TRAINING) -> Passage:
    """Run a training in this process, and return the functions that it called.

    Args:
        arguments: arguments of the command `zoo`; ``--out`` is added.
    """
    passage = Passage()

    def observe(frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call" or not _is_function_of_zoo(frame):
            return
        passage.functions.add(_name(frame))
        if not passage.chain and _is_of(frame, "zoo_numpy") and _multiplies(frame.f_code):
            passage.chain = [_name(each) for each in _stack(frame) if _is_function_of_zoo(each)]

    with tempfile.TemporaryDirectory() as folder:
        command = ["zoo", *arguments, "--out", f"{folder}/run"]
        with mock.patch.object(sys, "argv", command), contextlib.redirect_stdout(io.StringIO()):
            sys.setprofile(observe)
            try:
                __main__.main()
            except SystemExit as end:
                if end.code:
                    raise RuntimeError(f"{' '.join(command)} ends with {end.code}") from end
            finally:
                sys.setprofile(None)
    return passage


def _stack(frame: FrameType) -> list[FrameType]:
    """Return the frames from the outermost to this one."""
    frames: list[FrameType] = []
    current: FrameType | None = frame
    while current is not None:
        frames.append(current)
        current = current.f_back
    return frames[::-1]


def _is_function_of_zoo(frame: FrameType) -> bool:
    """Return whether a frame belongs to a function, not to a module, class body or expression."""
    is_function = bool(frame.f_code.co_flags & inspect.CO_OPTIMIZED)
    return is_function and frame.f_code.co_name[0] != "<" and _is_of(frame, "zoo_")


def _is_of(frame: FrameType, package: str) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith(package)


def _name(frame: FrameType) -> tuple[str, str]:
    return frame.f_globals["__name__"], frame.f_code.co_qualname


@cache
def _multiplies(code: CodeType) -> bool:
    """Return whether a function contains the operator ``@``."""
    instructions = dis.get_instructions(code)
    return any(each.opname == "BINARY_OP" and each.argrepr == "@" for each in instructions)


@click.command()
def main() -> None:
    """Print the chain of calls, and the number of files and functions of zoo in a training."""
    passage = trace_training()
    for number, (module, function) in enumerate(passage.chain):
        click.echo(f"{number:2}  {module}:{function}")
    click.echo(
        f"zoo {' '.join(TRAINING)}: {passage.depth} calls to the arithmetic; "
        f"{len(passage.files)} files and {len(passage.functions)} functions of zoo"
    )


if __name__ == "__main__":
    main()
