"""Reproduce published weights: train again from the card alone, and compare."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.errors import InterruptedTrainingError, InvalidValueError, join_names
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.metrics.metric_text import format_metric, is_share
from zoo_core.plugins.bare_names import is_own
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.verified_read import published_card
from zoo_core.publishing.seed_interval import is_within
from zoo_core.registry.registry import FoundWeights
from zoo_core.training.training import Training
from zoo_core.weights.card import Card, PublishedCard
from zoo_core.weights.file import load_weights, serialize


@dataclass(frozen=True)
class Reproduction:
    """A repeated training and its comparison with the published one.

    Attributes:
        card: card of the repeated training.
        published: card of the published training.
        differences: environment facts and versions that differ: name -> (published, here).
        same_bytes: whether the weight files are equal, apart from these differences in the header.
        within: whether all test scores are in the published interval; None without an interval.
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
        """Success of the reproduction.

        In the published environment, with the published seed, the bytes must be equal. Otherwise
        the scores must be in the published interval, if there is one.
        """
        if self._must_be_equal:
            return self.same_bytes
        # Equal bytes suffice: an interval of 95 % does not contain every published training.
        return self.same_bytes or self.within is not False

    @property
    def _must_be_equal(self) -> bool:
        # Also with another version of zoo, because no release may change what was published.
        return self.same_seed and all(map(is_own, self.differences))

    def verdict(self) -> str:
        """Return the result of the comparison as a sentence."""
        if self.same_bytes:
            return "equal bytes" + (", apart from the header" if self.differences else "")
        test = self.card.metrics["test"]
        names = test.headline_names
        score = " / ".join(map(format_metric, names, test.headline_values))
        what = f"test {join_names(dict.fromkeys(names)).replace('_', ' ')} {score}"
        if self._must_be_equal:
            return f"different bytes in the published environment; {what}"
        if self.within is None:
            return f"{what}; no interval is published to compare it with"
        assert self.published.interval is not None
        heads = zip(names, self.published.interval.low, self.published.interval.high, strict=True)
        interval = " / ".join(
            f"{100 * low:.2f}–{100 * high:.2f} %" if is_share(name) else f"{low:.5g}–{high:.5g}"
            for name, low, high in heads
        )
        where = "in" if self.within else "outside"
        return f"{what}, {where} the published interval {interval}"


def reproduce_published(
    catalog: Catalog,
    found: FoundWeights,
    *,
    seeds: Iterable[int] | None = None,
    out: Path | None = None,
    threads: int | None = None,
    callbacks: Callbacks | None = None,
    on_result: Callable[[Reproduction], None] = lambda _: None,
) -> list[Reproduction]:
    """Train published weights again and compare.

    Args:
        catalog: the installed plugins.
        found: the published weights.
        seeds: seeds to train with; None for the published one.
        out: folder in which the runs are kept, one per seed; None to remove them.
        threads: number of threads of the framework; None for the published number.
        callbacks: callbacks of each training.
        on_result: called with each result.

    Raises:
        InvalidValueError: the weights are quantized, which no training writes.
        VerificationError: the card differs from the index, or the data from the card.
        InterruptedTrainingError: a signal requested a stop.
    """
    # From the card alone, without the weights: training again is the test of the card.
    card = published_card(found)
    if parent := card.quantized:
        raise InvalidValueError(
            f"{found.published.name} cannot be trained again, because its weights are those of "
            f"{parent.source}, quantized",
            hint=f"Reproduce {parent.source}, and quantize it again: {card.command}",
        )
    done = []
    with _runs(out) as runs:
        for seed in [card.recipe.seed] if seeds is None else seeds:
            training = Training.repeat(
                catalog,
                card,
                seed=seed,
                out=runs / f"{found.published.name}-seed-{seed}",
                # The published number, because it changes the order of float32 sums.
                threads=threads or int(card.environment.get("threads", 0)) or None,
                callbacks=callbacks,
            )
            done.append(_compare(card, training.run()))
            on_result(done[-1])
    return done


@contextlib.contextmanager
def _runs(out: Path | None) -> Iterator[Path]:
    """Yield the folder for the runs; without `out`, a temporary one."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="zoo-reproduce-") as folder:
        try:
            yield Path(folder)
        except InterruptedTrainingError as exc:
            # The training's own message names a command to resume, but its folder is removed.
            problem = "stopped; nothing of this training is kept (use --out FOLDER to keep it)"
            raise InterruptedTrainingError(exc.exit_code - 128, problem) from exc


def _compare(published: PublishedCard, run: Run) -> Reproduction:
    again = run.card
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
        same_bytes=_sha256_as_if_published(run, published) == published.weights.sha256,
        within=None
        if published.interval is None
        else is_within(again.metrics["test"], published.interval),
    )


def _sha256_as_if_published(run: Run, published: PublishedCard) -> str:
    """Return the checksum of a run's weights with the published environment in their header."""
    # Because the header names the versions, in which equal trainings of two releases differ.
    file = load_weights(run.folder / WEIGHTS)
    facts = {"environment": published.environment, "versions": published.versions}
    metadata = {**file.metadata, **facts}
    if published.calibration is None:  # weights from before it was stored
        metadata.pop("calibration", None)
    return hashlib.sha256(serialize(file.tensors, metadata)).hexdigest()
