"""Trainings of one recipe with several seeds, a run each, for `zoo train --seeds`."""

from __future__ import annotations

import contextlib
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.cli.output import print_json
from zoo_core.cli.present_command import present_command
from zoo_core.cli.tables.table import table_lines
from zoo_core.cli.training.request import TrainRequest
from zoo_core.errors import (
    InterruptedTrainingError,
    InvalidValueError,
    VerificationError,
    join_names,
)
from zoo_core.filenames import CARD, CONFIG
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.frameworks.run import Callbacks
from zoo_core.metrics.metric_text import format_metric, is_share
from zoo_core.plugins.faults.fault import noting_model
from zoo_core.publishing.seed_interval import MIN_SEEDS
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import make_run_folder, unfinished_run
from zoo_core.weights.card import Card, read_card

_RUN = re.compile(r"seed-\d+")
"""Name of a seed's run in the folder of all."""


def train_seeds(request: TrainRequest, count: int) -> None:
    """Train a recipe with several seeds, and print their scores.

    Args:
        request: the options of the command.
        count: number of seeds, from the recipe's on.
    """
    with request.progress() as reporter:
        runs = SeedRuns(request, request.new(callbacks=reporter).plan, count, reporter)
        folder, cards = runs.train(request.out)
    report_seeds(folder, cards, quiet=request.quiet, as_json=request.as_json)


@dataclass(frozen=True)
class SeedRuns:
    """Runs of one recipe with several seeds, in folders ``seed-0``, ``seed-1``, … of one folder.

    Attributes:
        request: the options of the command.
        plan: the plan of the first seed's training.
        count: number of seeds, from the plan's on.
        callbacks: callbacks of every training.
    """

    request: TrainRequest
    plan: Plan
    count: int
    callbacks: Callbacks

    @property
    def seeds(self) -> range:
        first = self.plan.recipe.seed
        return range(first, first + self.count)

    def train(self, out: Path | None) -> tuple[Path, list[Card]]:
        """Train all seeds that are not done in a folder yet; return the folder and their cards.

        Args:
            out: the folder, in which some may be done; None for the next free one in ``runs``.

        Raises:
            InvalidValueError: the folder has something else, or runs with other values.
            VerificationError: the data have changed since a run in it.
            InterruptedTrainingError: a signal stopped a training; the same call continues.
        """
        if env_world_size() > 1:
            raise InvalidValueError(
                f"--seeds: expected 1 process, got {env_world_size()}",
                hint="Start one training per seed with the launcher: --seed N",
            )
        if out is not None:
            self._check(out)
        folder = out or make_run_folder(None, self.plan.model.spec.name)
        try:
            cards = [self._card(seed, folder / f"seed-{seed}") for seed in self.seeds]
        except InterruptedTrainingError as exc:
            again = present_command(out=folder)
            raise InterruptedTrainingError(
                exc.exit_code - 128, f"stopped; nothing is lost. Continue: {again}"
            ) from exc
        finally:
            if out is None:  # of a training that could not begin
                with contextlib.suppress(OSError):
                    folder.rmdir()
        if len({card.dataset.sha256 for card in cards}) > 1:
            raise VerificationError(
                f"the runs in {folder} were trained on different data",
                hint="Train all seeds on the present data, into another folder: --out FOLDER",
            )
        return folder, cards

    def _check(self, out: Path) -> None:
        """Check that a folder has nothing but runs with the values of the plan."""
        others = [each.name for each in _entries(out) if not _RUN.fullmatch(each.name)]
        if others or (out.exists() and not out.is_dir()):
            got = join_names(others, most=3) if others else "a file"
            raise InvalidValueError(
                f"--out {out}: expected a folder of runs seed-0, seed-1, …, or an empty one, "
                f"got {got}",
                hint="Name a new or empty folder.",
            )
        for seed in self.seeds:
            run = out / f"seed-{seed}"
            if (run / CARD).exists():
                card = read_card(run / CARD)
                self._check_same(run, card.model, card.recipe, seed)
            elif (run / CONFIG).exists():
                config = unfinished_run(run)
                self._check_same(run, config.model, config.recipe, seed)

    def _check_same(self, run: Path, model: str, recipe: Recipe, seed: int) -> None:
        wanted = self.plan.recipe.model_copy(update={"seed": seed})
        differs = [key for key, value in wanted if value != getattr(recipe, key, None)]
        if model != self.plan.model.spec.name or differs:
            what = f"other values of {join_names(differs)}" if differs else f"the model {model}"
            raise InvalidValueError(
                f"{run} is a run with {what}, not one of the same training with seed {seed}",
                hint="Name a new or empty folder with --out.",
            )

    def _card(self, seed: int, run: Path) -> Card:
        """Return the card of a seed's run, trained now unless it is done."""
        if (run / CARD).exists():
            return read_card(run / CARD)
        if (run / CONFIG).exists():
            training = self.request.resume(run, callbacks=self.callbacks)
        else:
            training = self.request.new(run, callbacks=self.callbacks, seed=seed)
        with noting_model(training.plan.model):
            return training.run().card


