"""Reproduce published weights: train again from the card alone, and compare."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import InterruptedTrainingError, VerificationError
from zoo_core.frameworks.run import Callbacks
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.verified_read import published_card
from zoo_core.publishing.seed_interval import is_within
from zoo_core.registry.registry import FoundWeights
from zoo_core.training.training import Training
from zoo_core.weights.card import Card, PublishedCard


@dataclass(frozen=True)
class Reproduction:
    """A training made again, and how it compares.

    Attributes:
        card: of the training made again.
        differences: environment facts and versions that differ: name -> (published, here).
        same_bytes: whether the weight files are equal.
        within: whether its accuracies lie in the published interval; None where there is none.
    """

    card: Card
    published: PublishedCard
    differences: Mapping[str, tuple[Any, Any]]
    same_bytes: bool
    within: bool | None

    @property
    def same_seed(self) -> bool:
        return self.card.recipe.seed == self.published.recipe.seed

    @property
    def holds(self) -> bool:
        """Whether it is what the card promises.

        In the published environment, with the published seed, the bytes must be equal; else the
        accuracies must lie in the published interval, if there is one.
        """
        if self.same_seed and not self.differences:
            return self.same_bytes
        return self.same_bytes or self.within is not False

    def verdict(self) -> str:
        """Say in a sentence how it compares."""
        if self.same_bytes:
            return "equal bytes"
        accuracy = " / ".join(f"{share:.2%}" for share in self.card.metrics["test"].accuracy)
        if self.same_seed and not self.differences:
            return f"other bytes in the published environment; test accuracy {accuracy}"
        if self.within is None:
            return f"test accuracy {accuracy}; no interval is published to compare it with"
        where = "in" if self.within else "outside"
        return f"test accuracy {accuracy}, {where} the published interval {self.interval()}"

    def interval(self) -> str:
        """Return the published interval, by head."""
        interval = self.published.interval
        if interval is None:
            return "–"
        heads = zip(interval.low, interval.high, strict=True)
        return " / ".join(f"{100 * low:.2f}–{100 * high:.2f} %" for low, high in heads)


def reproduce_published(
    catalog: Catalog,
    found: FoundWeights,
    *,
    seeds: Iterable[int] | None = None,
    out: Path | None = None,
    threads: int | None = None,
    callbacks: Callbacks | None = None,
    tell: Callable[[Reproduction], None] = lambda _: None,
) -> list[Reproduction]:
    """Train published weights again and compare.

    Args:
        catalog: what is installed.
        found: the weights.
        seeds: to train with; None for the published one.
        out: where the runs are kept, a folder a seed; None for nowhere.
        threads: of the framework; None for as many as were published.
        callbacks: who is told how each training goes.
        tell: is told of each as it is done.

    Raises:
        VerificationError: the card is not what the index names.
        InterruptedTrainingError: a signal asked to stop.
    """
    card = published_card(found)
    done = []
    with _runs(out) as runs:
        for seed in [card.recipe.seed] if seeds is None else seeds:
            again = (
                Training.repeat(
                    catalog,
                    card,
                    seed=seed,
                    out=runs / f"{found.published.name}-seed-{seed}",
                    threads=threads or int(card.environment.get("threads", 0)) or None,
                    callbacks=callbacks,
                )
                .run()
                .card
            )
            done.append(_compare(card, again))
            tell(done[-1])
    return done


@contextlib.contextmanager
def _runs(out: Path | None) -> Iterator[Path]:
    """Give the folder for the runs, which goes with the block where they are kept nowhere."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="zoo-reproduce-") as nowhere:
        try:
            yield Path(nowhere)
        except InterruptedTrainingError as exc:
            problem = "stopped; nothing is kept of this training (--out FOLDER would keep it)"
            raise InterruptedTrainingError(exc.exit_code - 128, problem) from exc


def _compare(published: PublishedCard, again: Card) -> Reproduction:
    before = {**published.environment, **published.versions}
    now = {**again.environment, **again.versions}
    return Reproduction(
        card=again,
        published=published,
        differences={
            name: (before.get(name), now.get(name))
            for name in sorted(before.keys() | now.keys())
            if before.get(name) != now.get(name)
        },
        same_bytes=again.weights.sha256 == published.weights.sha256,
        within=None
        if published.interval is None
        else is_within(again.metrics["test"], published.interval),
    )


def check_reproducible(reproductions: Iterable[Reproduction], found: FoundWeights) -> None:
    """Raise where a reproduction is not what the card promises.

    Raises:
        VerificationError: it names the seed and the difference.
    """
    for each in reproductions:
        if not each.holds:
            raise VerificationError(
                f"{found.published.name} is not reproduced with seed {each.card.recipe.seed}: "
                f"{each.verdict()}"
            )
