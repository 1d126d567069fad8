"""`zoo export`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.plugin_api import InvalidValueError, installed_catalog, options, print_json
from zoo_export.formats import FORMATS

if TYPE_CHECKING:
    from zoo_core import Pretrained
    from zoo_export.export import Exported

IMAGES = 1000
"""Of the test split, on which a file has to answer as zoo does."""


@click.command()
@click.argument("name", shell_complete=options.complete_weights)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="onnx",
    show_default=True,
    help="Of the file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file.  [default: MODEL.TAG.onnx or MODEL.TAG.pt2]",
)
@click.option(
    "--normalization/--no-normalization",
    default=True,
    help="Whether the file takes bytes, or images that were normalized.  [default: bytes]",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.registry
@options.as_json
def export(  # noqa: PLR0917 (click passes every argument by name)
    name: str,
    format_: str,
    out: Path | None,
    normalization: bool,
    force: bool,
    registry: str | None,
    as_json: bool,
) -> None:
    """Write the model NAME for other programs: published weights, a run's folder or a file.

    The file is run and has to give zoo's own answers on 1,000 test images before it gets its name;
    the exit code is 5 where it does not, and nothing is left of it.
    """
    from zoo_core.plugin_api import load_dataset, load_pretrained
    from zoo_export.export import export_to, find_exporter

    catalog = installed_catalog()
    pretrained = load_pretrained(catalog, name, registry=registry, device="cpu")
    exporter = find_exporter(catalog, pretrained, format_)
    path = out or Path(f"{_short(pretrained)}{FORMATS[format_].suffix}")
    _check_place(path, force=force)
    dataset = pretrained.card.dataset.name
    images = load_dataset(catalog.dataset(dataset)).splits["test"].images[:IMAGES]
    exported = export_to(path, pretrained, exporter, format_, images, normalization=normalization)
    if as_json:
        print_json(
            {
                "model": pretrained.name,
                "format": format_,
                "path": str(path),
                "bytes": exported.bytes,
                "normalization": normalization,
                "views": pretrained.views,
                "inputs": [asdict(port) for port in exported.inputs],
                "outputs": [asdict(port) for port in exported.outputs],
                "dataset": dataset,
                "compared": asdict(exported.comparison),
            }
        )
    else:
        _report(pretrained, exported)


def _short(pretrained: Pretrained) -> str:
    """Return ``MODEL.TAG``, or ``MODEL`` of weights that nobody has published."""
    return pretrained.name.partition("@")[0].rpartition("/")[2]


def _check_place(path: Path, *, force: bool) -> None:
    """See that a file may be written, before there is one."""
    if path.exists() and not force:
        raise InvalidValueError(
            f"{path} is there already", hint="Name another with --out, or replace it with --force."
        )
    if not path.parent.is_dir():
        raise InvalidValueError(
            f"there is no folder {path.parent}", hint=f"Make it: mkdir -p {path.parent}"
        )


def _report(pretrained: Pretrained, exported: Exported) -> None:
    compared = exported.comparison
    click.echo(f"{pretrained.name} is in {exported.path}: {exported.bytes:,} bytes.")
    for what, ports in (("Input", exported.inputs), ("Output", exported.outputs)):
        click.echo(f"{what}: {'; '.join(map(str, ports))}")
    click.echo(
        f"Run on {compared.images:,} test images of {pretrained.card.dataset.name}: every label is "
        f"zoo's, and no logit differs by more than {compared.difference:.1e}."
    )
