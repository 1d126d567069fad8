"""Generated pages of the documentation: complete, and made from the code and the registry."""

import json

import click
import pytest
from site_pages import (
    commands,
    environment,
    families,
    gallery,
    notebooks,
    python_names,
    recipe_fields,
)
from site_pages.markdown import cell, code, plain
from site_pages.published import published_models

import zoo_core
from zoo_core import plugin_api
from zoo_core.cli.main import zoo
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.environment import VARIABLES

OWN = pytest.mark.requires(
    "zoo-cnn", "zoo-mlp", "zoo-numbers", "zoo-numpy", "zoo-separator", "zoo-two-headed"
)


def options(command, context):
    """Yield the options of a command and of its subcommands, with its own context."""
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield parameter.opts[-1]
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        inner = command.get_command(context, name)
        yield from options(inner, click.Context(inner, info_name=name, parent=context))


def test_every_command_has_a_page_with_its_options():
    pages = commands.pages()
    context = click.Context(zoo, info_name="zoo")
    for name in zoo.list_commands(context):
        command = zoo.get_command(context, name)
        page = pages[f"reference/commands/{name}.md"]
        found = {*options(command, click.Context(command, info_name=name, parent=context))}
        assert not [each for each in found - {"--help"} if each not in page], name
        assert f"[`zoo {name}`]({name}.md)" in pages["reference/commands/index.md"]


def test_description_keeps_lines_of_examples():
    text = "First\nsentence.\n\n\b\nExamples:\n  zoo train mlp\n  zoo list\n\nLast <one>."
    first, title, example, last = commands.described(text)
    assert (first, title, last) == ("First sentence.", "Examples:", "Last &lt;one>.")
    assert [*example] == ["```", "zoo train mlp", "zoo list", "```"]


def test_every_recipe_field_has_type_default_and_meaning():
    (page,) = recipe_fields.pages().values()
    rows = {line.split(" | ")[0]: line for line in page.splitlines() if line.startswith("| `")}
    for name, field in Recipe.model_fields.items():
        assert plain(field.description).replace("|", "\\|") in rows[f"| `{name}`"]
    assert "| int, ≥ 1 | `10` | every trainer |" in rows["| `epochs`"]
    assert '| refuse or mean | `"refuse"` |' in rows["| `missing`"]


@pytest.mark.requires("zoo-numpy", "zoo-torch")
def test_recipe_field_names_trainers_that_implement_it():
    (page,) = recipe_fields.pages().values()
    row = next(line for line in page.splitlines() if line.startswith("| `transforms`"))
    assert row.endswith("| trainers `torch`, for images |")


def test_every_public_name_has_one_page():
    pages = python_names.pages()
    shown = [line for page in pages.values() for line in page.splitlines() if line[:4] == "::: "]
    names = sorted(line.rpartition(".")[2] for line in shown)
    assert names == sorted([*zoo_core.__all__, *plugin_api.__all__])


def test_page_of_environment_lists_variables_and_exit_codes():
    (page,) = environment.pages().values()
    assert all(f"| `{name}` |" in page for name in VARIABLES)
    assert "| 3 | a name that no installed plugin and no registry offers |" in page
    assert "| 130 | interrupted" in page


@OWN
def test_gallery_shows_every_published_model_with_its_weights():
    pages = gallery.pages()
    for model in published_models():
        assert f"[`{model.name}`]({model.name}.md)" in pages["gallery/index.md"]
        page = pages[f"gallery/{model.name}.md"]
        for weights in model.weights:
            assert f"[`{weights.name}`](weights/{weights.name}/index.md)" in page
            assert {f"gallery/weights/{weights.name}/{p}" for p in weights.card.pictures} <= {
                *pages
            }


@OWN
@pytest.mark.requires("zoo-report")
def test_model_page_shows_curves_interval_and_recipes():
    page = gallery.pages()["gallery/cnn.md"]
    assert page.count("<svg") == 2
    assert "| 99.75% | 99.72 ± 0.05 % |" in page.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert '??? note "best-10k"' in page
    assert "zoo reproduce cnn.best" in page


@OWN
@pytest.mark.slow
def test_generated_pages_are_the_same_every_time():
    first = gallery.pages()
    published_models.cache_clear()
    assert gallery.pages() == first


def test_family_counts_its_models(monkeypatch):
    names = {"many/a18": 1_500, "many/a50": 2_500_000, "many/b_tiny": None, "own": 5}
    common = {"summary": "", "license": "MIT", "plugin": "zoo-many", "pretrained": ""}
    rows = [{"name": name, "parameters": n, **common} for name, n in names.items()]
    monkeypatch.setattr(families, "families", lambda: {"many": rows[:3]})
    page = families.pages()["gallery/many.md"].replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "3 models of many, by the package `zoo-many`" in page
    assert "| a | 2 | 1.5 k to 2.5 M | `many/a18` |" in page


def test_notebook_becomes_page_with_link_below_title(tmp_path):
    text, code = {"cell_type": "markdown"}, {"cell_type": "code"}
    cells = [text | {"source": ["# Title\n", "\n", "Text."]}, code | {"source": ["a\n", "b"]}]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    title, link, *rest = notebooks.notebook_page(tmp_path / "x.ipynb").split("\n\n")
    assert (title, rest) == ("# Title", ["Text.", "```python\na\nb\n```\n"])
    assert "[x.ipynb](x.ipynb)" in link


def test_text_of_others_is_not_markup():
    assert plain("<b>*[x]_`") == "&lt;b>\\*\\[x\\]\\_\\`"
    assert cell("a|b\nc") == "a\\|b c"
    assert code("a`b") == "`` a`b ``"
