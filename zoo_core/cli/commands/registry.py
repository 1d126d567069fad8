"""`zoo registry`: the list of registries."""

from __future__ import annotations

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooGroup
from zoo_core.cli.output import print_json
from zoo_core.cli.tables.table import print_table
from zoo_core.errors import join_names
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry import lookup
from zoo_core.registry.precedence import listed_names
from zoo_core.system.terminal import print_lines


@click.group(
    cls=ZooGroup,
    examples={
        "Add the registry of a team": "zoo registry add team https://example.org/weights",
        "See all registries": "zoo registry list",
        "Remove it": "zoo registry remove team",
    },
)
def registry() -> None:
    """Manage the registries of published weights."""


@registry.command(
    "add",
    examples={
        "A web server": "zoo registry add team https://example.org/weights",
        "A folder": "zoo registry add mine ./weights",
    },
)
@click.argument("name")
@click.argument("url")
def add(name: str, url: str) -> None:
    """Add the registry at URL under NAME.

    URL is a folder, file://, http://, https:// or any other that fsspec opens, for instance s3://
    if s3fs is installed.
    """
    # Reads the index, so that a wrong address fails here and not at the first `zoo predict`.
    added = lookup.add_registry(installed_catalog(), name, url)
    count = len(added.index().tags)
    sets = "set" if count == 1 else "sets"
    print_lines(f"Added {name}, {added.location.url}: {count} published {sets} of weights.")
    known = lookup.list_published(lookup.known_registries(installed_catalog()))
    mine = [found for found in listed_names(known) if found[1].registry.name == name]
    if full := [listed for listed, found in mine if listed != found.published.name]:
        print_lines(
            f"Other registries have {len(full)} of these names already, which mean theirs; for "
            f"those of {name}: {join_names(full)}; or: zoo registry prefer {name}"
        )


@registry.command(
    "remove",
    examples={
        "Remove a registry": "zoo registry remove team",
    },
)
@click.argument("name")
def remove(name: str) -> None:
    """Remove the added registry NAME."""
    lookup.remove_registry(installed_catalog(), name)
    print_lines(f"Removed {name}. To remove its files from the cache: zoo cache prune")


@registry.command(
    "prefer",
    examples={
        "Let `cnn` mean the weights of a team": "zoo registry prefer team",
        "Prefer no registry": "zoo registry prefer --undo",
    },
)
@click.argument("name", required=False)
@click.option("--undo", is_flag=True, help="Prefer no registry.")
def prefer(name: str | None, undo: bool) -> None:
    """Let bare names mean the weights of the registry NAME, if several have them.

    Without a choice, a name means the weights of zoo's own registry, else of the one that was added
    first. Those of the others have full names: REGISTRY/MODEL.TAG.
    """
    if undo == (name is not None):
        raise click.UsageError("expected either NAME or --undo")
    lookup.prefer_registry(installed_catalog(), name or "")
    print_lines(f"Preferred {name}." if name else "No registry is preferred.")


@registry.command(
    "list",
    examples={
        "See all registries": "zoo registry list",
        "For a program": "zoo registry list --json",
    },
)
@options.as_json
def list_(as_json: bool) -> None:
    """List the registries."""
    rows = [
        {"name": each.name, "url": each.location.url, "source": each.source}
        for each in lookup.known_registries(installed_catalog())
    ]
    if as_json:
        print_json({"registries": rows})
    else:
        print_table(("name", "source", "url"), rows)
