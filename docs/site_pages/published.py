"""Published weights of the repository's registry, by model."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo_core.filenames import CARD
from zoo_core.metrics.metric_text import format_metric, is_share
from zoo_core.registry.lookup import open_registry
from zoo_core.weights.card import PublishedCard, parse_published_card

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


def scores_text(card: PublishedCard) -> str:
    """Return the test scores: mean ± sd over seeds if there are several, else those of one."""
    test = card.metrics["test"]
    names = test.headline_names
    if (interval := card.interval) is None:
        values = zip(names, test.headline_values, strict=True)
        texts = [format_metric(name, value) for name, value in values]
    else:
        pairs = zip(names, interval.mean, interval.sd, strict=True)
        texts = [_mean_text(*each) for each in pairs]
    return f"{' / '.join(dict.fromkeys(names))} {' / '.join(texts)}".replace("_", " ")


def _mean_text(name: str, mean: float, sd: float) -> str:
    if is_share(name):
        return f"{100 * mean:.2f} ± {100 * sd:.2f} %"
    return f"{mean:.4g} ± {sd:.2g}"


def size_text(size: int) -> str:
    """Return a size in bytes as text, such as ``569 kB``."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
