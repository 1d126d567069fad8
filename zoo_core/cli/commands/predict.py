"""`zoo predict`: predictions for image files."""

from __future__ import annotations

import sys
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
from zoo_core.system.terminal import print_in_utf8, print_lines
from zoo_core.text import encodable, shown

if TYPE_CHECKING:
    from rich.console import Console

    from zoo_core.cli.prediction_output import PredictionLine
    from zoo_core.data.images.batches import FileBatch
    from zoo_core.data.images.processor import ImageProcessor
    from zoo_core.pretrained.model import Pretrained

    Write = Callable[[ProgressBar, FileBatch, Iterable[PredictionLine]], None]
    """Writes the predictions for the files of a batch."""

FEW = 8
"""Maximum number of files for which images are drawn and no progress bar is shown."""


@click.command()
@click.argument("weights", shell_complete=options.complete_weights)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.registry
@options.device
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help=f"Draw the inputs of the model on a terminal.  [default: for at most {FEW} images]",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print one CSV row per image.")
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
    """Classify IMAGES with WEIGHTS: a published name, a run folder or a .safetensors file.

    IMAGES are image files, folders of images, or - for standard input. They are converted as the
    training images were: turned upright, resized, and gray if the model is.

    An unreadable file is reported and the others are processed; the exit code is then 1.
    """
    if as_csv and as_json:
        raise InvalidValueError("--csv and --json exclude each other", hint="Choose one.")
    from zoo_core.cli.prediction_output import csv_header, csv_line
    from zoo_core.cli.terminal_image import console
    from zoo_core.data.images.batches import silence_pillow_warnings
    from zoo_core.data.images.processor import processor_for
    from zoo_core.pretrained.load import load_pretrained

    silence_pillow_warnings()  # a damaged file is reported as an error, once
    catalog = installed_catalog()
    pretrained = load_pretrained(catalog, weights, registry=registry, device=device)
    files, errors = _find(images)
    found: list[PredictionLine] = []
    if as_json:
        write: Write = lambda _bar, _batch, lines: found.extend(lines)  # noqa: E731
    elif as_csv:
        print_in_utf8()
        print_lines(csv_line(csv_header(pretrained.card.dataset.classes)))
        write = _write_csv
    else:
        # On stderr, because stdout has the predictions and may be piped to another program.
        print_lines(f"Predictions of {pretrained.name}", err=True)
        wanted = len(files) <= FEW if pictures is None else pictures
        screen = console() if wanted else None
        write = partial(_draw, screen) if screen else _write_text
    facts = pretrained.card.dataset
    processor = processor_for(catalog, facts.name, pretrained.input_shape, facts.pixel_ranges)
    errors += _predict(pretrained, processor, files, write, quiet=as_json)
    if as_json:
        print_json({"model": pretrained.name, "predictions": [line.as_json() for line in found]})
    for exc in errors:
        print_lines(f"zoo: {exc}", err=True)
    return 1 if errors else 0


def _find(paths: Iterable[Path]) -> tuple[list[Path], list[DataError]]:
    """Return the image files of paths, and the errors of others."""
    from zoo_core.data.images.batches import find_files

    files: list[Path] = []
    errors: list[DataError] = []
    for path in paths:
        try:
            found, others = find_files(path)
        except DataError as exc:
            errors.append(exc)
        else:
            files += found
            errors += others
    return files, errors


def _predict(
    pretrained: Pretrained,
    processor: ImageProcessor,
    files: Sequence[Path],
    write: Write,
    *,
    quiet: bool,
) -> list[DataError]:
    """Write the predictions for files; return the errors of unreadable ones."""
    from zoo_core.cli.prediction_output import prediction_lines
    from zoo_core.data.images.batches import read_batches

    errors: list[DataError] = []
    classes = pretrained.card.dataset.classes
    done = 0
    with ProgressBar(quiet=quiet, text_first=False) as bar:
        if len(files) > FEW:
            bar.start(len(files))
        for batch in read_batches(files, processor):
            errors += batch.errors
            if batch.files:  # empty if no file of the batch is readable
                predictions = pretrained.predict(batch.images)
                write(bar, batch, prediction_lines(batch, predictions, classes))
            done += len(batch)
            bar.update(done, len(files), "")
    return errors


def _write_text(bar: ProgressBar, _batch: FileBatch, lines: Iterable[PredictionLine]) -> None:
    # One call per batch, because each call redraws the bar.
    bar.say(*map(str, lines))


def _write_csv(bar: ProgressBar, _batch: FileBatch, lines: Iterable[PredictionLine]) -> None:
    from zoo_core.cli.prediction_output import csv_line

    # A program gets the names as they are, line breaks included; a terminal must not act on them.
    rows = [csv_line(map(encodable, line.as_row())) for line in lines]
    if sys.stdout.isatty():
        bar.say(*rows)
    else:
        sys.stdout.write("".join(f"{row}\n" for row in rows))
        sys.stdout.flush()


def _draw(
    screen: Console, _bar: ProgressBar, batch: FileBatch, lines: Iterable[PredictionLine]
) -> None:
    from zoo_core.cli.terminal_image import draw_image

    for line, image in zip(lines, batch.images, strict=True):
        screen.print(shown(str(line)), style="bold")
        screen.print(draw_image(image))
