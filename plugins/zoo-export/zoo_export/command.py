"""The command `zoo export`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.plugin_api import (
    InvalidValueError,
    ZooCommand,
    installed_catalog,
    options,
    print_json,
    print_lines,
    shell_command,
    status,
)
from zoo_export.formats import FORMATS

if TYPE_CHECKING:
    from zoo_core import Pretrained
    from zoo_export.export import Exported

EXAMPLES = 1000
"""Number of test examples whose predictions are compared."""


@click.command(
    cls=ZooCommand,
    examples={
        "A file for onnxruntime": "zoo export cnn",
        "A run of yours, for PyTorch": "zoo export runs/mlp-1 --format torch-export --out mlp.pt2",
        "For normalized numbers": "zoo export cnn.best --no-normalization --force",
    },
)
@click.argument("name", shell_complete=options.complete_weights)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="onnx",
    show_default=True,
    help="Format of the file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: MODEL.TAG.onnx or MODEL.TAG.pt2]",
)
@click.option(
    "--normalization/--no-normalization",
    default=True,
    help="Include the normalization in the file (input as in the data, such as uint8 images), or "
    "not (input: normalized numbers).  [default: include]",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
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
    """Export the model NAME: published weights, a run's folder or a weight file.

    The exported file is run on 1,000 test examples, and must give the same predictions as zoo. If
    it does not, the exit code is 5, and no file is written.
    """
    # Imported here, because `zoo export --help` would otherwise import NumPy.
    from zoo_core.plugin_api import check_fit, find_scored_dataset, load_dataset, load_pretrained
    from zoo_export.export import export_to, find_exporter

    catalog = installed_catalog()
    # On the CPU, because onnxruntime runs there, and devices differ in rounding errors.
    pretrained = load_pretrained(catalog, name, registry=registry, device="cpu", runtime="trainer")
    exporter = find_exporter(catalog, pretrained, format_)
    path = out or Path(f"{_short(pretrained)}{FORMATS[format_].suffix}")
    _check_place(path, force=force)  # before the data set is loaded, which takes longer
    entry, dataset = find_scored_dataset(catalog, [pretrained], None), pretrained.card.dataset
    check_fit(entry.spec, [pretrained], "test")
    data = load_dataset(entry)
    notes = []
    # Nothing is scored, so examples that were used in training are as good as others.
    if data.sha256() != dataset.sha256:
        notes.append(f"the data set {dataset.name} has changed since the training")
    print_lines(*(f"zoo: {note}" for note in notes), err=True)
    inputs = data.splits["test"].inputs[:EXAMPLES]
    with status(f"Exporting {_short(pretrained)}"):
        exported = export_to(
            path, pretrained, exporter, format_, inputs, normalization=normalization
        )
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
                "dataset": dataset.name,
                "compared": asdict(exported.comparison),
                "notes": notes,
            }
        )
    else:
        _report(pretrained, exported)


def _short(pretrained: Pretrained) -> str:
    """Return ``MODEL.TAG``, or ``MODEL`` for unpublished weights."""
    # A name is [FAMILY/]MODEL[.TAG]@sha256:DIGEST, and a slash would be a folder.
    return pretrained.name.partition("@")[0].rpartition("/")[2]


def _check_place(path: Path, *, force: bool) -> None:
    """Raise an error unless a file may be written to `path`."""
    if path.exists() and not force:
        raise InvalidValueError(
            f"{path} exists already",
            hint="Choose another file with --out, or overwrite it with --force.",
        )
    if not path.parent.is_dir():
        raise InvalidValueError(
            f"there is no folder {path.parent}",
            hint=f"Create it: {shell_command('mkdir', '-p', path.parent)}",
        )


def _report(pretrained: Pretrained, exported: Exported) -> None:
    compared = exported.comparison
    print_lines(f"Exported {pretrained.name} to {exported.path}: {exported.bytes:,} bytes.")
    for kind, ports in (("Input", exported.inputs), ("Output", exported.outputs)):
        print_lines(f"{kind}: {'; '.join(map(str, ports))}")
    are_images = pretrained.input.kind == "image"
    are_classes = all(target.task == "classification" for target in pretrained.targets)
    print_lines(
        f"Compared on {compared.images:,} test {'images' if are_images else 'examples'} of "
        f"{pretrained.card.dataset.name}: {'all labels are equal, and ' if are_classes else ''}"
        f"{'logits' if are_classes else 'outputs'} differ by at most {compared.difference:.1e}."
    )
