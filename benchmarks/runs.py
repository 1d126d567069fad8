"""Trainings of a recipe with several seeds, and their stored results.

A finished training stores the values of its card that tables need in ``benchmarks/results``. Stored
results are not trained again, so an interruption loses at most one training.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.scores import Scores
from zoo_core.recipes.recipe import Recipe
from zoo_core.recipes.resolve import parse_set
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.training import Training
from zoo_core.weights.card import Card, Environment
from zoo_core.weights.card_fields import ScoresField

RESULTS = Path(__file__).parent / "results"
SEEDS = 5


class Result(BaseModel):
    """The stored values of a training's card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    recipe_name: str
    recipe: Recipe
    parameters: int
    metrics: dict[str, ScoresField]
    environment: Environment
    versions: dict[str, str]
    seconds: float

    @property
    def test(self) -> Scores:
        return self.metrics["test"]


@dataclass(frozen=True)
class Row:
    """A row of a table: a recipe, optionally with a change such as ``lr=0.01``.

    Attributes:
        model: name of the model.
        recipe: name of the recipe.
        change: an assignment as for ``--set``, or an empty string.
        seeds: number of trainings, with the seeds 0, 1, ….
    """

    model: str
    recipe: str
    change: str = ""
    seeds: int = SEEDS

    @property
    def name(self) -> str:
        return f"{self.model}.{self.recipe}"

    @property
    def folder(self) -> Path:
        return RESULTS / f"{self.name}{',' * bool(self.change)}{self.change}"

    @property
    def overrides(self) -> list[dict[str, object]]:
        return [parse_set(self.change)] if self.change else []

    def results(self) -> list[Result]:
        """Return the stored results in the order of their seeds."""
        files = self.folder.glob("seed-*.json")
        results = [Result.model_validate_json(file.read_bytes()) for file in files]
        return sorted(results, key=lambda result: result.recipe.seed)

    def file(self, seed: int) -> Path:
        """Return the path of a seed's result, which need not exist."""
        return self.folder / f"seed-{seed}.json"

    def keep(self, card: Card) -> Result:
        """Store the values of a training's card that tables need."""
        result = Result(**{name: getattr(card, name) for name in Result.model_fields})
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = json.dumps(result.model_dump(mode="json"), indent=1)
        write_atomic(self.file(card.recipe.seed), f"{facts}\n".encode())
        return result


def complete(rows: Iterable[Row], *, seeds: int | None = None, threads: int | None = None) -> None:
    """Train the missing seeds of rows, and store each result.

    Args:
        rows: rows of tables.
        seeds: minimum number of trainings per row; None for the row's own number.
        threads: number of threads of the framework; None for its default.
    """
    for row in rows:
        for seed in range(seeds or row.seeds):
            if not row.file(seed).exists():
                result = row.keep(_trained(row, seed, threads))
                name = f"{row.folder.name} seed {seed}"
                sys.stderr.write(f"{name}: {result.test}; {result.seconds:.1f} s\n")


def _trained(row: Row, seed: int, threads: int | None) -> Card:
    with tempfile.TemporaryDirectory() as folder:
        return (
            Training.new(
                installed_catalog(),
                row.model,
                recipe=row.recipe,
                overrides=[*row.overrides, {"seed": seed}],
                out=Path(folder) / "run",
                threads=threads,
            )
            .run()
            .card
        )
