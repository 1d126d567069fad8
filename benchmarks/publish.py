"""Everything that zoo publishes, trained and published again.

    python -m benchmarks.publish [--runs FOLDER] [MODEL.TAG]…

trains the recipes of `TAGS` with seed 0 (those whose finished run lies in FOLDER are not trained
again), publishes them in a new registry, and puts that in the place of ``registry/zoo_registry``'s
index and folders. The intervals on the cards are those of ``benchmarks/results``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from benchmarks.runs import Row
from zoo_core.catalog import installed
from zoo_core.publishing.publish import publish
from zoo_core.registry.published import INDEX
from zoo_core.run import CARD
from zoo_core.training import train

REGISTRY = Path(__file__).parents[1] / "registry" / "zoo_registry"

TAGS = (
    "numpy-net.default",
    "numpy-net.reference",
    "mlp.default",
    "mlp.baseline-10",
    "mlp.batch64-10",
    "mlp.baseline-128",
    "mlp.leaky-128",
    "cnn.default",
    "cnn.reference",
    "two-headed-mlp.default",
    "two-headed-mlp.reference",
    "two-headed-cnn.default",
    "two-headed-cnn.reference",
)
"""A tag is called as its recipe is; a model's first is its default."""


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.TAG]…")
@click.option("--runs", type=click.Path(path_type=Path), help="Keep the runs in this folder.")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads.")
def main(names: tuple[str, ...], runs: Path | None, threads: int | None) -> None:
    """Train and publish what is named, or everything, which replaces what was there."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = runs or Path(scratch) / "runs"
        for name in names or TAGS:
            _train(name, folder / name, threads)
        staged = Path(scratch) / "registry"
        if names:
            shutil.copytree(REGISTRY, staged)
        for name in names or TAGS:
            row = Row.parse(name)
            found = publish(installed(), folder / name, name, str(staged), others=row.results())
            sys.stderr.write(f"published {found.name}\n")
        _replace(staged)


def _train(name: str, folder: Path, threads: int | None) -> None:
    if not (folder / CARD).exists():
        row = Row.parse(name)
        sys.stderr.write(f"training {name}\n")
        train(installed(), row.model, recipe=row.recipe, out=folder, threads=threads)


def _replace(staged: Path) -> None:
    for old in REGISTRY.iterdir():
        if old.is_dir() and any(old.glob(f"*/{CARD}")):
            shutil.rmtree(old)
    for new in staged.iterdir():
        if new.is_dir() and any(new.glob(f"*/{CARD}")):
            shutil.copytree(new, REGISTRY / new.name)
    shutil.copyfile(staged / INDEX, REGISTRY / INDEX)


if __name__ == "__main__":
    main()
