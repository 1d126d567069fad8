"""The page of weights: their scores, training, data, environment and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zoo_core.cli.info.layout import Block, Commands, Grid, Page, Pairs, Section, Text, join
from zoo_core.cli.info.packages import author_of
from zoo_core.cli.info.settings import (
    Settings,
    different,
    empty_recipe,
    model_settings,
    recipe_settings,
    settings_of,
)
from zoo_core.cli.info.words import (
    bytes_text,
    input_text,
    name_text,
    settings_text,
    value_text,
)
from zoo_core.data.splits import VALIDATION
from zoo_core.errors import ZooError
from zoo_core.metrics.score_table import INTERVAL, score_table
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.recipe import SearchSummary
from zoo_core.recipes.resolve import resolve_recipe
from zoo_core.table import Table
from zoo_core.text import counted, shell_command
from zoo_core.weights.card import Card, Provenance, PublishedCard
from zoo_core.weights.card_words import (
    calibration_text,
    continued_text,
    ended_text,
    interval_text,
    kept_text,
    license_text,
    quantized_text,
)

PUBLISHED, RUN = "published weights", "run"


@dataclass(frozen=True, kw_only=True)
class WeightsPlace:
    """The place of weights.

    Attributes:
        name: name or path of the weights in commands.
        kind: `PUBLISHED`, `RUN` or another text.
        home: the registry, or path of the file.
        sha256: checksum of the weight file.
        size: its size in bytes.
        owner: distribution that provides the registry; empty for others.
        only_registry: registry that commands must name; empty for known ones.
    """

    name: str
    kind: str
    home: str
    sha256: str
    size: int
    owner: str = ""
    only_registry: str = ""


def weights_page(catalog: Catalog, place: WeightsPlace, card: Provenance) -> Page:
    """Return the page of weights."""
    model = _model(catalog, card)
    return Page(
        f"{place.name}: {place.kind}",
        model.spec.summary if model else "",
        [
            Section("About", [_about(place, card, installed=bool(model))]),
            Section("Scores", [*_scores(card)]),
            Section("Training", [*_training(catalog, card, model)]),
            Section("Data", [Pairs([*_data(catalog, card)])]),
            Section("Environment", [_pairs(card.environment | card.versions)]),
            Section("Parents", [Pairs([*_parents(card)])]),
            Section("Files", [_files(place, card)]),
            Section("Next", [Commands([*_commands(place, card)])]),
        ],
    )


def _model(catalog: Catalog, card: Provenance) -> Entry[ModelSpec] | None:
    full = f"{card.plugin}/{card.model}"
    models = catalog.entries("models").values()
    return next((entry for entry in models if entry.qualified_name == full), None)


def _about(place: WeightsPlace, card: Provenance, *, installed: bool) -> Pairs:
    missing = "" if installed else ", which is not usable here"
    config = {key: value for key, value in card.config.items() if value not in (None, [], {})}
    return Pairs(
        [
            ("model", f"{card.model} of {card.plugin}{missing}"),
            ("parameters", f"{card.parameters:,}"),
            ("config", settings_text(config)),
            ("registry" if place.kind == PUBLISHED else "file", place.home),
            ("author", author_of(place.owner) if place.owner else ""),
            ("license", license_text(card)),
            ("created", card.created if isinstance(card, Card) else ""),
        ]
    )


def _scores(card: Provenance) -> Iterator[Block]:
    table = score_table(card.shown_metrics)
    yield Grid(table, frozenset({*table.columns} - {"split"}))
    yield Text(
        f"{INTERVAL} Those of the split train are means over the epoch, of weights that change."
    )
    interval = card.interval if isinstance(card, PublishedCard) else None
    if interval:
        yield Text(interval_text(interval))
    if card.calibration:
        yield Text(calibration_text(card.calibration, card.metrics["test"].total))


def _training(
    catalog: Catalog, card: Provenance, model: Entry[ModelSpec] | None
) -> Iterator[Block]:
    yield Text(_summary(card))
    settings = settings_of(card.recipe, card.config)
    base, fields = _default_settings(catalog, model, card)
    changed = different(settings, base or fields)
    rows = [
        [name_text(key), value_text(value), value_text(base[key]) if key in base else ""]
        for key, value in changed.items()
    ]
    if rows:
        others = "the default recipe" if base else "the defaults of their fields"
        yield Text(f"Settings that differ from {others}:")
        yield Grid(Table(("setting", "value", "default recipe"), rows))
    same = {key: value for key, value in different(settings, fields).items() if key not in changed}
    if same:
        yield Text(f"As in the default recipe: {settings_text(same)}.")
    yield Text("Every other setting has the default of its field.")


def _default_settings(
    catalog: Catalog, model: Entry[ModelSpec] | None, card: Provenance
) -> tuple[Settings, Settings]:
    """Return the settings of the model's default recipe, empty if unusable, and of none."""
    try:
        if model:
            default = resolve_recipe(model, "default")
            return recipe_settings(catalog, model, default), model_settings(catalog, model)
    except ZooError:  # the plugin is broken, or its config has changed
        pass
    return {}, settings_of(empty_recipe(card.recipe.dataset, card.recipe.trainer), {})


