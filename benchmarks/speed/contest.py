"""Programs that run by turns, and their measurements."""

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
    """A program to measure.

    Attributes:
        name: name in the table.
        command: the command line; ``{python}``, ``{out}`` and ``{prepared}`` are replaced by the
            interpreter, a new folder and the folder that the comparison prepared. A JSON object on
            its last line may contain further figures.
        epochs: number of epochs that its ``seconds`` cover.
        all_epochs: number of epochs of its recipe, to which ``seconds`` are extrapolated.
        variables: additional environment variables, with the same replacements.
    """

    name: str
    command: str
    epochs: int = 1
    all_epochs: int = 1
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, prepared: str = "") -> Turn:
        """Run the program and return its measurements."""
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
            facts["accuracy"] = facts["metrics"]["test"].get("accuracy", ())
        figures = {name: value for name, value in facts.items() if isinstance(value, float)}
        return Turn(
            whole=whole + left,
            cpu=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / 1024,
            accuracy=tuple(facts.get("accuracy", ())) if self.epochs == self.all_epochs else (),
            figures={**figures, "seconds": training + left},
        )


class Turn(BaseModel):
    """The measurements of one run.

    Attributes:
        whole: wall time of the process in seconds.
        cpu: CPU time of all threads in seconds.
        peak_mb: peak resident memory in MiB.
        accuracy: accuracy on the test split, one per head, if all epochs were run; empty for
            other tasks than classification.
        figures: further figures that the program printed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    whole: float
    cpu: float
    peak_mb: float
    accuracy: tuple[float, ...]
    figures: dict[str, float]

    def figure(self, name: str) -> float:
        """Return a figure by name."""
        value = getattr(self, name) if name in type(self).model_fields else self.figures[name]
        return float(value)


@dataclass(frozen=True)
class Comparison:
    """Contestants with the same task.

    Attributes:
        title: title of the section on the page.
        text: description of the comparison.
        contestants: the programs; ratios are relative to the first.
        figures: name of a figure -> heading of its column.
        times: number of turns per contestant.
        on_top: whether the page shows the difference between the first contestant and each other.
        first: possessive of the first contestant, for the headings of ratios.
        prepare: function that prepares a folder for the contestants before the first turn.
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
    """The stored measurements of a comparison."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    turns: dict[str, list[Turn]]

    def values(self, contestant: str, figure: str) -> list[float]:
        return [turn.figure(figure) for turn in self.turns[contestant]]

    def ratios(self, contestant: str, other: str, figure: str) -> list[float]:
        """Return the ratios of `contestant`'s figure to `other`'s, one per turn."""
        pairs = zip(self.values(contestant, figure), self.values(other, figure), strict=True)
        return [a / b for a, b in pairs if b]

    def differences(self, contestant: str, other: str) -> list[float]:
        """Return the differences in seconds between `contestant` and `other`, one per turn."""
        pairs = zip(self.values(contestant, "whole"), self.values(other, "whole"), strict=True)
        return [a - b for a, b in pairs]

    def line(self, contestant: str) -> str:
        parts = []
        for figure in ("seconds", "whole", "cpu", "peak_mb"):
            values = self.values(contestant, figure)
            parts.append(f"{figure} {statistics.median(values):.3g}")
        return ", ".join(parts)


def measure(name: str, comparison: Comparison, times: int) -> Measured:
    """Run all contestants by turns, several times, and store the measurements."""
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
    """Return the stored measurements of a comparison, or None."""
    path = KEPT / f"{name}.json"
    return Measured.model_validate_json(path.read_bytes()) if path.exists() else None


def machine() -> str:
    """Return a description of the machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(": ")[2] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"
