"""Published weights of the repository's registry, by model."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo_core.cli.info.words import bytes_text
from zoo_core.filenames import CARD
from zoo_core.metrics.metric_text import format_metric, is_share
from zoo_core.registry.lookup import open_registry
from zoo_core.weights.card import PublishedCard, parse_published_card

NARROW = "\N{NARROW NO-BREAK SPACE}"
"""Space between a number and its unit, at which a line does not end."""

REGISTRY = Path(__file__).parents[2] / "registry" / "zoo_registry"


@dataclass(frozen=True)
class Weights:
    """One set of published weights: its name, folder and card."""

    name: str
    folder: Path
    card: PublishedCard


@dataclass(frozen=True)
class Model:
    """A model and its published weights; `default` are those that the bare name loads."""

    name: str
    weights: Sequence[Weights]
    default: Weights


@functools.cache
def published_models() -> list[Model]:
    """Return the models of the registry, sorted by name."""
    index = open_registry(str(REGISTRY)).index()
    found: dict[str, list[Weights]] = {}
    for published in index.tags.values():
        folder = REGISTRY / published.model / published.tag
        card = parse_published_card((folder / CARD).read_bytes(), str(folder))
        found.setdefault(published.model, []).append(Weights(published.name, folder, card))
    return [
        Model(name, weights, _named(weights, f"{name}.{index.defaults[name]}"))
        for name, weights in sorted(found.items())
    ]


def _named(weights: Sequence[Weights], name: str) -> Weights:
    return next(each for each in weights if each.name == name)


def metric_text(card: PublishedCard) -> str:
    """Return the metric of the test scores, or those of the heads."""
    return " / ".join(dict.fromkeys(card.metrics["test"].headline_names)).replace("_", " ")


def score_text(card: PublishedCard) -> str:
    """Return the test scores of the weights, one per head."""
    test = card.metrics["test"]
    values = zip(test.headline_names, test.headline_values, strict=True)
    return " / ".join(format_metric(name, value) for name, value in values)


def interval_text(card: PublishedCard) -> str:
    """Return the test scores of several seeds, mean ± sd per head; empty if only one is known."""
    if (interval := card.interval) is None:
        return ""
    names = card.metrics["test"].headline_names
    heads = zip(names, interval.mean, interval.sd, strict=True)
    unit = f"{NARROW}%" if is_share(names[0]) else ""
    return " / ".join(_mean_text(*head) for head in heads) + unit


def _mean_text(name: str, mean: float, sd: float) -> str:
    if is_share(name):
        mean, sd, form = 100 * mean, 100 * sd, ".2f"
    else:
        form = ".4g"
    return f"{mean:{form}}{NARROW}±{NARROW}{sd:{form}}"


def size_text(size: int) -> str:
    """Return a size in bytes as text, such as ``569 kB``."""
    return bytes_text(size).replace(" ", NARROW)