def _summary(card: Provenance) -> str:
    recipe = card.recipe
    changed = (
        f", with another value of {join(map(name_text, card.changed))}" if card.changed else ""
    )
    seconds = f" in {card.seconds:,.1f} s" if isinstance(card, Card) else ""
    # One training may have several of them: continued, and then ended early.
    course = {"Stopped early:": card.stopped, "It ended": ended_text(card)}
    course |= {"It was continued": continued_text(card)}
    facts = "".join(f" {name} {fact}." for name, fact in course.items() if fact)
    return (
        f"Recipe {card.recipe_name}{changed}, on {recipe.dataset}, by trainer {recipe.trainer}, "
        f"seed {recipe.seed}: {counted(recipe.epochs, 'epoch')}{seconds}. "
        f"The weights are {kept_text(card)}.{facts}"
    )


def _data(catalog: Catalog, card: Provenance) -> Iterator[tuple[str, str]]:
    dataset = card.dataset
    yield "name", dataset.name
    yield "license", dataset.license
    yield "inputs", input_text(dataset.input) if dataset.input else "images"
    yield "trained on", _examples(card, "train")
    yield "held out", join([_examples(card, "validation"), _held_out(catalog, card)], ": ")
    fold = f" ({card.recipe.tested_on})" if card.recipe.folds else ""
    yield "tested on", _examples(card, "test") + fold
    yield "left out", "; ".join(f"{why}: {count:,}" for why, count in dataset.left_out.items())
    yield "damaged", counted(dataset.damaged, "example") if dataset.damaged else ""
    mean, std = card.normalization.mean, card.normalization.std
    if mean:
        yield "normalization", f"mean {_numbers(mean)}, standard deviation {_numbers(std)}"
    yield "sha256", dataset.sha256
    if dataset.examples:
        yield "list of examples", f"sha256 {dataset.examples.sha256}"


def _examples(card: Provenance, split: str) -> str:
    scores = card.metrics.get(split)
    return counted(scores.total, "example") if scores else ""


def _held_out(catalog: Catalog, card: Provenance) -> str:
    """Return the rule by which the validation examples were chosen; empty if it is unknown."""
    recipe, examples = card.recipe, card.dataset.examples
    if examples:
        return examples.rule
    dataset = catalog.entries("datasets").get(card.dataset.name)
    if not dataset:
        return ""
    if VALIDATION in dataset.spec.sizes:
        return "a split of the data set"
    if recipe.held_out == "last":
        return f"the last {recipe.validation:.3g} of the training examples"
    share = f"a share of {recipe.validation:.3g} of the training examples"
    return f"{share}, at random with split seed {recipe.split_seed}"


def _numbers(values: tuple[float, ...]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in values[:8])
    return shown + (f" and {len(values) - 8} more" if len(values) > 8 else "")


def _pairs(facts: dict[str, Any]) -> Pairs:
    return Pairs([(name_text(name), value_text(value)) for name, value in facts.items()])


def _parents(card: Provenance) -> Iterator[tuple[str, str]]:
    for kind, parent in (("initial weights", card.initial), ("teacher", card.teacher)):
        if parent:
            stated = f", {parent.license}" if parent.license else ""
            yield kind, f"{parent.source}{stated}, sha256 {parent.sha256}"
    if parent := card.quantized:
        yield "quantized", f"{parent.source}, {parent.license}, sha256 {parent.sha256}"
        yield "quantization", quantized_text(parent)
    if search := card.search:
        yield "search", _search_text(search)


def _search_text(search: SearchSummary) -> str:
    return (
        f"trial {search.trial} of the study {search.study}, chosen among "
        f"{counted(search.trials, 'trial')} ({search.stopped_early} stopped early) for its "
        f"validation score of {search.validation:.2%}; {search.epochs:,} epochs and "
        f"{search.seconds:,.0f} s in total"
    )


def _files(place: WeightsPlace, card: Provenance) -> Pairs:
    published = card if isinstance(card, PublishedCard) else None
    programs = published.runtimes if published else {}
    return Pairs(
        [
            ("weights", f"{bytes_text(place.size)}, sha256 {place.sha256}"),
            *(
                (f"for {name}", f"{each.file}, {bytes_text(each.bytes)}, sha256 {each.sha256}")
                for name, each in programs.items()
            ),
            ("pictures", join(published.pictures) if published else ""),
        ]
    )


def _commands(place: WeightsPlace, card: Provenance) -> Iterator[tuple[str, str]]:
    registry = ("--registry", place.only_registry) if place.only_registry else ()

    def command(name: str, *words: str) -> str:
        return shell_command("zoo", name, place.name, *words, *registry)

    is_image = card.dataset.input is None or card.dataset.input.kind == "image"
    yield command("predict", "IMAGE" if is_image else "FILE"), "predict a file"
    yield command("evaluate"), "score them on the test examples again"
    if place.kind == PUBLISHED:
        yield command("verify"), "recompute checksums and every test score"
        if not card.quantized:
            yield command("reproduce"), "train again and compare the weights"
    if place.kind == RUN:
        words = ("--as", f"{card.model}.TAG", "--registry", "FOLDER")
        yield command("publish", *words), "publish them"
    option = f", registry={place.only_registry!r}" if place.only_registry else ""
    yield f"zoo_core.load({place.name!r}{option})", "in Python: the model with these weights"
    yield command("info", "--json"), "print every setting as JSON"
