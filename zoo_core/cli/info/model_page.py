"""The page of a model: its published weights, recipes, config and search spaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic.fields import FieldInfo

from zoo_core.cli.info.facts import Facts, Published
from zoo_core.cli.info.layout import Commands, Grid, Page, Pairs, Section, Text, join
from zoo_core.cli.info.packages import framework_text, plugin_text, trainer_framework
from zoo_core.cli.info.settings import DECIDED, different, model_settings, recipe_settings
from zoo_core.cli.info.words import (
    bytes_text,
    name_text,
    names_text,
    setting_text,
    settings_text,
    value_text,
)
from zoo_core.cli.tables.cells import format_scores
from zoo_core.errors import ZooError
from zoo_core.metrics.score_table import headline_text
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.resolve import FOR_DATASET, resolve_recipe
from zoo_core.registry.precedence import listed_names
from zoo_core.registry.registry import FoundWeights
from zoo_core.table import Table
from zoo_core.text import natural_key, shell_command

MAX_WEIGHTS = 20
"""Maximum number of published weights in the table."""


def model_page(
    catalog: Catalog,
    entry: Entry[ModelSpec],
    name: str,
    facts: Facts,
    published: Sequence[Published],
) -> Page:
    """Return the page of a model.

    Args:
        catalog: the installed plugins.
        entry: the model.
        name: its name in commands.
        facts: its facts.
        published: its published weights.
    """
    return Page(
        f"{name}: model",
        entry.spec.summary,
        [
            Section("About", [_about(catalog, entry, facts)]),
            Section("Published weights", _weights(published, name)),
            Section("Recipes", _recipes(catalog, entry)),
            Section("Config", _config(entry, facts["config"])),
            Section("Search spaces", [Pairs([*_spaces(facts["spaces"])])]),
            Section("Next", [Commands([*_commands(catalog, entry, name, published)])]),
        ],
    )


def _about(catalog: Catalog, entry: Entry[ModelSpec], facts: Facts) -> Pairs:
    spec = entry.spec
    framework = spec.framework or trainer_framework(catalog, spec.trainer)
    dataset = catalog.entries("datasets").get(spec.dataset)
    return Pairs(
        [
            ("plugin", plugin_text(entry.plugin)),
            ("same name", join(facts.get("same_name", []))),
            ("tasks", join(spec.tasks) or "any"),
            ("inputs", join(spec.inputs) or "any"),
            ("heads", "one per target" if spec.heads is None else str(spec.heads)),
            ("parameters", "" if spec.parameters is None else f"{spec.parameters:,} by default"),
            ("data", spec.dataset if dataset else f"{spec.dataset}, not installed"),
            ("trainer", spec.trainer),
            ("needs", framework_text(framework) if framework else _without_trainer(spec)),
            ("pretrained", "third-party weights to start from" if spec.pretrained else ""),
            ("license", f"{spec.license}, of the code"),
        ]
    )


def _without_trainer(spec: ModelSpec) -> str:
    return f"a plugin with the trainer {spec.trainer}, which is not installed"


def _weights(published: Sequence[Published], name: str) -> list[Grid | Text]:
    if not published:
        return [Text("None: train the model to get some.")]
    names = [name for name, _ in listed_names(each.found for each in published)]
    several = sorted(
        zip(names, published, strict=True),
        key=lambda each: (not each[1].is_default, natural_key(each[0])),
    )
    shown = several[:MAX_WEIGHTS]
    columns = ("name", "default", "data", "test score", "parameters", "size")
    rows = [_weights_row(*each) for each in shown]
    more = len(published) - len(shown)
    listing = shell_command("zoo", "list", "weights", f"{name}.*")
    rest = [Text(f"And {more:,} more: {listing}")] if more else []
    # Other scores than shares have no interval on a card.
    shares = any(each.found.published.accuracy for each in published)
    note = [Text("Shares have a 95 % confidence interval, where it is known.")] * shares
    return [Grid(Table(columns, rows), frozenset({"parameters", "size"})), *rest, *note]


def _weights_row(name: str, published: Published) -> list[str]:
    each = published.found.published
    return [
        name,
        "yes" if published.is_default else "",
        each.dataset,
        _score(published.found),
        f"{each.parameters:,}",
        bytes_text(each.bytes),
    ]


def _score(found: FoundWeights) -> str:
    from zoo_core.pretrained.verified_read import has_card, published_scores

    # Only of cards that are here, because a page must not wait for one download per tag.
    if has_card(found):
        try:
            return headline_text(published_scores(found))
        except ZooError:  # `zoo verify` reports it
            pass
    return format_scores(found.published.scores)


def _recipes(catalog: Catalog, entry: Entry[ModelSpec]) -> list[Grid | Text]:
    recipes: Mapping[str, Any] = entry.resolve(entry.spec.recipes)
    names = sorted(recipes, key=lambda name: name != "default")
    if not all(isinstance(each, Mapping) for each in recipes.values()):
        return [Text(f"{names_text(names)}. One of them is not a dict.")]
    try:
        rows = [*_recipe_rows(catalog, entry, names)]
    except ZooError as exc:  # a fault of the plugin, which `zoo check` reports
        return [Text(f"{names_text(names)}. One of them is invalid: {exc}")]
    columns = ("recipe", "for", "epochs", "settings")
    others = " Other recipes: what differs from the default recipe." if rows[1:] else ""
    note = Text(f"The default recipe: what differs from the defaults of the fields.{others}")
    return [Grid(Table(columns, rows), frozenset({"epochs"})), note]


def _recipe_rows(
    catalog: Catalog, entry: Entry[ModelSpec], names: Sequence[str]
) -> Iterator[list[str]]:
    before = model_settings(catalog, entry)
    default = recipe_settings(catalog, entry, resolve_recipe(entry, "default"))
    for name in names:
        recipe = resolve_recipe(entry, name)
        changed = different(recipe_settings(catalog, entry, recipe), before)
        # The name of a recipe such as `best@fashion-mnist` has it already.
        other = recipe.dataset not in (entry.spec.dataset, name.partition(FOR_DATASET)[2])
        data = recipe.dataset if other else ""
        yield [name, data, str(recipe.epochs), settings_text(changed) or "the same"]
        before = default  # the first one is the default recipe


def _config(entry: Entry[ModelSpec], config: dict[str, Any]) -> list[Grid | Text]:
    fields: Mapping[str, FieldInfo] = entry.resolve(entry.spec.config).model_fields
    rows = [
        [key, value_text(config[key]), _meaning(field)]
        for key, field in fields.items()
        if key in config and key not in DECIDED
    ]
    decided = settings_text({key: each for key, each in config.items() if key in DECIDED})
    return [
        *([Grid(Table(("field", "default", "meaning"), rows))] if rows else []),
        *([Text("Set one: --set model.FIELD=VALUE")] if rows else []),
        Text(f"Decided by the data: {decided}."),
    ]


def _meaning(field: FieldInfo) -> str:
    choices = join((each for each in get_args(field.annotation) if isinstance(each, str)), " or ")
    if not field.description:
        return choices
    return f"{field.description} ({choices})" if choices else field.description


def _spaces(spaces: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, space in spaces.items():
        model = space.get("model", {})
        keys = {key: value for key, value in space.items() if key != "model"} | dict(model)
        yield name, "; ".join(_range_text(key, value) for key, value in keys.items())


def _range_text(key: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        return setting_text(key, value)
    if "choices" in value:
        return f"{name_text(key)} {' or '.join(map(value_text, value['choices']))}"
    scale = " on a logarithmic scale" if value.get("log") else ""
    low, high = value_text(value.get("low")), value_text(value.get("high"))
    return f"{name_text(key)} {low} to {high}{scale}"


def _commands(
    catalog: Catalog,
    entry: Entry[ModelSpec],
    name: str,
    published: Sequence[Published],
) -> Iterator[tuple[str, str]]:
    recipes = sorted(entry.resolve(entry.spec.recipes), key=lambda each: each != "best")
    yield shell_command("zoo", "train", name), "train it with the default recipe"
    if other := next((each for each in recipes if each != "default"), ""):
        yield shell_command("zoo", "train", name, "--recipe", other), "train it with another recipe"
    if entry.spec.spaces and "tune" in catalog.entries("commands"):
        yield shell_command("zoo", "tune", name), "search better settings"
    for found, is_default in published:
        if is_default:
            file = "IMAGE" if "image" in entry.spec.inputs else "FILE"
            yield shell_command("zoo", "predict", name, file), "predict with published weights"
            yield shell_command("zoo", "info", found.published.name), "describe these weights"
            break
