"""Hyperparameter searches: with pruning, without pruning, and the reference's grid.

    python -m benchmarks.tuning

runs missing searches, trains each winner with five seeds, and writes the tables of
``docs/tuning.md``. An interruption loses at most one search. Run it on an idle machine.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from benchmarks.runs import SEEDS
from benchmarks.speed.contest import machine
from benchmarks.tables import mean_and_sd, table
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.scores import Scores
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.training import Training
from zoo_core.tuning.study import Study, Trial, read_study
from zoo_core.weights.card_fields import ScoresField
from zoo_report.searches.study_pictures import draw_history, draw_slices
from zoo_report.style import png
from zoo_tune.results import BEST

KEPT = Path(__file__).parent / "searches"
PAGE = Path(__file__).parents[1] / "docs" / "tuning.md"
PICTURES = PAGE.parent / "pictures"

TRIALS = 40
SEARCH_SEEDS = 3
WAYS = {"pruned": [], "unpruned": ["--no-pruning"]}
"""Options of `zoo tune` for each search."""


class Search(BaseModel):
    """The stored result of a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine: str
    wall: float
    """Wall time of the whole command in seconds."""
    study: Study
    tests: tuple[ScoresField, ...] = ()
    """Test scores of the winner, trained with the seeds 0, 1, …."""


def main() -> None:
    """Run missing searches, and write the tables."""
    for seed in range(SEARCH_SEEDS):
        for way, options in WAYS.items():
            _complete(f"{way}-{seed}", [*options, "--trials", str(TRIALS), "--seed", str(seed)])
    _complete("grid", ["--grid", "--seeds", str(SEEDS)], seeds=0)
    write_atomic(PAGE, with_tables(PAGE.read_text(encoding="utf-8")).encode())
    PICTURES.mkdir(exist_ok=True)
    study = kept("pruned-0").study
    for name, figure in {"history": draw_history(study), "slices": draw_slices(study)}.items():
        write_atomic(PICTURES / f"tune-{name}.png", png(figure))


def kept(name: str) -> Search:
    """Return the stored result of a search."""
    return Search.model_validate_json((KEPT / f"{name}.json").read_bytes())


def with_tables(page: str) -> str:
    """Return the page with updated tables."""
    for name, lines in {"searches": _searches(), "grid": _grid()}.items():
        begin, end = f"<!-- {name}: python -m benchmarks.tuning -->\n", f"<!-- /{name} -->\n"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{lines}\n{end}{rest.partition(end)[2]}"
    return page


def _complete(name: str, options: Sequence[str], *, seeds: int = SEEDS) -> None:
    path = KEPT / f"{name}.json"
    if path.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "zoo_core", "tune", "mlp", "--study", name, *options]
        started = time.perf_counter()
        subprocess.run([*command, "--out", folder, "--json"], check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        tests = tuple(_test(Path(folder), seed) for seed in range(seeds))
        search = Search(
            machine=machine(), wall=round(wall, 1), study=read_study(Path(folder)), tests=tests
        )
    KEPT.mkdir(exist_ok=True)
    write_atomic(path, (json.dumps(search.model_dump(mode="json"), indent=1) + "\n").encode())
    best = search.study.ranked[0].mean or 0.0
    sys.stderr.write(f"{name}: {best:.2%} on validation; {wall:.0f} s\n")


def _test(folder: Path, seed: int) -> Scores:
    """Train the winner with a seed, and return its scores on the test split."""
    run = Training.new(
        installed_catalog(),
        "mlp",
        recipe=str(folder / BEST),
        overrides=[{"seed": seed}],
        out=folder / f"run-{seed}",
    ).run()
    return run.card.metrics["test"]


def _searches() -> str:
    rows = []
    for seed in range(SEARCH_SEEDS):
        whole = kept(f"unpruned-{seed}")
        for way in WAYS:
            search = kept(f"{way}-{seed}")
            share = search.study.epochs / whole.study.epochs
            rows.append(
                [
                    str(seed),
                    way,
                    f"{search.study.epochs} ({share:.0%})",
                    f"{search.wall:.0f}",
                    f"{100 * (search.study.ranked[0].mean or 0):.2f}",
                    mean_and_sd([test["accuracy"][0] for test in search.tests]),
                ]
            )
    rows += [_mean(way) for way in WAYS]
    return table(["search's seed", "trials", "epochs", "seconds", "validation", "test"], rows)


def _mean(way: str) -> list[str]:
    """Return a row with the means of the searches."""
    searches = [kept(f"{way}-{seed}") for seed in range(SEARCH_SEEDS)]
    whole = [kept(f"unpruned-{seed}") for seed in range(SEARCH_SEEDS)]
    epochs = [statistics.fmean(s.study.epochs for s in some) for some in (searches, whole)]
    tests = [test["accuracy"][0] for search in searches for test in search.tests]
    return [
        "mean",
        way,
        f"{epochs[0]:.0f} ({epochs[0] / epochs[1]:.0%})",
        f"{statistics.fmean(search.wall for search in searches):.0f}",
        f"{100 * statistics.fmean(s.study.ranked[0].mean or 0 for s in searches):.2f}",
        f"{100 * statistics.fmean(tests):.2f}",
    ]


def _grid() -> str:
    study = kept("grid").study
    trials = sorted(study.trials, key=lambda trial: trial.number)
    base = trials[0]
    return table(
        ["change", "validation"],
        ([_change(base, trial), mean_and_sd(trial.scores)] for trial in trials),
    )


def _change(base: Trial, trial: Trial) -> str:
    changed: Iterable[str] = (
        f"{key} {json.dumps(value)}"
        for key, value in trial.values.items()
        if value != base.values[key]
    )
    return ", ".join(changed) or "the baseline: " + ", ".join(
        f"{key} {json.dumps(value)}" for key, value in base.values.items()
    )


if __name__ == "__main__":
    main()
