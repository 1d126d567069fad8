"""The reference of recipe fields, from the class `Recipe` and the specs of trainers and losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from site_pages.markdown import code, page, plain, table
from zoo_core.installation.installed import installed_catalog
from zoo_core.recipes.fields.augmentation import IMAGE_FIELDS
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import CHOICES, TRAINER_FIELDS, Recipe
from zoo_core.recipes.trainer_fields import choices, trainer_fields

COLUMNS = ("field", "meaning", "type", "default", "implemented by")


LARGE = 1e18
"""Limits from here on are those of the machine, and not shown."""


def pages() -> dict[str, str]:
    """Return the page of recipe fields."""
    content = page(
        "# Recipe fields",
        "A recipe is a complete description of one training. `zoo train mlp --set lr=0.05` changes "
        "a field, and `--recipe mine.toml` reads the fields of a file. A field that the trainer, "
        "the loss or the kind of input does not implement is refused, not ignored.",
        "## Fields of every recipe",
        *_groups(),
        *_of_trainers(),
        "## Values by trainer",
        table(("field", *installed_catalog().entries("trainers")), _choices()),
        "[Recipe fields of plugins](../plugins/recipe.md) describes what an author has to "
        "implement, and [Tasks](../tasks.md#recipe-fields) the fields of each task.",
    )
    return {"reference/recipe.md": content}


def _groups() -> Iterator[str | Iterable[str]]:
    """Yield a table per group of fields, under the first line of its docstring."""
    for group in reversed(Recipe.__mro__):
        # Its own fields alone, in the order in which the class declares them.
        fields = {
            k: v
            for k, v in Recipe.model_fields.items()
            if k in vars(group).get("__annotations__", ())
        }
        if fields:
            summary = "Others." if group is Recipe else (group.__doc__ or "").splitlines()[0]
            yield f"### {summary.rstrip('.')}"
            yield table(COLUMNS, (_row(*each) for each in fields.items()))


def _row(name: str, field: FieldInfo, owner: str = "") -> tuple[str, str, str, str, str]:
    default = "required" if field.is_required() else code(_value(field.default))
    meaning = plain(field.description or "")
    return code(name), meaning, type_text(field), default, owner or _implemented_by(name)


def _value(value: Any) -> str:
    """Return a default as TOML writes it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value).replace("()", "[]")


LIMITS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
"""Attribute of a constraint -> its sign."""


def type_text(field: FieldInfo) -> str:
    """Return the type of a field and its limits, such as ``float, ≥ 0, < 1``."""
    limits = [
        f"{sign} {limit:g}"
        for each in field.metadata
        for name, sign in LIMITS.items()
        if (limit := getattr(each, name, None)) is not None and limit < LARGE
    ]
    return ", ".join([_kind(field.annotation), *limits])


def _kind(annotation: Any) -> str:
    """Return the name of a type, without the types of the elements of lists and tables."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(str(value) or '""' for value in arguments)
    if get_origin(annotation) is UnionType:
        return " or ".join(map(_kind, arguments))
    names = {NoneType: "none", tuple: "list", dict: "table"}
    kind = get_origin(annotation) or annotation
    return names.get(kind) or str(kind.__name__)


def _implemented_by(name: str) -> str:
    catalog = installed_catalog()
    if name in TRAINER_FIELDS:
        trainers = catalog.entries("trainers")
        owners = [code(each) for each, t in trainers.items() if name in t.spec.recipe_fields]
        text = f"trainers {', '.join(owners)}"
    elif name in LOSS_FIELDS:
        losses = [each.spec for each in catalog.losses() if name in each.spec.recipe_fields]
        owners = sorted({f"`{each.name}`" for each in losses})
        text = f"losses {', '.join(owners)}"
    else:
        text = "every trainer"
    return f"{text}, for images" if name in IMAGE_FIELDS else text


def _of_trainers() -> Iterator[str | Iterator[str]]:
    """Yield the section of each trainer with fields of its own."""
    for name, entry in installed_catalog().entries("trainers").items():
        if model := trainer_fields(entry):
            yield f"## Fields of the trainer {name}"
            fields = model.model_fields.items()
            yield table(COLUMNS[:-1], (_row(each, f, name)[:-1] for each, f in fields))


def _choices() -> Iterator[tuple[str, ...]]:
    trainers = [entry.spec for entry in installed_catalog().entries("trainers").values()]
    for field, names in CHOICES.items():
        yield (
            code(field),
            *(", ".join(map(code, choices(each, field, names))) for each in trainers),
        )
