"""Calls of zoo's commands, in this process or in processes of their own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from tests.stress.folders.world import World
from zoo_core.cli.main import run
from zoo_core.text import shell_command

SECONDS = 120.0
"""Maximum seconds of a command; one that takes longer hangs."""

RECIPE = {
    "epochs": 12,
    "batch_size": 8,
    "lr": 0.02,
    "weight_decay": 0,
    "label_smoothing": 0,
    "schedule": "constant",
    "keep": "last",
    "model.hidden": 48,
}
"""Values with which a net learns some noise by heart."""

SETTINGS = [part for key, value in RECIPE.items() for part in ("--set", f"{key}={value}")]
"""The same values as options."""

UNRELATED = ("the license of the weights is", "the training began with")
"""Parts of messages that are about something else than the data."""


@dataclass(frozen=True)
class Result:
    """The result of a command.

    Attributes:
        arguments: its arguments.
        code: exit code.
        out: standard output.
        err: standard error.
    """

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The fault that no user's mistake excuses, such as a traceback; empty without one."""
        for sign in ("Traceback (most", "zoo: unexpected ", "took longer than", "timed out after"):
            if sign in self.err:
                return self.err[self.err.index(sign) :].strip()
        return ""

    @cached_property
    def words(self) -> list[str]:
        """Messages about the data."""
        lines = [line for line in self.err.splitlines() if line.startswith("zoo: ")]
        return [line for line in lines if not any(each in line for each in UNRELATED)]

    @cached_property
    def report(self) -> dict[str, Any]:
        """The output of a command with ``--json``."""
        report: dict[str, Any] = json.loads(self.out)
        return report

    def __str__(self) -> str:
        shown = [each for each in self.arguments if each not in SETTINGS]
        said = self.err.strip() or self.out.strip().rpartition("\n")[2][:200]
        return f"{shell_command('zoo', *shown)} -> {self.code}: {said}"


def zoo(world: World, *arguments: object) -> Result:
    """Run a command in the working directory of a world."""
    given = tuple(map(str, arguments))
    if world.processes:
        return _in_a_process(world, given)
    out, err = Capture(), Capture()
    with (
        inside(world),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _limited(world),
    ):
        code = run(list(given))
    return Result(given, code, out.text, err.text)


class Capture(io.TextIOWrapper):
    """A text file in memory, with the bytes under it that some commands write to."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        self.flush()
        buffer: Any = self.buffer
        return str(buffer.getvalue().decode())


@contextlib.contextmanager
def inside(world: World) -> Iterator[None]:
    """Change the working directory and the environment to those of a world."""
    before, environment = Path.cwd(), dict(os.environ)
    os.environ |= _environment(world)
    os.chdir(world.cwd)
    try:
        with _trusting(world):
            yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(environment)


@contextlib.contextmanager
def _trusting(world: World) -> Iterator[None]:
    """Trust the times of files in some worlds: all files are younger than the usual 2 s."""
    if not world.trusts_times:
        yield
        return
    from zoo_images.local import file_contents

    # More than the granularity of times on a local disk, which is that of the kernel's timer.
    granularity = 0.02
    time.sleep(1.5 * granularity)
    with mock.patch.object(file_contents, "GRANULARITY", round(granularity * 1e9)):
        yield


def _environment(world: World) -> dict[str, str]:
    return {"ZOO_HOME": str(world.home)}


@contextlib.contextmanager
def _limited(world: World) -> Iterator[None]:
    """Raise an error in the block if it takes too long."""

    def expire(_number: int, _frame: FrameType | None) -> None:
        for path in world.root.rglob("*"):
            if path.is_fifo():
                # A thread that waits for a writer gets the end of the file.
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        raise RuntimeError(f"the command took longer than {SECONDS:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    # Again and again, because one pipe after another may block.
    signal.setitimer(signal.ITIMER_REAL, SECONDS, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _in_a_process(world: World, arguments: tuple[str, ...]) -> Result:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zoo_core", *arguments],
            cwd=world.cwd,
            env=os.environ | _environment(world),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        return Result(arguments, 1, "", str(exc))  # "… timed out after …"
    return Result(arguments, done.returncode, done.stdout, done.stderr)
