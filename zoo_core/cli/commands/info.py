"""`zoo info`: facts about a model, a data set, weights or a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.errors import PluginError, UnknownNameError, did_you_mean, join_names
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.rows import spec_row
from zoo_core.registry.lookup import known_registries, list_published, resolve_weights
from zoo_core.registry.names import parse_name


@click.command()
@click.argument("name", shell_complete=options.complete_names)
@options.registry
@options.as_json
def info(name: str, registry: str | None, as_json: bool) -> None:
    """Say what NAME is.

    It may be a model, dataset, source or trainer, published weights such as cnn.default, a run's
    folder or a weight file.
    """
    catalog = installed_catalog()
    if Path(name).exists() and registry is None:
        facts = _of_path(Path(name))
    elif registry is not None or _is_tagged(name):
        facts = _of_published(catalog, name, registry)
    else:
        facts = _of_name(catalog, name)
    if as_json:
        print_json(facts)
    else:
        _print_facts(facts)


def _of_name(catalog: Catalog, name: str) -> dict[str, Any]:
    if ":" in name:
        return {"kind": "dataset", **spec_row(catalog.dataset(name))}
    kinds: dict[str, Callable[[str], Entry[Any]]] = {
        "model": catalog.model,
        "dataset": catalog.dataset,
        "source": catalog.source,
        "trainer": catalog.trainer,
    }
    unusable: PluginError | None = None
    for kind, find in kinds.items():
        try:
            entry = find(name)
        except UnknownNameError:
            continue
        except PluginError as exc:  # another kind may have it all the same
            unusable = exc
            continue
        more = _of_model(catalog, entry) if kind == "model" else {}
        return {"kind": kind, **spec_row(entry), **more}
    if unusable:
        raise unusable
    known = [known for kind in kinds for known in catalog.entries(f"{kind}s")]
    raise UnknownNameError(
        f"there is no model, dataset, source, trainer, folder or file {name!r}",
        hint=f"{did_you_mean(name, known)} Names there are: {join_names(known)}.".strip(),
    )


def _is_tagged(name: str) -> bool:
    """Say whether a name can only be one of published weights: names of things have no dot."""
    parsed = parse_name(name)
    return parsed is not None and bool(parsed.tag or parsed.sha256)


def _of_published(catalog: Catalog, name: str, registry: str | None) -> dict[str, Any]:
    from zoo_core.pretrained.verified_read import published_card

    found = resolve_weights(catalog, name, registry)
    facts = published_card(found).model_dump(mode="json", exclude={"golden", "tag"})
    name = found.published.name
    return {"kind": "weights", "name": name, "registry": found.registry.name, **facts}


def _of_model(catalog: Catalog, entry: Entry[Any]) -> dict[str, Any]:
    from zoo_core.tuning.model_spaces import spaces_of

    found = list_published(known_registries(catalog))
    return {
        "weights": [f.published.name for f in found if f.published.model == entry.spec.name],
        "config": entry.resolve(entry.spec.config)().model_dump(mode="json"),
        "recipes": entry.resolve(entry.spec.recipes),
        "spaces": spaces_of(entry),
    }


def _of_path(path: Path) -> dict[str, Any]:
    """Describe weights by their header alone: nothing is built, no framework imported."""
    from zoo_core.pretrained.verified_read import read_provenance

    card, file = read_provenance(path)
    facts = card.model_dump(mode="json")
    return {"kind": "weights", "path": str(file.path), "sha256": file.sha256, **facts}


def _print_facts(facts: dict[str, Any]) -> None:
    width = max(map(len, facts))
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            click.echo(f"{key}")
            for name, item in value.items():
                click.echo(f"  {name}: {_format_value(item)}")
        else:
            click.echo(f"{key.ljust(width)}  {_format_value(value)}")


def _format_value(value: Any) -> str:
    """Return a value as text; what a terminal might obey is escaped."""
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value)