def _entries(folder: Path) -> list[Path]:
    return [*folder.iterdir()] if folder.is_dir() else []


def report_seeds(folder: Path, cards: Sequence[Card], *, quiet: bool, as_json: bool) -> None:
    """Print the scores of all seeds, their mean and standard deviation, and how to publish them."""
    if as_json:
        print_json(_json(folder, cards))
    elif quiet:
        print_lines(str(folder))
    else:
        print_lines(*_lines(folder, cards))


def _lines(folder: Path, cards: Sequence[Card]) -> Iterator[str]:
    tests = [card.metrics["test"] for card in cards]
    names = tests[0].headline_names
    title = f"test {' / '.join(dict.fromkeys(names))}".replace("_", " ")
    rows = [
        {
            "seed": str(card.recipe.seed),
            title: " / ".join(map(format_metric, names, test.headline_values)),
            "epoch": str(card.epoch),
            "run": str(folder / f"seed-{card.recipe.seed}"),
        }
        for card, test in zip(cards, tests, strict=True)
    ]
    spread = " / ".join(map(_spread, names, *_statistics(cards)))
    rows.append({"seed": "mean ± sd", title: spread, "epoch": "", "run": ""})
    yield ""
    yield from table_lines(("seed", title, "epoch", "run"), rows)
    yield ""
    first, *others = [row["run"] for row in rows[:-1]]
    seeds = [word for run in others for word in ("--seed-run", run)]
    # An interval over seeds takes more than two.
    more = seeds if len(cards) >= MIN_SEEDS else []
    name = ("--as", f"{cards[0].model}.TAG", "--registry", "FOLDER")
    yield f"To publish: {shell_command('zoo', 'publish', first, *name, *more)}"


def _statistics(cards: Sequence[Card]) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation of each head's headline on the test split."""
    heads = [*zip(*(card.metrics["test"].headline_values for card in cards), strict=True)]
    return [statistics.fmean(head) for head in heads], [statistics.stdev(head) for head in heads]


def _spread(name: str, mean: float, sd: float) -> str:
    return f"{100 * mean:.2f} ± {100 * sd:.2f} %" if is_share(name) else f"{mean:.5g} ± {sd:.2g}"


def _json(folder: Path, cards: Sequence[Card]) -> dict[str, Any]:
    means, sds = _statistics(cards)
    runs = [
        {
            "run": str(folder / f"seed-{card.recipe.seed}"),
            "seed": card.recipe.seed,
            "epoch": card.epoch,
            **card.model_dump(mode="json", include={"metrics", "seconds", "weights"}),
        }
        for card in cards
    ]
    return {
        "model": cards[0].model,
        "folder": str(folder),
        "metric": list(cards[0].metrics["test"].headline_names),
        "mean": means,
        "sd": sds,
        "runs": runs,
    }
