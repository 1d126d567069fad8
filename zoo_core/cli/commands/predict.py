"""`zoo predict`: predictions for image files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress_bar import ProgressBar

if TYPE_CHECKING:
    from rich.console import Console

    from zoo_core.cli.prediction_output import PredictionLine
    from zoo_core.data.image_batches import FileBatch
    from zoo_core.data.image_files import ImageReader
    from zoo_core.pretrained.model import Pretrained

    Say = Callable[[ProgressBar, FileBatch, Iterable[PredictionLine]], None]
    """Says what is read in the files of a batch."""

FEW = 8
"""Up to how many images are shown in a terminal, without a bar."""


@click.command()
@click.argument("weights", shell_complete=options.complete_weights)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.registry
@options.device
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help=f"Show what the model was given, on a terminal. By default that of {FEW} images at most.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV an image.")
@options.as_json
def predict(  # noqa: PLR0917 (click passes every argument by name)
    weights: str,
    images: tuple[Path, ...],
    registry: str | None,
    device: str,
    pictures: bool | None,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Read IMAGES with WEIGHTS: the name of published ones, a run's folder or a .safetensors file.

    IMAGES are files, folders with images in them, or - for standard input, of any size and
    colors: photos and drawings are brought into the form of the data set that the model was
    trained on, and images that have it are taken as they are.

    A file that is no image is named and the others are read all the same; the exit code is then 1.
    """
    if as_csv and as_json:
        raise InvalidValueError("--csv and --json cannot both be printed", hint="Choose one.")
    from zoo_core.cli.prediction_output import csv_header, csv_line
    from zoo_core.cli.terminal_image import console
    from zoo_core.data.image_batches import silence_pillow_warnings
    from zoo_core.data.image_files import reader_for
    from zoo_core.pretrained.load import load_pretrained

    silence_pillow_warnings()
    catalog = installed_catalog()
    pretrained = load_pretrained(catalog, weights, registry=registry, device=device)
    files, errors = _find(images)
    found: list[PredictionLine] = []
    if as_json:
        say: Say = lambda _bar, _batch, read: found.extend(read)  # noqa: E731
    elif as_csv:
        click.echo(csv_line(csv_header(pretrained.card.dataset.classes)))
        say = _say_csv
    else:
        click.echo(f"Read by {pretrained.name}", err=True)
        wanted = len(files) <= FEW if pictures is None else pictures
        screen = console() if wanted else None
        say = partial(_show, screen) if screen else _say_text
    reader = reader_for(catalog, pretrained.card.dataset.name, pretrained.input_shape)
    errors += _read(pretrained, reader, files, say, quiet=as_json)
    if as_json:
        print_json(
            {"model": pretrained.name, "predictions": [answer.as_json() for answer in found]}
        )
    for exc in errors:
        click.echo(f"zoo: {exc}", err=True)
    return 1 if errors else 0


def _find(paths: Iterable[Path]) -> tuple[list[Path], list[DataError]]:
    """Return the images that are named, and what is wrong with folders that have none."""
    from zoo_core.data.image_batches import find_images

    files: list[Path] = []
    errors = []
    for path in paths:
        try:
            files += find_images(path)
        except DataError as exc:
            errors.append(exc)
    return files, errors


def _read(
    pretrained: Pretrained, reader: ImageReader, files: Sequence[Path], say: Say, *, quiet: bool
) -> list[DataError]:
    """Read files and say what is in them; return what is wrong with the others."""
    from zoo_core.cli.prediction_output import prediction_lines
    from zoo_core.data.image_batches import read_batches

    errors: list[DataError] = []
    classes = pretrained.card.dataset.classes
    done = 0
    with ProgressBar(quiet=quiet, text_first=False) as bar:
        if len(files) > FEW:
            bar.start(len(files))
        for batch in read_batches(files, reader, pretrained.input_shape):
            errors += batch.errors
            if batch.files:
                say(bar, batch, prediction_lines(batch, pretrained.predict(batch.images), classes))
            done += len(batch)
            bar.update(done, len(files), "")
    return errors


def _say_text(bar: ProgressBar, _batch: FileBatch, read: Iterable[PredictionLine]) -> None:
    bar.say("\n".join(map(str, read)))


def _say_csv(bar: ProgressBar, _batch: FileBatch, read: Iterable[PredictionLine]) -> None:
    from zoo_core.cli.prediction_output import csv_line

    bar.say("\n".join(csv_line(answer.as_row()) for answer in read))


def _show(
    screen: Console, _bar: ProgressBar, batch: FileBatch, read: Iterable[PredictionLine]
) -> None:
    from zoo_core.cli.terminal_image import draw_image

    for answer, image in zip(read, batch.images, strict=True):
        screen.print(str(answer), style="bold")
        screen.print(draw_image(image))
