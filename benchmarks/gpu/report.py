"""The report of a measurement on a GPU: a JSON file and a table."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from benchmarks.gpu.suite import Tests
from benchmarks.gpu.time_to_accuracy import Times
from benchmarks.speed.contest import machine
from zoo_core.system.atomic_files import write_atomic


class Report(BaseModel):
    """The results of one device.

    Attributes:
        device: name of the GPU, or of the machine's processor.
        versions: versions of torch, of its CUDA, and of zoo's distributions.
        tests: outcome of the tests with the marker ``gpu``.
        times: times to each accuracy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    versions: dict[str, str]
    tests: Tests
    times: list[Times]


def device_name(device: str) -> str:
    """Return the name of the card, or of the processor."""
    return str(torch.cuda.get_device_name()) if device == "cuda" else machine()


def versions() -> dict[str, str]:
    """Return the versions on which a measurement depends."""
    installed = {each.name: each.version for each in distributions()}
    zoo = {name: version for name, version in installed.items() if name.startswith("zoo-")}
    return {
        "torch": torch.__version__,
        "cuda": str(torch.version.cuda),
        **dict(sorted(zoo.items())),
    }


def keep(report: Report, folder: Path) -> Path:
    """Write a report into a folder, under the device's name, and return its path."""
    name = re.sub(r"[^a-z0-9]+", "-", report.device.lower()).strip("-")
    path = folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (report.model_dump_json(indent=1) + "\n").encode())
    return path


def table(report: Report) -> str:
    """Return a report as text."""
    torch_version, cuda = report.versions["torch"], report.versions["cuda"]
    lines = [
        f"{report.device}, torch {torch_version}, CUDA {cuda}",
        f"tests: {_tests(report.tests)}",
    ]
    lines += ["", "accuracy  recipe   median s  seeds"]
    for each in report.times:
        seeds = f"{len(each.seconds)} of {len(each.seconds) + len(each.missed)} reached it"
        seeds += ", then out of time" * each.out_of_time
        lines.append(f"{each.accuracy:8.1%}  {each.recipe:7}  {each.median:8.2f}  {seeds}")
    return "\n".join(lines)


def _tests(tests: Tests) -> str:
    if tests.code is None:
        return f"out of time after {tests.seconds:.0f} s"
    counts = ", ".join(f"{count} {name}" for name, count in tests.counts.items())
    return f"{counts}; exit code {tests.code}; {tests.seconds:.0f} s"
