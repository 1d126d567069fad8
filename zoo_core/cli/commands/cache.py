"""`zoo cache`: the download cache of weights and cards, and the copies of data sets."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooGroup
from zoo_core.cli.output import print_json
from zoo_core.cli.tables.table import print_table
from zoo_core.errors import UnknownNameError, VerificationError, choose_from, did_you_mean
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry import cache
from zoo_core.registry.lookup import find_weights, known_registries, list_published
from zoo_core.registry.registry import FoundWeights
from zoo_core.system.paths import zoo_home
from zoo_core.system.progress.progress_bar import track
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.cli.stored_datasets import StoredDataset


@click.group(
    "cache",
    cls=ZooGroup,
    examples={
        "See what takes space": "zoo cache list",
        "Remove what is not published any more": "zoo cache prune",
        "Remove the weights of one model": "zoo cache remove cnn.best",
    },
)
def cache_() -> None:
    """Manage the download cache of weights and cards, and the copies of data sets."""


@cache_.command(
    "list",
    examples={
        "See what takes space": "zoo cache list",
        "For a program": "zoo cache list --json",
    },
)
@options.as_json
def list_(as_json: bool) -> None:
    """List the files in the cache, and the copies of data sets."""
    from zoo_core.cli.stored_datasets import stored_datasets

    names = _published_names()
    rows = [
        {"name": names.get(path.name, "–"), "bytes": path.stat().st_size, "sha256": path.name}
        for path in cache.cached_files()
    ]
    copies = stored_datasets()
    if as_json:
        datasets = [each.facts() for each in copies]
        print_json({"folder": str(cache.folder()), "files": rows, "datasets": datasets})
        return
    if rows:
        print_table(("name", "bytes", "sha256"), rows)
    if copies:
        print_lines(*[""] * bool(rows))
        _print_copies(copies)
    if not rows and not copies:
        print_lines(f"The cache {zoo_home()} is empty.", err=True)


def _print_copies(copies: Sequence[StoredDataset]) -> None:
    rows = [
        {
            "data set": each.name,
            "images": f"{each.images:,}",
            "bytes": f"{each.bytes:,}",
            "last used": each.last_use.replace("T", " ").replace("+00:00", " UTC"),
            "folder": each.path.name,
            "status": each.status,
        }
        for each in copies
    ]
    columns = ["data set", "images", "bytes", "last used", "folder"]
    print_table([*columns, *["status"] * any(row["status"] for row in rows)], rows)


@cache_.command(
    "remove",
    examples={
        "Weights": "zoo cache remove cnn.best",
        "The copy of a data set": "zoo cache remove mnist",
    },
)
@click.argument("names", nargs=-1, required=True)
@options.as_json
def remove(names: tuple[str, ...], as_json: bool) -> None:
    """Remove NAMES from the cache: weights with their cards, or copies of data sets.

    A copy has the name of its data set, such as folder:photos, or that of its folder; `zoo cache
    list` shows both.
    """
    from zoo_core.cli.stored_datasets import stored_datasets

    copies = stored_datasets()
    chosen: list[StoredDataset] = []
    weights = []
    for name in names:  # all before the first is removed, so that a misspelled name removes nothing
        found = [each for each in copies if name in (each.name, each.path.name)]
        if found:
            chosen += found
        else:
            weights.append(_find_weights(name, copies))
    freed = sum(each.remove() for each in dict.fromkeys(chosen))
    for each in weights:
        freed += sum(map(cache.remove, each.published.checksums))
    _report(freed, as_json=as_json)


def _find_weights(name: str, copies: Sequence[StoredDataset]) -> FoundWeights:
    try:
        # Without a network: cached weights are known from a cached index.
        return find_weights(installed_catalog(), name, ask=False)
    except UnknownNameError as exc:
        known = {each.name for each in copies} | {each.path.name for each in copies}
        # The names of data sets have a colon, those of weights have none.
        if ":" not in name and not did_you_mean(name, known):
            raise
        raise UnknownNameError(
            f"the cache has no copy of a data set {name!r}",
            hint=choose_from(name, known, command="zoo cache list"),
        ) from exc


@cache_.command(
    "prune",
    examples={
        "Remove unpublished files and leftovers": "zoo cache prune",
        "Remove copies of data sets, unused for 30 days": "zoo cache prune --datasets --unused 30",
    },
)
@click.option(
    "--datasets",
    "only_datasets",
    is_flag=True,
    help="Remove copies of data sets only, and read no registry.",
)
@click.option(
    "--unused",
    type=click.FloatRange(min=0),
    metavar="DAYS",
    help="Remove also copies of data sets that were not used for DAYS days; 0 for all. They are "
    "made again when they are needed.",
)
@options.as_json
def prune(only_datasets: bool, unused: float | None, as_json: bool) -> None:
    """Remove unpublished files and leftovers of killed processes.

    Unpublished files are those that no registry publishes any more. Leftovers are temporary files,
    and copies of data sets that are damaged or in the format of an earlier version. Nothing is
    removed if a registry cannot be read.
    """
    from zoo_core.cli.stored_datasets import stored_datasets

    # `published()` raises for an unreadable registry, whose files would otherwise be removed.
    wanted = [
        found.published
        for each in ([] if only_datasets else known_registries(installed_catalog()))
        for found in each.published()
    ]
    sums = {sha256 for each in wanted for sha256 in each.checksums}
    freed = sum(each.remove() for each in stored_datasets() if each.is_old(unused))
    if not only_datasets:
        freed += cache.prune(sums)
    _report(freed, as_json=as_json)


def _report(freed: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"freed": freed})
    else:
        print_lines(f"Freed {freed:,} bytes.")


@cache_.command(
    "verify",
    examples={
        "Verify every file": "zoo cache verify",
        "For a program": "zoo cache verify --json",
    },
)
@options.as_json
def verify(as_json: bool) -> int:
    """Verify the checksum of every file in the cache.

    The exit code is 5 if one differs.
    """
    names, paths = _published_names(), cache.cached_files()
    # The name of a file is its checksum.
    tracked = track(paths, len(paths), "Verifying checksums")
    damaged = [path for path in tracked if not cache.is_whole(path)]
    if as_json:
        print_json({"files": len(paths), "damaged": [str(path) for path in damaged]})
    else:
        for path in damaged:
            print_lines(f"FAIL  {path} ({names.get(path.name, '–')}): checksum mismatch")
        print_lines(f"{len(paths) - len(damaged)} of {len(paths)} files are intact.")
    return VerificationError.exit_code if damaged else 0


def _hidden_alias(name: str, command: click.Command) -> None:
    """Add an alias of a command that help does not list."""
    alias = copy.copy(command)
    alias.hidden = True
    cache_.add_command(alias, name)


# The names in earlier versions.
_hidden_alias("ls", list_)
_hidden_alias("rm", remove)


def _published_names() -> dict[str, str]:
    """Return sha256 -> name of the published weights, with the kind of another file than those."""
    return {
        sha256: found.qualified_name + (f" ({kind})" if kind != "weights" else "")
        for found in list_published(known_registries(installed_catalog()))
        for sha256, kind in found.published.checksums.items()
    }
