"""A card as a page in Markdown."""

from __future__ import annotations

from typing import Any

from zoo_core.metrics.metric_text import format_metric
from zoo_core.plugins.added import unpackaged
from zoo_core.recipes.recipe import SearchSummary
from zoo_core.text import code_span, markdown_text, printable
from zoo_core.weights.card import Card, DatasetFacts, ParentWeights, PublishedCard
from zoo_core.weights.card_words import (
    calibration_text,
    continued_text,
    ended_text,
    interval_text,
    kept_text,
    license_text,
    quantized_text,
)

_TITLES = {
    "calibration.png": "Calibration",
    "confusion.png": "Confusion matrix",
    "curves.png": "Learning curves",
    "misread.png": "Misclassified images",
}
"""Titles of zoo-report's pictures; plugins may add others, whose title is their file name."""


_FILES = {"image": "image.png", "features": "rows.csv", "tokens": "text.txt", "array": "array.npy"}
"""Kind of input -> a file of such inputs."""

_EXAMPLES = {"image": "images", "features": "rows", "tokens": "texts", "array": "examples"}
"""Kind of input -> the examples of a split."""


def card_markdown(card: Card) -> bytes:
    """Return a card as a page."""
    published = card if isinstance(card, PublishedCard) else None
    # Names come from others: none of them may be markup, or end a span or block of code.
    changed = f" (changed: {markdown_text(', '.join(card.changed))})" if card.changed else ""
    recipe, dataset = code_span(card.recipe_name), code_span(card.dataset.name)
    lines = [
        f"# {markdown_text(f'{card.model}.{published.tag}' if published else card.model)}",
        "",
        f"Recipe {recipe}{changed} on {dataset}, seed {card.recipe.seed}, "
        f"{card.parameters:,} parameters, trained in {card.seconds:.1f} s.",
        "",
        *_table(card),
        "",
        "Scores during the epoch are means over its batches, each predicted before its step, with "
        "the dropout and augmentation of the training.",
        "",
        *_calibration(card),
        *(_use(published) if published else ()),
        *(f"- {name}: {fact}" for name, fact in _metadata(card).items()),
        "",
        "## Recipe",
        "",
        "```json",
        _in_fence(card.recipe.model_dump_json(indent=2)),
        "```",
        "",
    ]
    return "\n".join(lines).encode()


def _in_fence(text: str) -> str:
    """Return lines of a block of code, none of which ends it."""
    return "\n".join(printable(line).replace("```", "` ` `") for line in text.split("\n"))


def _table(card: Card) -> list[str]:
    names = list(card.metrics["test"].metrics)
    titles = [name.replace("_", " ") for name in names]
    lines = [
        f"| split | head | {' | '.join(titles)} | {_EXAMPLES[_kind(card)]} |",
        "|---" * (len(names) + 3) + "|",
    ]
    for split, scores in card.shown_metrics.items():
        # Labeled, because this row cannot be compared with the others (see the note below it).
        where = "train (during the epoch)" if split == "train" else markdown_text(split)
        rows = zip(*(scores[name] for name in names), strict=True)
        for head, values in enumerate(rows, 1):
            cells = [
                "" if value is None else format_metric(name, value)
                for name, value in zip(names, values, strict=True)
            ]
            lines.append(_row(where, str(head), *cells, f"{scores.total:,}"))
        if scores.all_correct is not None and head > 1:
            # Only these two in this row: the others belong to one head.
            every = {"accuracy": scores.all_correct / scores.total, "correct": scores.all_correct}
            cells = [format_metric(name, every[name]) if name in every else "" for name in names]
            lines.append(_row(where, "all", *cells, f"{scores.total:,}"))
    return lines


def _calibration(card: Card) -> list[str]:
    if card.calibration is None:
        return []
    return [calibration_text(card.calibration, card.metrics["test"].total), ""]


def _row(*cells: str) -> str:
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|"


def _kind(card: Card) -> str:
    """Return the kind of the inputs."""
    return card.dataset.input.kind if card.dataset.input else "image"


