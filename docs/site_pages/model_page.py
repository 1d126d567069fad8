"""The page of a model: what it is, its published weights, learning curves, mistakes, recipes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from site_pages.curves import learning_curves
from site_pages.markdown import block, code, page, plain, table
from site_pages.published import (
    NARROW,
    Model,
    Weights,
    interval_text,
    metric_text,
    score_text,
    size_text,
)
from zoo_core.filenames import CARD_PAGE
from zoo_core.installation.installed import installed_catalog

FILES = {"image": "digit.png", "features": "rows.csv", "tokens": "text.txt", "array": "array.npy"}
"""Kind of input -> a file that `zoo predict` reads."""

WITHOUT_SEARCH = "---\nsearch:\n  exclude: true\nhide: [navigation]\n---\n\n"
"""Front matter of the pages of single weights, which repeat the words of the model's page."""


def pages(model: Model, folder: str) -> dict[str, str | bytes]:
    """Return the page of a model, the pages of its weights, and their pictures."""
    found: dict[str, str | bytes] = {f"{folder}/{model.name}.md": page(*_parts(model))}
    for weights in model.weights:
        where = f"{folder}/weights/{weights.name}"
        card = (weights.folder / CARD_PAGE).read_text("utf-8")
        back = f"[All weights of {model.name}](../../{model.name}.md)"
        found[f"{where}/index.md"] = page(WITHOUT_SEARCH + back, card)
        for picture in weights.card.pictures:
            found[f"{where}/{picture}"] = (weights.folder / picture).read_bytes()
    return found


def _parts(model: Model) -> Iterator[str | Iterator[str]]:
    entry, card = installed_catalog().model(model.name), model.default.card
    yield f"# {model.name}"
    yield plain(entry.spec.summary)
    kind = card.dataset.input.kind if card.dataset.input else "image"
    yield block("\n".join(_commands(model, FILES[kind])))
    yield (f"- {name}: {fact}" for name, fact in _facts(model, entry))
    yield "## Published weights"
    metric = metric_text(card)
    columns = ("name", "data", metric, "seeds", "parameters", "size", "epochs", "trained in")
    yield table(columns, map(_weights_row, model.weights), right=columns[2:])
    yield (
        f"The {metric} is that of these weights on the test split; *seeds* is the mean ± standard "
        "deviation over several trainings. A name leads to the card, with every score, the "
        "checksums, the environment and the recipe."
    )
    if curves := learning_curves(model):
        yield "## Learning curves"
        yield curves
    yield from _pictures(model.default)
    yield "## Recipes"
    for name, recipe in sorted(entry.resolve(entry.spec.recipes).items()):
        yield f'??? note "{name}"'
        yield ("    " + line for line in block("\n".join(_toml(recipe)), "toml"))


def _commands(model: Model, file: str) -> Iterator[str]:
    rows = (
        (f"zoo predict {model.name} {file}", f"with {model.default.name}"),
        (f"zoo train {model.name}", "train your own"),
        (f"zoo verify {model.default.name}", "recompute checksums and test scores"),
        (f"zoo reproduce {model.default.name}", "train again and compare the weights"),
    )
    width = max(len(command) for command, _ in rows)
    yield from (f"{command:<{width}}  # {meaning}" for command, meaning in rows)


def _facts(model: Model, entry: Any) -> Iterator[tuple[str, str]]:
    card = model.default.card
    yield "Package", f"{code(entry.plugin.distribution)}, trainer {code(entry.spec.trainer)}"
    yield "Tasks", ", ".join(entry.spec.tasks) or "any"
    yield "Inputs", ", ".join(entry.spec.inputs) or "any"
    licenses = {"code": entry.spec.license, "weights": card.license, "data": card.dataset.license}
    yield "Licenses", ", ".join(f"{name} {license}" for name, license in licenses.items())


def _weights_row(weights: Weights) -> Iterator[str]:
    card = weights.card
    yield f"[`{weights.name}`](weights/{weights.name}/index.md)"
    yield card.dataset.name
    yield score_text(card)
    yield interval_text(card)
    yield f"{card.parameters:,}"
    yield size_text(card.weights.bytes)
    yield str(card.recipe.epochs)
    yield f"{card.seconds:,.0f}{NARROW}s"


def _pictures(weights: Weights) -> Iterator[str]:
    """Yield the published pictures of weights except the learning curves."""
    names = [each for each in weights.card.pictures if each != "curves.png"]
    if names:
        yield f"## Mistakes of {weights.name}"
    for name in names:
        label = f"{weights.name}: {name.partition('.')[0]}"
        yield f"![{label}](weights/{weights.name}/{name}){{ .picture loading=lazy }}"


def _toml(recipe: dict[str, Any]) -> Iterator[str]:
    """Yield a recipe as TOML, the model's config as its last table."""
    model = recipe.get("model", {})
    yield from (f"{name} = {toml_value(v)}" for name, v in recipe.items() if name != "model")
    if model:
        yield ""
        yield "[model]"
        yield from (f"{name} = {toml_value(value)}" for name, value in model.items())


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{k} = {toml_value(v)}' for k, v in value.items())} }}"
    return str(value)
