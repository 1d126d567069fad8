"""Speed of the runtimes: ``python -m benchmarks.runtimes``.

Measures, by turns: examples per second of published weights with ONNX Runtime and with their
framework; and the whole process of ``zoo predict cnn digit.png``, beside importing its libraries
alone. ``--small PYTHON`` names the Python of an environment without torch, for the second part.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from PIL import Image

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.installation.installed import installed_catalog

NAMES = (
    *("cnn.best", "cnn.default", "mlp.best", "numpy-net.best", "two-headed-cnn.best"),
    *("number-reader.best", "digit-separator.default"),
)
"""Weights whose examples per second are measured."""

REPEATS = 3
"""Number of predictions of all examples per process."""

IMPORTS = "import numpy, onnxruntime"


def by_turns(contestants: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Return the median of each contestant's seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(times):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in seconds.items()}


def print_rate(name: str, runtime: str) -> None:
    """Print the examples per second of published weights with a runtime, in this process."""
    pretrained = zoo.load(name, runtime=runtime, device="cpu")
    facts = pretrained.card.dataset
    data = load_dataset(find_dataset(installed_catalog(), facts.name, sha256=facts.sha256))
    inputs = data.splits["test"].inputs
    seconds = by_turns({runtime: lambda: pretrained.predictor.outputs(inputs)}, REPEATS)
    click.echo(len(inputs) / seconds[runtime])


def measure_throughput(name: str, times: int) -> None:
    """Print the examples per second of published weights with both runtimes, by turns."""
    rates: dict[str, list[float]] = {"trainer": [], "onnx": []}
    for _ in range(times):
        for runtime, each in rates.items():
            # Processes of their own, because the threads of torch wait for work by computing.
            command = [sys.executable, "-m", "benchmarks.runtimes", "--rate", name, runtime]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            each.append(float(done.stdout))
    own, onnx = map(statistics.median, rates.values())
    click.echo(f"{name:24} trainer {own:9,.0f}   onnx {onnx:9,.0f}   ratio {onnx / own:.2f}")


def measure_processes(small: str, times: int) -> None:
    """Print the seconds of whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        digit = Path(folder) / "digit.png"
        image = np.zeros((28, 28), np.uint8)
        image[4:24, 13:16] = 255
        Image.fromarray(image).save(digit)

        def run(python: str, *arguments: str) -> Callable[[], object]:
            command = [python, *arguments]
            return lambda: subprocess.run(command, check=True, capture_output=True)

        predict = ("-m", "zoo_core", "predict", "cnn", str(digit))
        seconds = by_turns(
            {
                f"python -c '{IMPORTS}'": run(small, "-c", IMPORTS),
                "zoo predict cnn digit.png": run(small, *predict),
                "the same with torch": run(sys.executable, *predict, "--runtime", "torch"),
            },
            times,
        )
    first = next(iter(seconds.values()))
    for name, each in seconds.items():
        click.echo(f"{name:36} {each:6.3f} s   ratio {each / first:.2f}")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--small", default=sys.executable, help="Python of an environment without torch.")
@click.option("--times", default=5, show_default=True, help="Number of turns.")
@click.option("--rate", is_flag=True, help="Print the rate of the weights and the runtime NAMES.")
def main(names: tuple[str, ...], small: str, times: int, *, rate: bool) -> None:
    """Measure the weights NAMES, by default a selection of them, and whole processes."""
    if rate:
        print_rate(*names)
        return
    for name in names or NAMES:
        measure_throughput(name, times)
    measure_processes(small, 3 * times)


if __name__ == "__main__":
    main()