def _use(card: PublishedCard) -> list[str]:
    name = _in_fence(f"{card.model}.{card.tag}")
    lines = [interval_text(card.interval), ""] if card.interval else []
    again = f"zoo reproduce {name}   # train again and compare the weights"
    lines += [
        "```",
        f"zoo predict {name} {_FILES[_kind(card)]}",
        f"zoo verify {name}      # recompute checksums, golden outputs and all test scores",
        *(() if card.quantized else (again,)),
        "```",
        "",
        "Command:",
        "",
        "```",
        _in_fence(card.command),
        "```",
        "",
    ]
    for picture in card.pictures:
        title = _TITLES.get(picture, picture.partition(".")[0].capitalize())
        lines += [f"![{title}]({picture})", ""]
    return lines


def _metadata(card: Card) -> dict[str, str]:
    recipe, normalization = card.recipe, card.normalization
    facts = {
        "Weights": kept_text(card),
        "Weight file": f"`{card.weights.file}`, {card.weights.bytes:,} bytes, "
        f"sha256 `{card.weights.sha256}`",
        **_programs(card),
        "Stopped early": card.stopped,
        "Ended": ended_text(card),
        "Continued": continued_text(card),
        "Recipe found by": _search(card.search) if card.search else "",
        "Initial weights": _parent(card.initial),
        "Teacher": _parent(card.teacher),
        "Quantized from": _parent(card.quantized),
        "Quantization": markdown_text(quantized_text(card.quantized)) if card.quantized else "",
        "Model": f"{code_span(card.model)} of {markdown_text(card.plugin)}, "
        f"config {code_span(_pairs(card.config))}",
        "Normalization": f"({'input' if card.dataset.input else 'pixel / 255'} - "
        f"{_numbers(normalization.mean)}) / {_numbers(normalization.std)}"
        if normalization.mean
        else "",
        "Prediction": f"mean of {recipe.views} views of an image, {_moves(recipe.views)} "
        "(test-time augmentation)"
        if recipe.views > 1
        else "",
        "Data": f"sha256 `{card.dataset.sha256}`, {markdown_text(card.dataset.license)}",
        "Left out": markdown_text(_left_out(card.dataset)),
        "Environment": markdown_text(_pairs(card.environment)),
        "Versions": markdown_text(_pairs(card.versions)),
        "Not publishable": markdown_text(f"no package has {plugins}")
        if (plugins := unpackaged(card.versions))
        else "",
        "License": markdown_text(license_text(card)),
        "Created": card.created,
    }
    # Empty facts are left out, because most trainings had no search and no early stop.
    return {name: fact for name, fact in facts.items() if fact}


def _programs(card: Card) -> dict[str, str]:
    programs = card.runtimes if isinstance(card, PublishedCard) else {}
    return {
        f"Program for {name}": f"`{each.file}`, {each.bytes:,} bytes, sha256 `{each.sha256}`"
        for name, each in programs.items()
    }


def _parent(parent: ParentWeights | None) -> str:
    return f"{code_span(parent.source)}, sha256 `{parent.sha256}`" if parent else ""


def _left_out(dataset: DatasetFacts) -> str:
    numbers = dict(dataset.left_out)
    if dataset.damaged:
        numbers["damaged files"] = dataset.damaged
    return "; ".join(f"{reason}: {number:,}" for reason, number in numbers.items())


def _search(search: SearchSummary) -> str:
    return (
        f"trial {search.trial} of the study {code_span(search.study)}, chosen among "
        f"{search.trials} trials ({search.stopped_early} stopped early) for its validation "
        f"score of {search.validation:.2%}; {search.epochs:,} epochs and "
        f"{search.seconds:.0f} s in total"
    )


def _moves(views: int) -> str:
    """Return how the views of an image differ from it."""
    shifted = ["shifted by at most 1 pixel"] if views > 2 else []
    mirrored = ["mirrored"] if views % 2 == 0 else []
    return " and ".join(shifted + mirrored)


def _pairs(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)
