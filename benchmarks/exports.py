"""Exported files compared with zoo's predictions on every test image.

    python -m benchmarks.exports [MODEL.TAG]…

exports published weights, by default all, in every format of their trainer, runs each file on the
whole test split, stores the differences from zoo in ``benchmarks/exports``, and prints them as a
table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from pydantic import BaseModel, ConfigDict

from benchmarks.quantized import QUANTIZED
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.registry.lookup import known_registries, list_published
from zoo_core.registry.registry import FoundWeights
from zoo_core.system.atomic_files import write_atomic
from zoo_export.compare_outputs import compare_outputs
from zoo_export.export import export_to, find_exporter
from zoo_export.formats import FORMATS

KEPT = Path(__file__).parent / "exports" / "exports.json"

RUNTIMES = ("numpy", "onnx", "onnxruntime", "onnxscript", "torch")
"""Distributions on which the figures depend."""


class Row(BaseModel):
    """An exported file compared with zoo."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    """Name of the weights, with their checksum."""
    format: str
    bytes: int
    views: int
    """Number of views per image over which logits are averaged."""
    images: int
    """Number of images of the test split."""
    difference: float
    """Maximum difference between two logits."""
    labels: int
    """Number of images with a different label."""


class Exports(BaseModel):
    """All exported files, and the versions that wrote and ran them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    versions: dict[str, str]
    files: tuple[Row, ...]


def measure(catalog: Catalog, found: FoundWeights) -> Iterator[Row]:
    """Export published weights in every format and run each file on all test images."""
    pretrained = load_pretrained(catalog, found, device="cpu")
    images = load_dataset(catalog.dataset(pretrained.card.dataset.name)).splits["test"].inputs
    formats = catalog.trainer(pretrained.card.recipe.trainer).spec.exporters
    for each in formats.keys() & FORMATS.keys():
        exporter = find_exporter(catalog, pretrained, each)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"model{FORMATS[each].suffix}"
            # Few images, because a file that fails the command's own check could not be measured
            # here.
            made = export_to(path, pretrained, exporter, each, images[:3], normalization=True)
            compared = compare_outputs(
                FORMATS[each].open(path), pretrained, images, normalization=True
            )
        yield Row(
            weights=found.name,
            format=each,
            bytes=made.bytes,
            views=pretrained.views,
            images=compared.images,
            difference=compared.difference,
            labels=compared.labels,
        )


def table(exports: Exports) -> str:
    """Return a Markdown table of all files."""
    lines = [
        "| weights | format | bytes | views | images | greatest difference | other labels |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in exports.files:
        cells = (
            f"`{row.weights.partition('@')[0]}`",
            row.format,
            f"{row.bytes:,}",
            row.views,
            f"{row.images:,}",
            f"{row.difference:.1e}",
            row.labels,
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def kept() -> Exports:
    """Return the stored comparison."""
    return Exports.model_validate_json(KEPT.read_bytes())


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.TAG]…")
def main(names: tuple[str, ...]) -> None:
    """Export the named weights or all, run the files, and store the differences from zoo."""
    catalog = installed_catalog()
    rows: list[Row] = []
    for each in list_published(known_registries(catalog)):
        if each.published.name in QUANTIZED:  # without a model to export
            continue
        if names and each.published.name not in names:
            rows += [row for row in kept().files if row.weights == each.name]
            continue
        for row in sorted(measure(catalog, each), key=lambda row: row.format):
            click.echo(f"{row.weights} {row.format}: {row.difference:.1e}", err=True)
            rows.append(row)
    exports = Exports(versions={name: version(name) for name in RUNTIMES}, files=tuple(rows))
    KEPT.parent.mkdir(exist_ok=True)
    write_atomic(KEPT, f"{json.dumps(exports.model_dump(mode='json'), indent=1)}\n".encode())
    click.echo(table(exports))


if __name__ == "__main__":
    main()
