"""The facts of `zoo info --json`: JSON values about one thing, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.rows import spec_row
from zoo_core.plugins.specs import LossSpec, ModelSpec

if TYPE_CHECKING:
    from zoo_core.registry.registry import FoundWeights
    from zoo_core.weights.card import Provenance, PublishedCard
    from zoo_core.weights.file import WeightFile

Facts = dict[str, Any]
"""JSON values of one thing; ``kind`` is the first."""


class Published(NamedTuple):
    """Published weights of a model, and whether they are the default of their registry."""

    found: FoundWeights
    is_default: bool


def entry_facts(catalog: Catalog, kind: str, entry: Entry[Any]) -> Facts:
    """Return the facts of a data set, source, trainer or task."""
    more: dict[str, Callable[[Catalog, Entry[Any]], Facts]] = {
        "trainer": _of_trainer,
        "task": _of_task,
    }
    facts = more[kind](catalog, entry) if kind in more else {}
    return {"kind": kind, **spec_row(entry), **_shared(catalog, f"{kind}s", entry), **facts}


def published_of(catalog: Catalog, entry: Entry[ModelSpec]) -> list[Published]:
    """Return the published weights of a model."""
    from zoo_core.registry.lookup import iter_indexes, known_registries
    from zoo_core.registry.registry import FoundWeights

    return [
        Published(FoundWeights(registry, each), index.defaults.get(each.model) == each.tag)
        for registry, index in iter_indexes(known_registries(catalog))
        for _, each in sorted(index.tags.items())
        # Of its own plugin: another one may have a model of the same name.
        if f"{each.plugin}/{each.model}" == entry.qualified_name
    ]


def model_facts(catalog: Catalog, entry: Entry[ModelSpec], published: Sequence[Published]) -> Facts:
    """Return the facts of a model."""
    from zoo_core.recipes.default_config import default_config
    from zoo_core.recipes.resolve import spaces_of

    config = default_config(catalog, entry)
    return {
        "kind": "model",
        **spec_row(entry),
        **_shared(catalog, "models", entry),
        "weights": [each.found.published.name for each in published],
        # Outputs of other tasks than those of `classes`, the alias, need not be classes.
        "config": config.model_dump(mode="json", by_alias=not config.tasks),
        "recipes": entry.resolve(entry.spec.recipes),
        "spaces": spaces_of(entry),
    }


def loss_facts(entries: Sequence[Entry[LossSpec]]) -> Facts:
    """Return the facts of the losses of one name, which are for several tasks and frameworks."""
    rows = [spec_row(entry) for entry in entries]
    return {"kind": "loss", "name": entries[0].spec.name, "losses": rows}


def published_facts(found: FoundWeights, card: PublishedCard) -> Facts:
    """Return the facts of published weights."""
    facts = card.model_dump(mode="json", exclude={"golden", "tag"})
    name = found.published.name
    return {"kind": "weights", "name": name, "registry": found.registry.name, **facts}


def file_facts(card: Provenance, file: WeightFile) -> Facts:
    """Return the facts of the weights of a run's folder or of a file."""
    facts = card.model_dump(mode="json")
    return {"kind": "weights", "path": str(file.path), "sha256": file.sha256, **facts}


def _shared(catalog: Catalog, kind: str, entry: Entry[Any]) -> Facts:
    """Return the full name of an entry and those of the same name; empty for the only one."""
    name = entry.spec.name
    same = [each.qualified_name for each in catalog.same_name(kind, name)]
    if len(same) < 2:
        return {}
    known = catalog.entries(kind)
    owner = known[name].qualified_name if name in known else "ambiguous"
    return {"full_name": entry.qualified_name, "same_name": same, "bare_name": owner}


def _of_trainer(_: Catalog, entry: Entry[Any]) -> Facts:
    from zoo_core.recipes.recipe import CHOICES
    from zoo_core.recipes.trainer_fields import choices, trainer_fields

    model = trainer_fields(entry)
    return {
        # The core computes schedules for every trainer.
        "values": {
            name: choices(entry.spec, name, names)
            for name, names in CHOICES.items()
            if name in {"schedule", *entry.spec.recipe_fields}
        },
        "fields": {
            name: f"{field.description or ''} [{field.get_default(call_default_factory=True)}]"
            for name, field in (model.model_fields if model else {}).items()
        },
    }


def _of_task(catalog: Catalog, entry: Entry[Any]) -> Facts:
    cls = entry.resolve(entry.spec.task)
    losses = [loss.spec for loss in catalog.losses() if loss.spec.task == entry.spec.name]
    return {
        "measures": [measure.name for measure in cls.measures],
        "losses": [f"{loss.name} ({loss.framework})" for loss in losses],
        "models": [
            name
            for name, model in catalog.entries("models").items()
            if "/" not in name and entry.spec.name in (model.spec.tasks or [entry.spec.name])
        ],
    }
