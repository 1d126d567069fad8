"""The gallery: the models with published weights, and a page per model and per set of weights."""

from __future__ import annotations

from collections.abc import Iterator

from site_pages import model_page
from site_pages.families import family_rows
from site_pages.markdown import page, table
from site_pages.published import (
    Model,
    interval_text,
    metric_text,
    published_models,
    score_text,
    size_text,
)

FOLDER = "gallery"

WIDE = "---\nhide: [navigation, toc]\n---\n\n"
"""Front matter of a page that is as wide as the window."""


def pages() -> dict[str, str | bytes]:
    """Return the index of the gallery, and the pages of the models with their pictures."""
    models = published_models()
    found: dict[str, str | bytes] = {f"{FOLDER}/index.md": _index(models)}
    for model in models:
        found |= model_page.pages(model, FOLDER)
    return found


def _index(models: list[Model]) -> str:
    columns = ("model", "data", "metric", "result", "parameters", "size", "license", "recipes")
    families = ("family", "models", "parameters", "license")
    return WIDE + page(
        "# Gallery",
        "Every model with published weights. The result is that of the weights which the model's "
        "bare name loads, on the test split, as mean ± standard deviation over several seeds where "
        "they were trained. Each number can be checked: `zoo verify NAME` recomputes it, and "
        "`zoo reproduce NAME` trains the weights again.",
        table(columns, map(_row, models), right=("result", "parameters", "size")),
        "## Families",
        "Models of other libraries, which zoo's recipes train like its own.",
        table(families, family_rows(), right=("models",)),
    )


def _row(model: Model) -> Iterator[str]:
    default = model.default
    yield f"[`{model.name}`]({model.name}.md)"
    yield default.card.dataset.name
    yield metric_text(default.card)
    yield interval_text(default.card) or score_text(default.card)
    yield f"{default.card.parameters:,}"
    yield size_text(default.card.weights.bytes)
    yield default.card.license
    yield ", ".join(sorted({weights.card.recipe_name for weights in model.weights}))
