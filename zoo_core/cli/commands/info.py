"""`zoo info`: facts about a model, data set, run or set of weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_facts, print_json
from zoo_core.errors import (
    DataError,
    InvalidValueError,
    PluginError,
    UnknownNameError,
    choose_from,
)
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.added import is_added
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.rows import spec_row
from zoo_core.registry.lookup import known_registries, list_published, resolve_weights
from zoo_core.registry.names import parse_name
from zoo_core.text import shell_command


@click.command(
    cls=ZooCommand,
    examples={
        "A model: its config, recipes and published weights": "zoo info cnn",
        "Published weights: how they were trained, and how good they are": "zoo info cnn.best",
        "A run of yours": "zoo info runs/mlp-1",
        "A folder of images, and a picture": "zoo info folder:photos --sheet classes.png",
    },
)
@click.argument("name", shell_complete=options.complete_names)
@options.registry
@click.option(
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a picture with examples of each class of a data set, as PNG.",
)
@options.as_json
def info(name: str, registry: str | None, sheet: Path | None, as_json: bool) -> None:
    """Describe NAME.

    NAME is a model, dataset, source, trainer or task, a data set of a source such as folder:PATH,
    published weights such as cnn.default, a run folder or a weight file.
    """
    catalog = installed_catalog()
    # With --registry, NAME is published there, even if a file has the same name.
    if registry is None and _is_training_result(Path(name)):
        facts = _of_path(Path(name))
    elif registry is not None or _is_tagged(name):
        facts = _of_published(catalog, name, registry)
    else:
        facts = _of_name(catalog, name)
    described = None
    # The data sets of plugins are loaded for a sheet only, because that may be a long download.
    if facts["kind"] == "dataset" and (facts["address"] or sheet):
        from zoo_core.cli.described_data import DescribedData

        described = DescribedData(catalog.dataset(name))
    elif sheet:
        raise InvalidValueError(
            f"--sheet needs a data set, got the {facts['kind']} {name!r}",
            hint="Choose one from `zoo list datasets`, or folder:PATH.",
        )
    if as_json:
        print_json({**facts, **(described.as_json() if described else {})})
    else:
        print_facts(_with_columns_in_words(facts))
        if described:
            described.print()
    if described and sheet:
        described.write_sheet(sheet)


def _is_training_result(path: Path) -> bool:
    # `zoo new NAME` writes a package to ./NAME, which is not meant by the model's name.
    return path.exists() and not (path / "pyproject.toml").exists()


def _with_columns_in_words(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts with the columns of a table as text, for people."""
    spec = facts.get("input")
    if not isinstance(spec, dict) or not spec.get("columns"):
        return facts
    names = [
        f"{each['name']} ({', '.join(each['categories'])})" if each["categories"] else each["name"]
        for each in spec["columns"]
    ]
    return {**facts, "input": {**spec, "columns": ", ".join(names)}}


def _of_name(catalog: Catalog, name: str) -> dict[str, Any]:
    # A data set of a source, described on request; a full name may have a colon, too.
    if ":" in name and not is_added(name):
        return {"kind": "dataset", **spec_row(catalog.dataset(name))}
    kinds: dict[str, Callable[[str], Entry[Any]]] = {
        "model": catalog.model,
        "dataset": catalog.dataset,
        "source": catalog.source,
        "trainer": catalog.trainer,
        "task": catalog.task,
    }
    unusable: PluginError | None = None
    for kind, find in kinds.items():
        try:
            entry = find(name)
        except UnknownNameError:
            continue
        except PluginError as exc:  # another kind may have the name
            unusable = exc
            continue
        more = {"model": _of_model, "trainer": _of_trainer, "task": _of_task}.get(kind)
        facts = more(catalog, entry) if more else {}
        return {"kind": kind, **spec_row(entry), **_shared(catalog, f"{kind}s", entry), **facts}
    if unusable:
        raise unusable
    known = [known for kind in kinds for known in catalog.entries(f"{kind}s")]
    problem = f"there is no model, dataset, source, trainer, task, folder or file {name!r}"
    raise UnknownNameError(problem, hint=choose_from(name, known, command="zoo list"))


def _shared(catalog: Catalog, kind: str, entry: Entry[Any]) -> dict[str, Any]:
    """Return the full name of an entry and those of the same name; empty for the only one."""
    name = entry.spec.name
    same = [each.qualified_name for each in catalog.same_name(kind, name)]
    if len(same) < 2:
        return {}
    known = catalog.entries(kind)
    owner = known[name].qualified_name if name in known else "ambiguous"
    return {"full_name": entry.qualified_name, "same_name": same, "bare_name": owner}


def _is_tagged(name: str) -> bool:
    """Return True for a name with a tag or checksum, as only published weights have."""
    parsed = parse_name(name)
    return parsed is not None and bool(parsed.tag or parsed.sha256)


def _of_published(catalog: Catalog, name: str, registry: str | None) -> dict[str, Any]:
    from zoo_core.pretrained.verified_read import published_card

    found = resolve_weights(catalog, name, registry)
    facts = published_card(found).model_dump(mode="json", exclude={"golden", "tag"})
    name = found.published.name
    return {"kind": "weights", "name": name, "registry": found.registry.name, **facts}


def _of_model(catalog: Catalog, entry: Entry[Any]) -> dict[str, Any]:
    from zoo_core.recipes.default_config import default_config
    from zoo_core.tuning.model_spaces import spaces_of

    found = [each.published for each in list_published(known_registries(catalog))]
    name, config = entry.qualified_name, default_config(catalog, entry)
    return {
        # Of its own plugin: another one may have a model of the same name.
        "weights": [each.name for each in found if f"{each.plugin}/{each.model}" == name],
        # Outputs of other tasks than those of `classes`, the alias, need not be classes.
        "config": config.model_dump(mode="json", by_alias=not config.tasks),
        "recipes": entry.resolve(entry.spec.recipes),
        "spaces": spaces_of(entry),
    }


def _of_trainer(_: Catalog, entry: Entry[Any]) -> dict[str, Any]:
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


def _of_task(catalog: Catalog, entry: Entry[Any]) -> dict[str, Any]:
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


def _of_path(path: Path) -> dict[str, Any]:
    """Return the facts of weights from the header of their file."""
    # No model is built, because that would require its plugin and its framework.
    from zoo_core.pretrained.verified_read import read_provenance

    try:
        card, file = read_provenance(path)
    except DataError as exc:
        if not path.is_dir():
            raise
        address = f"folder:{path}?" if "?" in str(path) else f"folder:{path}"
        command = shell_command("zoo", "info", address)
        raise DataError(exc.problem, hint=f"For a folder of images: {command}") from exc
    facts = card.model_dump(mode="json")
    return {"kind": "weights", "path": str(file.path), "sha256": file.sha256, **facts}
