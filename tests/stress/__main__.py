"""Fault injection: numbers of faults that were tried and survived.

    python -m tests.stress [NAME]… [--share 0.1]

The test suite injects a small share of them (``tests/test_stress.py``). This command injects all of
them, which takes minutes, and prints a table.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.stress.table import STRESSES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STRESSES))
    parser.add_argument("--share", type=float, default=1.0, help="share of the faults to inject")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(STRESSES):
        parser.error(f"there are {', '.join(STRESSES)}, not {', '.join(sorted(unknown))}")
    print(f"{'FAULTS':42}  {'TRIED':>7}  {'SURVIVED':>8}  {'SECONDS':>7}  REMARK")
    failed = False
    for name in arguments.names or STRESSES:
        stress = STRESSES[name]
        start = time.perf_counter()
        outcome = stress.make(max(1, round(arguments.share * stress.count)))
        seconds = time.perf_counter() - start
        print(
            f"{stress.what:42}  {outcome.tried:7,}  {outcome.survived:8,}  {seconds:7.1f}  "
            f"{outcome.remark}",
            flush=True,
        )
        for problem in outcome.problems[:5]:
            print(f"    {problem}")
        failed |= bool(outcome.problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
