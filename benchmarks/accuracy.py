"""What recipes reach, over several seeds.

    python -m benchmarks.accuracy mlp.default mlp.baseline-10 --seeds 5

trains what is missing, keeps a small JSON file for each finished run in ``benchmarks/results``
and prints the table. An interruption costs one run at most; the same command goes on.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

import zoo_core as zoo
from zoo_core.files import write_atomic

RESULTS = Path(__file__).parent / "results"
KEPT = {"model", "recipe_name", "recipe", "parameters", "metrics", "environment", "versions"}
"""What is kept of a run's card, beside its time."""

Result = dict[str, Any]


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="MODEL.RECIPE…")
@click.option("--seeds", default=5, show_default=True, type=click.IntRange(min=1))
def main(names: tuple[str, ...], seeds: int) -> None:
    """Train each recipe with the seeds 0, 1, … that are missing, then print the table."""
    for name in names:
        for seed in range(seeds):
            path = RESULTS / name / f"seed-{seed}.json"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                model, _, recipe = name.partition(".")
                result = measure(model, recipe, seed)
                write_atomic(path, (json.dumps(result, indent=1) + "\n").encode())
                accuracy = result["metrics"]["test"]["accuracy"]
                sys.stderr.write(f"{name} seed {seed}: {accuracy}, {result['seconds']:.1f} s\n")
    sys.stdout.write(table(names))


def measure(model: str, recipe: str, seed: int) -> Result:
    """Train once and return what is kept of it."""
    with tempfile.TemporaryDirectory() as folder:
        run = zoo.train(model, recipe=recipe, seed=seed, out=Path(folder) / "run")
        return run.card.model_dump(mode="json", include=KEPT | {"seconds"})


def table(names: Iterable[str]) -> str:
    """Return a Markdown table of every result that is kept for the names."""
    rows = [
        "| model | recipe | parameters | epochs | training | test accuracy | seeds |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        paths = sorted((RESULTS / name).glob("seed-*.json"))
        results: list[Result] = [json.loads(path.read_text()) for path in paths]
        first = results[0]
        seconds = statistics.median(result["seconds"] for result in results)
        heads = zip(*(result["metrics"]["test"]["accuracy"] for result in results), strict=True)
        rows.append(
            f"| `{first['model']}` | `{first['recipe_name']}` | {first['parameters']:,} "
            f"| {first['recipe']['epochs']} | {seconds:.1f} s "
            f"| {' / '.join(map(_mean_and_sd, heads))} | {len(results)} |"
        )
    return "\n".join(rows) + "\n"


def _mean_and_sd(accuracies: tuple[float, ...]) -> str:
    mean = 100 * statistics.mean(accuracies)
    return (
        f"{mean:.2f} ± {100 * statistics.stdev(accuracies):.2f} %"
        if accuracies[1:]
        else f"{mean:.2f} %"
    )


if __name__ == "__main__":
    main()
