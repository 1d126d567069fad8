"""`zoo info`: what a name or a file stands for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zoo_core.catalog import Catalog, Entry, installed
from zoo_core.cli import options
from zoo_core.errors import PluginError, UnknownNameError, did_you_mean, listed
from zoo_core.index import row
from zoo_core.listing import print_json


@click.command()
@click.argument("name")
@options.as_json
def info(name: str, as_json: bool) -> None:
    """Say what NAME is: a model, dataset or trainer, a run's folder or a weight file."""
    catalog = installed()
    facts = _of_path(Path(name)) if Path(name).exists() else _of_name(catalog, name)
    if as_json:
        print_json(facts)
    else:
        _print_facts(facts)


def _of_name(catalog: Catalog, name: str) -> dict[str, Any]:
    kinds: dict[str, Callable[[str], Entry[Any]]] = {
        "model": catalog.model,
        "dataset": catalog.dataset,
        "trainer": catalog.trainer,
    }
    unusable: PluginError | None = None
    for kind, find in kinds.items():
        try:
            entry = find(name)
        except UnknownNameError:
            continue
        except PluginError as fault:  # another kind may have it all the same
            unusable = fault
            continue
        more = _of_model(entry) if kind == "model" else {}
        return {"kind": kind, **row(entry), **more}
    if unusable:
        raise unusable
    known = [known for kind in kinds for known in catalog.entries(f"{kind}s")]
    raise UnknownNameError(
        f"there is no model, dataset, trainer, folder or file {name!r}",
        hint=f"{did_you_mean(name, known)} Names there are: {listed(known)}.".strip(),
    )


def _of_model(entry: Entry[Any]) -> dict[str, Any]:
    return {
        "config": entry.resolve(entry.spec.config)().model_dump(mode="json"),
        "recipes": entry.resolve(entry.spec.recipes),
    }


def _of_path(path: Path) -> dict[str, Any]:
    """Describe weights by their header alone: nothing is built, no framework imported."""
    from zoo_core.pretrained import read_provenance

    card, file = read_provenance(path)
    facts = card.model_dump(mode="json")
    return {"kind": "weights", "path": str(file.path), "sha256": file.sha256, **facts}


def _print_facts(facts: dict[str, Any]) -> None:
    width = max(map(len, facts))
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            click.echo(f"{key}")
            for name, item in value.items():
                click.echo(f"  {name}: {item if isinstance(item, str) else json.dumps(item)}")
        else:
            text = value if isinstance(value, str) else json.dumps(value)
            click.echo(f"{key.ljust(width)}  {text}")
