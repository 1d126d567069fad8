"""What starting and training cost, side by side in one run.

    python -m benchmarks.startup

measures in turn, several times each: CPU time of a bare Python and of a warm `zoo list`; wall
time of importing torch and of a whole `zoo train mlp --seed 0`. It prints medians and ratios.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ZOO = str(Path(sys.executable).with_name("zoo"))


@click.command()
@click.option("--times", default=5, show_default=True, help="Measurements of each.")
def main(times: int) -> None:
    """Print what starting and training cost."""
    subprocess.run([ZOO, "list"], stdout=subprocess.DEVNULL, check=True)  # writes the index
    bare, listing = [], []
    for _ in range(4 * times):
        bare.append(cpu_seconds([sys.executable, "-c", "pass"]))
        listing.append(cpu_seconds([ZOO, "list"]))
    difference = 1000 * (statistics.median(listing) - statistics.median(bare))
    show("CPU time of python -c pass", bare)
    show("CPU time of zoo list", listing)
    click.echo(f"zoo list takes {difference:.0f} ms more than a bare Python.\n")

    torch, whole, training, accuracy = [], [], [], []
    for _ in range(times):
        torch.append(wall_seconds([sys.executable, "-c", "import torch"])[0])
        with tempfile.TemporaryDirectory() as folder:
            command = [ZOO, "train", "mlp", "--seed", "0", "--json", "--out", f"{folder}/run"]
            seconds, out = wall_seconds(command)
        report = json.loads(out)
        whole.append(seconds)
        training.append(report["seconds"])
        accuracy.append(report["metrics"]["test"]["accuracy"][0])
    show("import torch", torch)
    show("zoo train mlp --seed 0, training", training)
    show("zoo train mlp --seed 0, whole process", whole)
    base = statistics.median(torch)
    click.echo(
        f"Training takes {statistics.median(training) / base:.2f} times as long as importing "
        f"torch, the whole process {statistics.median(whole) / base:.2f} times; "
        f"test accuracy {min(accuracy):.2%}."
    )


def show(what: str, seconds: list[float]) -> None:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    click.echo(f"{what:40} median {middle:7.3f} s, from {low:.3f} to {high:.3f}, n {len(seconds)}")


def wall_seconds(command: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - started, done.stdout


def cpu_seconds(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
