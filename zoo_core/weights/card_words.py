"""A card in words: the kept epoch, the license and its parts, the interval over seeds."""

from __future__ import annotations

from zoo_core.metrics.metric_text import is_share
from zoo_core.weights.card import Interval, Provenance


def kept_text(card: Provenance) -> str:
    """Return the epoch of the weights, and the reason for it."""
    return f"those of epoch {card.epoch} of {card.recipe.epochs}, {kept_reason(card)}"


def kept_reason(card: Provenance) -> str:
    """Return the reason why the weights of an epoch were kept."""
    if card.recipe.keep == "last":
        return "the last one"
    best = "best one" if card.metrics["test"].headlines else "one with the best accuracy"
    return f"the {best} on the validation split"


def license_text(card: Provenance) -> str:
    """Return the license of the weights, and those that it follows from."""
    # Cards from before the field state the publisher's license, which follows from no parts.
    parts = ", ".join(f"{part} {stated}" for part, stated in card.licenses.items())
    return f"{card.license}, from {parts}" if card.code_license else card.license


def interval_text(interval: Interval) -> str:
    """Return the test scores of several seeds as a sentence."""
    # The interval is wider than ± 2 sd, because mean and sd are estimates from a few seeds.
    names = interval.metric or ("accuracy",) * len(interval.mean)
    heads = zip(names, interval.mean, interval.sd, interval.low, interval.high, strict=True)
    scores = "; ".join(_with_interval(*head) for head in heads)
    per_head = " per head" if len(interval.mean) > 1 else ""
    what = ", ".join(dict.fromkeys(names)).replace("_", " ")
    return f"Test {what} of {len(interval.seeds)} seeds{per_head}, mean ± sd: {scores}."


def _with_interval(name: str, *numbers: float) -> str:
    form, unit = ("{:.5g}", "")
    if is_share(name):
        form, unit, numbers = "{:.2f}", " %", tuple(100 * number for number in numbers)
    mean, sd, low, high = map(form.format, numbers)
    return (
        f"{mean} ± {sd}{unit} (95 % prediction interval for one more seed: {low} to {high}{unit})"
    )
