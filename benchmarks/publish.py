"""Training and publishing of everything that zoo publishes.

    python -m benchmarks.publish [--runs FOLDER] [--replace] [MODEL.TAG]…

trains `TAGS` (except those whose finished run is in FOLDER), publishes them in a new registry,
replaces index and folders of ``registry/zoo_registry`` by it, and updates the table in
``registry/README.md`` and ``registry/constraints.txt``. The intervals on the cards come from
``benchmarks/results``; results that are missing there, or were measured in another environment, are
trained.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

import click

from benchmarks import constraints
from benchmarks.ensembles import MEMBERS
from benchmarks.runs import complete
from benchmarks.tables import row_of
from zoo_core.filenames import CARD, CARD_PAGE, INDEX
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.metric_text import is_share
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.index import EMPTY_INDEX, index_json, read_index
from zoo_core.registry.location import Folder
from zoo_core.registry.registry import Registry
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.training import Training
from zoo_core.weights.card import parse_published_card, read_card

REGISTRY = Path(__file__).parents[1] / "registry" / "zoo_registry"
README = REGISTRY.parent / "README.md"
BEGIN, END = "<!-- tags: python -m benchmarks.publish -->", "<!-- /tags -->"

RECIPES = (
    "numpy-net.best",
    "numpy-net.default",
    "numpy-net.reference",
    "numpy-regressor.default",
    "numpy-regressor.reference",
    "mlp.best",
    "mlp.best-128",
    "mlp.best-10",
    "mlp.default",
    "mlp.baseline-10",
    "mlp.batch64-10",
    "mlp.baseline-128",
    "mlp.leaky-128",
    "cnn.best",
    "cnn.best-10k",
    "cnn.default",
    "cnn.reference",
    "residual-cnn.best-6k",
    "residual-cnn.best-575",
    "two-headed-mlp.best",
    "two-headed-mlp.default",
    "two-headed-mlp.reference",
    "two-headed-cnn.best",
    "two-headed-cnn.default",
    "two-headed-cnn.reference",
    "number-reader.best",
    "digit-separator.default",
)
"""Published recipes, with seed 0; the default tag of each model is ``best``, if it has one."""

TAGS = (
    {name: (name, 0) for name in RECIPES}
    # A tag has no "@", which in a name begins a checksum.
    | {"cnn.multi-mnist": ("cnn.best@multi-mnist", 0)}
    | {f"{name}-{seed}": (name, seed) for name, seeds in MEMBERS.items() for seed in seeds}
)
"""Tag -> recipe and seed."""


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.TAG]…")
@click.option("--runs", type=click.Path(path_type=Path), help="Folder in which the runs are kept.")
@click.option("--replace", "anew", is_flag=True, help="Replace the named tags, if they exist.")
@click.option("--threads", type=click.IntRange(min=1), help="Number of CPU threads.")
def main(names: tuple[str, ...], runs: Path | None, anew: bool, threads: int | None) -> None:
    """Train and publish the named tags, or everything, which replaces the registry."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = runs or Path(scratch) / "runs"
        for name in names or TAGS:
            _train(name, folder / name, threads)
        complete(dict.fromkeys(row_of(TAGS[name][0]) for name in names or TAGS), threads=threads)
        staged, defaults = Path(scratch) / "registry", set[str]()
        if names:
            shutil.copytree(REGISTRY, staged)
            defaults = withdraw(staged, names) if anew else defaults
        for name in names or TAGS:
            found = publish_run(
                installed_catalog(),
                folder / name,
                name,
                str(staged),
                others=row_of(TAGS[name][0]).results(),
                default=name.endswith(".best") or name in defaults,
            )
            sys.stderr.write(f"published {found.name}\n")
        _replace(staged)
    write_atomic(README, with_table(README.read_text(encoding="utf-8")).encode())
    constraints.main()


def withdraw(root: Path, names: Collection[str]) -> set[str]:
    """Remove tags from a registry's folder, where it has them.

    Returns:
        Those of the names that were the default of their model.
    """
    path = root / INDEX
    index = read_index(path.read_bytes(), str(path))
    defaults = {f"{model}.{tag}" for model, tag in index.defaults.items()}
    kept = EMPTY_INDEX
    for name, tag in index.tags.items():
        if name in names:
            shutil.rmtree(root / tag.model / tag.tag)
        else:
            kept = kept.with_tag(tag, default=name in defaults)
    path.write_bytes(index_json(kept))
    return defaults.intersection(names)


def with_table(readme: str) -> str:
    """Return the registry's README with an updated table between its two markers."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [
        "| tag | parameters | bytes | these weights | several seeds |",
        "|---|---|---|---|---|",
    ]
    index = Registry("zoo", Folder(REGISTRY)).index()
    for name in filter(index.tags.get, TAGS):
        tag = index.tags[name]
        page = f"zoo_registry/{tag.model}/{tag.tag}/{CARD_PAGE}"
        card = parse_published_card((REGISTRY / tag.model / tag.tag / CARD).read_bytes(), page)
        assert card.interval is not None
        metrics = card.interval.metric or ("accuracy",) * len(card.interval.mean)
        spread = zip(metrics, card.interval.mean, card.interval.sd, strict=True)
        cells = [
            f"[`{name}`]({page})",
            f"{tag.parameters:,}",
            f"{tag.bytes:,}",
            " / ".join(_score(*each) for each in card.metrics["test"].headline.items()),
            " / ".join(
                f"{_number(metric, mean)} ± {_number(metric, sd)}" for metric, mean, sd in spread
            ),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"])


def _score(name: str, heads: list[float]) -> str:
    words = "" if name == "accuracy" else f"{name.replace('_', ' ')} "
    return words + " / ".join(_number(name, value) for value in heads)


def _number(metric: str, value: float) -> str:
    """Return a value without its unit, which is percent for a share."""
    return f"{100 * value:.2f}" if is_share(metric) else f"{value:.5f}"


def _train(name: str, folder: Path, threads: int | None) -> None:
    row, seed = row_of(TAGS[name][0]), TAGS[name][1]
    if not (folder / CARD).exists():
        sys.stderr.write(f"training {name}\n")
        Training.new(
            installed_catalog(),
            row.model,
            recipe=row.recipe,
            overrides=[{"seed": seed}],
            out=folder,
            threads=threads,
        ).run()
    card = read_card(folder / CARD)
    row.keep(card)
    for other in row.results():
        if other.environment != card.environment:
            row.file(other.recipe.seed).unlink()


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
