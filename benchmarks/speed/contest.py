"""Programs that take turns, and what is kept of their runs."""

from __future__ import annotations

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from zoo_core.system.atomic_files import write_atomic

KEPT = Path(__file__).parents[1] / "measurements"


@dataclass(frozen=True)
class Contestant:
    """A program.

    Attributes:
        name: what it is.
        command: ``{python}``, ``{out}`` and ``{prepared}`` stand for the interpreter, for a new
            folder and for what the comparison prepared; a JSON object on its last line may give
            more figures than the process's own.
        epochs: of how many its ``seconds`` are.
        all_epochs: how many its recipe has; what is measured of fewer is multiplied.
        variables: of its environment, beside those that there are; likewise.
    """

    name: str
    command: str
    epochs: int = 1
    all_epochs: int = 1
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, prepared: str = "") -> Turn:
        """Run it to its end."""
        with tempfile.TemporaryDirectory() as folder:
            names = {"python": sys.executable, "out": f"{folder}/run", "prepared": prepared}
            words = shlex.split(self.command.format(**names))
            own = {name: value.format(**names) for name, value in self.variables.items()}
            started = time.perf_counter()
            process = subprocess.Popen(
                words,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, **own},
            )
            assert process.stdout is not None
            with process.stdout:
                out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            whole = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self.command} ends with {process.returncode}")
        facts = json.loads(out[out.index("{") :]) if "{" in out else {}
        training = facts.get("seconds", 0.0)
        left = training * (self.all_epochs / self.epochs - 1)
        if "metrics" in facts:
            facts["accuracy"] = facts["metrics"]["test"]["accuracy"]
        figures = {name: value for name, value in facts.items() if isinstance(value, float)}
        return Turn(
            whole=whole + left,
            cpu=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / 1024,
            accuracy=tuple(facts.get("accuracy", ())) if self.epochs == self.all_epochs else (),
            figures={**figures, "seconds": training + left},
        )


class Turn(BaseModel):
    """What was measured of one run.

    Attributes:
        whole: seconds from the process's start to its end.
        cpu: seconds of computing, of all threads.
        peak_mb: MiB of memory at most.
        accuracy: on the test split, one a head, where all epochs were run.
        figures: what it says of itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    whole: float
    cpu: float
    peak_mb: float
    accuracy: tuple[float, ...]
    figures: dict[str, float]

    def figure(self, name: str) -> float:
        """Return a figure of the process or of its own by name."""
        value = getattr(self, name) if name in type(self).model_fields else self.figures[name]
        return float(value)


@dataclass(frozen=True)
class Comparison:
    """Contestants that do the same.

    Attributes:
        title: of the page's section.
        text: what is compared, and how.
        contestants: the first is the one with which the others are compared.
        figures: what to show: the name of a figure, and its heading.
        times: turns of each.
        on_top: whether to say how much longer the first takes than each of the others.
        first: whose the first contestant's figures are, for the headings of ratios.
        prepare: makes what the contestants need, in a folder, before the first turn.
    """

    title: str
    text: str
    contestants: tuple[Contestant, ...]
    figures: dict[str, str]
    times: int = 5
    on_top: bool = False
    first: str = "zoo's"
    prepare: Callable[[Path], None] | None = None


class Measured(BaseModel):
    """What is kept of a comparison."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    turns: dict[str, list[Turn]]

    def values(self, contestant: str, figure: str) -> list[float]:
        return [turn.figure(figure) for turn in self.turns[contestant]]

    def ratios(self, contestant: str, other: str, figure: str) -> list[float]:
        """Return, turn by turn, how many times `other`'s figure `contestant`'s is."""
        pairs = zip(self.values(contestant, figure), self.values(other, figure), strict=True)
        return [a / b for a, b in pairs if b]

    def differences(self, contestant: str, other: str) -> list[float]:
        """Return, turn by turn, how many seconds longer `contestant` takes than `other`."""
        pairs = zip(self.values(contestant, "whole"), self.values(other, "whole"), strict=True)
        return [a - b for a, b in pairs]

    def line(self, contestant: str) -> str:
        parts = []
        for figure in ("seconds", "whole", "cpu", "peak_mb"):
            values = self.values(contestant, figure)
            parts.append(f"{figure} {statistics.median(values):.3g}")
        return ", ".join(parts)


def measure(name: str, comparison: Comparison, times: int) -> Measured:
    """Let every contestant run in turn, several times, and keep what was measured."""
    turns: dict[str, list[Turn]] = {contestant.name: [] for contestant in comparison.contestants}
    with tempfile.TemporaryDirectory() as prepared:
        if comparison.prepare:
            comparison.prepare(Path(prepared))
        for _ in range(times):
            for contestant in comparison.contestants:
                turns[contestant.name].append(contestant.run(prepared))
    measured = Measured(machine=machine(), turns=turns)
    KEPT.mkdir(exist_ok=True)
    content = measured.model_dump_json(indent=1) + "\n"
    write_atomic(KEPT / f"{name}.json", content.encode())
    return measured


def kept(name: str) -> Measured | None:
    """Return what is kept of a comparison, if anything."""
    path = KEPT / f"{name}.json"
    return Measured.model_validate_json(path.read_bytes()) if path.exists() else None


def machine() -> str:
    """Return what decides how fast it is."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(": ")[2] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"
