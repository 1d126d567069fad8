"""Sequences of commands on folders that change between them, and a table of the outcomes.

    python -m tests.stress.folders [--count 500] [--first 0] [--steps "train:1 add:2 evaluate:3"]

`--first` is the seed of the first sequence; with `--steps`, only that one is run, with these steps.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.stress.folders.judge import FAULTS, Tally
from tests.stress.folders.sequences import run_sequence, run_steps

PLUGINS = "zoo-images,zoo-numpy,zoo-export,zoo-report"

ROWS = (
    "sequences",
    "changes",
    "commands",
    "scores",
    "scores with a word",
    "predictions",
    "resumed",
    "refusals",
    "needless refusal",
    *FAULTS,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500, help="number of sequences")
    parser.add_argument("--first", type=int, default=0, help="seed of the first sequence")
    parser.add_argument("--steps", help="steps to replay instead of those of the seed")
    parser.add_argument("--whole", action="store_true", help="do not shorten failed sequences")
    arguments = parser.parse_args()
    # Fewer plugins start faster.
    os.environ.setdefault("ZOO_PLUGINS", PLUGINS)
    start = time.perf_counter()
    counts: Counter[str] = Counter()
    for tally in _tallies(arguments):
        counts += tally.counts
        for kind, text in tally.problems:
            print(f"{kind}: {text}\n", flush=True)
    for what in ROWS:
        print(f"{what:24}  {counts[what]:7,}")
    print(f"{'seconds':24}  {time.perf_counter() - start:7.1f}")
    return int(any(counts[kind] for kind in FAULTS))


def _tallies(arguments: argparse.Namespace) -> Iterator[Tally]:
    if arguments.steps:
        steps = [step.split(":") for step in arguments.steps.split()]
        numbered = [(name, int(number)) for name, number in steps]
        yield run_steps(arguments.first, numbered, processes=False)
        return
    for seed in range(arguments.first, arguments.first + arguments.count):
        yield run_sequence(seed, shortened=not arguments.whole)


if __name__ == "__main__":
    sys.exit(main())
