"""The GPU's tests and the time to an accuracy: ``python -m benchmarks.gpu``.

The command runs from a checkout, offline, for at most eight minutes: half of them for the tests
with the marker ``gpu``, half for trainings of cnn on MNIST. It stores the results in
``benchmarks/measurements/gpu``. It imports only the standard library until it has checked that
everything else is installed.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

REQUIREMENTS = {
    "torch": "torch",
    "pytest": "pytest",
    "hypothesis": "hypothesis",
    "zoo-core": "-e .",
    "zoo-mnist": "-e plugins/zoo-mnist",
    "zoo-torch": "-e plugins/zoo-torch",
    "zoo-cnn": "-e plugins/zoo-cnn",
}
"""Distribution -> the requirement that pip installs."""

BUDGET = 480.0
"""Total time budget in seconds."""


def main() -> int:
    """Run tests and measurements, store and print the report; return the exit code."""
    arguments = _parse()
    if missing := [name for name in REQUIREMENTS if not _is_installed(name)]:
        needs = " ".join(REQUIREMENTS[name] for name in missing)
        sys.stderr.write(f"missing: {', '.join(missing)}. Install them: pip install {needs}\n")
        return 1
    import torch

    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.stderr.write(
            f"torch {torch.__version__} finds no CUDA device; to try this command without one, "
            "run: python -m benchmarks.gpu --device cpu --budget 60\n"
        )
        return 1
    from benchmarks.gpu.report import Report, device_name, keep, table, versions
    from benchmarks.gpu.suite import run_tests
    from benchmarks.gpu.time_to_accuracy import TARGETS, measure_target

    started = time.monotonic()
    tests = run_tests(arguments.budget / 2)
    times = []
    for number, target in enumerate(TARGETS):
        rest = started + arguments.budget - time.monotonic()
        deadline = time.monotonic() + rest / (len(TARGETS) - number)
        times.append(measure_target(target, arguments.device, arguments.seeds, deadline))
    report = Report(
        device=device_name(arguments.device), versions=versions(), tests=tests, times=times
    )
    path = keep(report, arguments.out)
    sys.stdout.write(f"{table(report)}\nKept in {path}\n")
    return 0 if tests.passed_all and all(each.seconds for each in times) else 1


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS")
    parser.add_argument("--seeds", type=int, default=5, help="Trainings per accuracy.")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/measurements/gpu"), metavar="FOLDER"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
