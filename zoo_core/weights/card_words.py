"""A card in words: kept epoch, license and its parts, interval over seeds, calibration."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.errors import join_names
from zoo_core.metrics.calibration import Calibration, CalibrationTest
from zoo_core.metrics.metric_text import is_share
from zoo_core.recipes.recipe import Recipe
from zoo_core.text import counted
from zoo_core.weights.card import Interval, Provenance, QuantizedParent
from zoo_core.weights.card_course import EndDecision


def kept_text(card: Provenance) -> str:
    """Return the epoch of the weights, and the reason for it."""
    return f"those of epoch {card.epoch} of {card.recipe.epochs}, {kept_reason(card)}"


def kept_reason(card: Provenance) -> str:
    """Return the reason why the weights of an epoch were kept."""
    if card.recipe.keep == "last":
        return "the last one"
    if chosen := card.recipe.choose_by:
        return f"the one with the best {chosen.replace('_', ' ')} on the validation split"
    best = "best one" if card.metrics["test"].headlines else "one with the best accuracy"
    return f"the {best} on the validation split"


def ended_text(card: Provenance) -> str:
    """Return the reason why a training ended before the recipe's last epoch; empty if it did not.

    It continues the word "ended".
    """
    # One that diverged ended at another epoch, for the reason in `stopped`.
    return "" if card.stopped else end_text(card.recipe, card.ended)


def end_text(recipe: Recipe, ended: Sequence[EndDecision]) -> str:
    """Return the last epoch that was decided, and the reason; empty for the recipe's last one."""
    if not ended or ended[-1].last >= recipe.epochs:
        return ""
    reason = f"one more would exceed max_minutes {recipe.max_minutes or 0:g}"
    if (end := ended[-1]).because == "patience":
        reason = f"no better validation for {counted(recipe.patience, 'epoch')}"
        if end.last > end.after:
            reason += f", and then a cooldown of {counted(end.last - end.after, 'epoch')}"
    return f"after epoch {end.last} of {recipe.epochs}: {reason}"


def continued_text(card: Provenance) -> str:
    """Return the ends from which a training was continued; empty without any.

    It continues the word "continued".
    """
    planned = [each.epochs for each in card.continued[1:]] + [card.recipe.epochs]
    return (
        "; ".join(
            f"after epoch {end.after} of {end.epochs}, whose weights have the sha256 {end.sha256}, "
            f"with the schedule of {counted(epochs, 'epoch')}"
            for end, epochs in zip(card.continued, planned, strict=True)
        )
        if card.continued
        else ""
    )


def license_text(card: Provenance) -> str:
    """Return the license of the weights, and those that it follows from."""
    # Cards from before the field state the publisher's license, which follows from no parts.
    parts = ", ".join(f"{part} {stated}" for part, stated in card.licenses.items())
    return f"{card.license}, from {parts}" if card.code_license else card.license


def quantized_text(parent: QuantizedParent) -> str:
    """Return the quantization of weights, and its result on the test examples, as a sentence."""
    heads = zip(parent.lost, parent.to_wrong, parent.to_right, parent.p, strict=True)
    results = "; ".join(
        f"{100 * lost:.2f} points of accuracy lost, {counted(wrong, 'answer')} became wrong, "
        f"{right:,} correct, McNemar's p = {p:.2g}"
        for lost, wrong, right, p in heads
    )
    where = "Test examples per head" if len(parent.p) > 1 else "Test examples"
    floats = f"; not quantized: {join_names(parent.floats)}" if parent.floats else ""
    return (
        f"by {parent.tool}, {parent.method}, calibrated on "
        f"{counted(parent.examples, 'training example')}{floats}. {where}: {results}"
    )


def interval_text(interval: Interval) -> str:
    """Return the test scores of several seeds as a sentence."""
    # The interval is wider than ± 2 sd, because mean and sd are estimates from a few seeds.
    names = interval.metric or ("accuracy",) * len(interval.mean)
    heads = zip(names, interval.mean, interval.sd, interval.low, interval.high, strict=True)
    scores = "; ".join(_with_interval(*head) for head in heads)
    per_head = " per head" if len(interval.mean) > 1 else ""
    what = ", ".join(dict.fromkeys(names)).replace("_", " ")
    return f"Test {what} of {len(interval.seeds)} seeds{per_head}, mean ± sd: {scores}."


def calibration_text(calibration: Calibration, total: int) -> str:
    """Return a calibration, and its result on so many test examples, as sentences."""
    temperatures = " / ".join(f"{each:.4g}" for each in calibration.temperatures)
    text = (
        f"Outputs are divided by {temperatures}, and a prediction requires a confidence, times the "
        f"familiarity of its input, of {calibration.limit:.1%}, both fitted on "
        f"{counted(calibration.examples, 'validation example')}."
    )
    if calibration.test is None:
        return text
    return f"{text} Test examples: {calibration_test_text(calibration.test, total)}"


def calibration_test_text(test: CalibrationTest, total: int) -> str:
    """Return the result of a calibration on so many examples as a sentence."""
    low, high = (f"{100 * each:.2f}" for each in test.error_interval)
    right = test.accepted_correct / test.accepted if test.accepted else 0.0
    return (
        f"expected calibration error {100 * test.error:.2f} % (95 % interval: {low} to {high} %); "
        f"{test.accepted / total:.2%} accepted, {right:.2%} of them correct."
    )


def _with_interval(name: str, *numbers: float) -> str:
    form, unit = ("{:.5g}", "")
    if is_share(name):
        form, unit, numbers = "{:.2f}", " %", tuple(100 * number for number in numbers)
    mean, sd, low, high = map(form.format, numbers)
    return (
        f"{mean} ± {sd}{unit} (95 % prediction interval for one more seed: {low} to {high}{unit})"
    )
