"""A card as a page in Markdown."""

from __future__ import annotations

from typing import Any

from zoo_core.recipes.recipe import SearchSummary
from zoo_core.weights.card import Card, InitialWeights, Interval, PublishedCard

_PREDICTION = (
    "the mean of {} views of an image, each moved by at most a pixel (test-time augmentation)"
)


def card_markdown(card: Card) -> bytes:
    """Return a card as a page."""
    published = card if isinstance(card, PublishedCard) else None
    changed = f" with another {', '.join(card.changed)}" if card.changed else ""
    lines = [
        f"# {card.model}.{published.tag}" if published else f"# {card.model}",
        "",
        f"Recipe `{card.recipe_name}`{changed} on `{card.dataset.name}`, seed {card.recipe.seed}, "
        f"{card.parameters:,} parameters, trained in {card.seconds:.1f} s.",
        "",
        *_table(card),
        "",
        *(_use(published) if published else ()),
        *(f"- {name}: {fact}" for name, fact in _metadata(card).items()),
        "",
        "## Recipe",
        "",
        "```json",
        card.recipe.model_dump_json(indent=2),
        "```",
        "",
    ]
    return "\n".join(lines).encode()


def _table(card: Card) -> list[str]:
    lines = ["| split | head | loss | accuracy | correct | images |", "|---|---|---|---|---|---|"]
    for split, scores in card.metrics.items():
        for head, accuracy in enumerate(scores.accuracy):
            lines.append(
                f"| {split} | {head + 1} | {scores.loss[head]:.4f} | {accuracy:.2%} "
                f"| {scores.correct[head]:,} | {scores.total:,} |"
            )
        if len(scores.accuracy) > 1:
            lines.append(
                f"| {split} | all | | {scores.all_correct / scores.total:.2%} "
                f"| {scores.all_correct:,} | {scores.total:,} |"
            )
    return lines


def _use(card: PublishedCard) -> list[str]:
    name = f"{card.model}.{card.tag}"
    lines = [_sentence(card.interval), ""] if card.interval else []
    lines += [
        "```",
        f"zoo predict {name} digit.png",
        f"zoo verify {name}      # checksum, header, golden outputs, every test image again",
        f"zoo reproduce {name}   # trains it again and compares",
        "```",
        "",
        "Trained by",
        "",
        "```",
        card.command,
        "```",
        "",
    ]
    for picture in card.pictures:
        what = picture.partition(".")[0].capitalize()
        lines += [f"![{what}]({picture})", ""]
    return lines


def _sentence(interval: Interval) -> str:
    """Say how well trainings with other seeds do."""
    heads = zip(interval.mean, interval.sd, interval.low, interval.high, strict=True)
    said = "; ".join(
        f"{100 * mean:.2f} ± {100 * sd:.2f} % (one more lies between {100 * low:.2f} and "
        f"{100 * high:.2f} % with a probability of 95 %)"
        for mean, sd, low, high in heads
    )
    return f"Test accuracy of {len(interval.seeds)} seeds, mean ± sd: {said}."


def _metadata(card: Card) -> dict[str, str]:
    return {
        "Weights": f"`{card.weights.file}`, {card.weights.bytes:,} bytes, "
        f"sha256 `{card.weights.sha256}`",
        "Kept": f"epoch {card.epoch} of {card.recipe.epochs}, the {card.recipe.keep}"
        + (" on the validation split" if card.recipe.keep == "best" else ""),
        **({"Stopped early": card.stopped} if card.stopped else {}),
        **({"Recipe found by": _search_sentence(card.search)} if card.search else {}),
        **({"Began with": _initial(card.initial)} if card.initial else {}),
        "Model": f"`{card.model}` of {card.plugin}, config `{_pairs(card.config)}`",
        "Normalization": f"(pixel / 255 - {_numbers(card.normalization.mean)}) / "
        f"{_numbers(card.normalization.std)}",
        **({"Prediction": _PREDICTION.format(card.recipe.views)} if card.recipe.views > 1 else {}),
        "Data": f"sha256 `{card.dataset.sha256}`, {card.dataset.license}",
        "Environment": _pairs(card.environment),
        "Versions": _pairs(card.versions),
        "License": card.license,
        "Created": card.created,
    }


def _search_sentence(search: SearchSummary) -> str:
    return (
        f"trial {search.trial} of the study `{search.study}`, chosen by its accuracy of "
        f"{search.validation:.2%} on the validation split among {search.trials} trials, "
        f"{search.stopped_early} of them stopped early ({search.epochs:,} epochs, "
        f"{search.seconds:.0f} s in all)"
    )


def _initial(initial: InitialWeights) -> str:
    return f"`{initial.source}`, sha256 `{initial.sha256}`"


def _pairs(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
