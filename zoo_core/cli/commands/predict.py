"""`zoo predict`: predictions for files of inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress.progress_bar import ProgressBar
from zoo_core.system.terminal import print_in_utf8, print_lines
from zoo_core.text import encodable, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from zoo_core.cli.prediction.batch import InputBatch, PredictionInputs
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.metrics.task import Task
    from zoo_core.pretrained.model import Pretrained

    Write = Callable[[ProgressBar, InputBatch, Predictions, Sequence[Task]], None]
    """Writes the predictions for the examples of a batch."""

FEW = 8
"""Maximum number of examples for which images are drawn and no progress bar is shown."""


@click.command(
    cls=ZooCommand,
    examples={
        "One image": "zoo predict numpy-net digit.png",
        "Every image of a folder, as a CSV file would have it": "zoo predict cnn photos --csv",
        "Rows of a table, with a run of yours": "zoo predict runs/numpy-regressor-1 sums.csv",
        "Images for a program": "zoo predict cnn.best one.png two.png --json",
    },
)
@click.argument("weights", shell_complete=options.complete_weights)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.registry
@options.device
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help=f"Draw the inputs of the model on a terminal, if they are images.  "
    f"[default: for at most {FEW} images]",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print one CSV row per example.")
@options.as_json
def predict(  # noqa: PLR0917 (click passes every argument by name)
    weights: str,
    files: tuple[Path, ...],
    registry: str | None,
    device: str,
    pictures: bool | None,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Predict FILES with WEIGHTS: a published name, a run folder or a .safetensors file.

    FILES fit the model: image files, or folders of images; tables (.csv, .jsonl, .parquet) for
    features; text for tokens; .npy for other arrays. A - is standard input. Images are converted
    as the training images were: turned upright, resized, and gray if the model is.

    An unreadable image is reported and the others are processed; the exit code is then 1.
    """
    if as_csv and as_json:
        raise InvalidValueError("--csv and --json exclude each other", hint="Choose one.")
    from zoo_core.cli.prediction.find_inputs import find_inputs
    from zoo_core.cli.prediction.output import csv_columns, csv_line, json_records
    from zoo_core.cli.terminal_image import console
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    pretrained = load_pretrained(catalog, weights, registry=registry, device=device)
    inputs = find_inputs(catalog, pretrained, files)
    found: list[dict[str, Any]] = []
    if as_json:
        write: Write = lambda _bar, batch, *made: found.extend(  # noqa: E731
            json_records(batch.names, *made)
        )
    elif as_csv:
        print_in_utf8()
        print_lines(csv_line([*inputs.columns, *csv_columns(pretrained.tasks)]))
        write = _write_csv
    else:
        # On stderr, because stdout has the predictions and may be piped to another program.
        print_lines(f"Predictions of {pretrained.name}", err=True)
        few = inputs.count is not None and inputs.count <= FEW
        wanted = pretrained.input.kind == "image" and (few if pictures is None else pictures)
        screen = console() if wanted else None
        write = partial(_draw, screen) if screen else _write_text
    errors = [*inputs.errors, *_predict(pretrained, inputs, write, quiet=as_json)]
    if as_json:
        print_json({"model": pretrained.name, "predictions": found})
    for exc in errors:
        print_lines(f"zoo: {exc}", err=True)
    return 1 if errors else 0


def _predict(
    pretrained: Pretrained, inputs: PredictionInputs, write: Write, *, quiet: bool
) -> list[DataError]:
    """Write the predictions for examples; return the errors of unreadable ones."""
    errors: list[DataError] = []
    done = 0
    with ProgressBar(quiet=quiet, text_first=False) as bar:
        if inputs.count is not None and inputs.count > FEW:
            bar.start(inputs.count)
        for batch in inputs.batches():
            errors += batch.errors
            if batch.names:  # empty if no example of the batch is readable
                write(bar, batch, pretrained.predict(batch.inputs), pretrained.tasks)
            done += len(batch)
            if inputs.count is not None:
                bar.update(done, inputs.count, "")
    return errors


def _write_text(
    bar: ProgressBar, batch: InputBatch, predictions: Predictions, tasks: Sequence[Task]
) -> None:
    from zoo_core.cli.prediction.output import text_lines

    # One call per batch, because each call redraws the bar.
    bar.say(*text_lines(batch.names, predictions, tasks))


def _write_csv(
    bar: ProgressBar, batch: InputBatch, predictions: Predictions, tasks: Sequence[Task]
) -> None:
    from zoo_core.cli.prediction.output import csv_line, csv_rows

    cells = batch.cells or [[name] for name in batch.names]
    # A program gets the names as they are, line breaks included; a terminal must not act on them.
    rows = [
        csv_line(map(encodable, [*own, *predicted]))
        for own, predicted in zip(cells, csv_rows(predictions, tasks), strict=True)
    ]
    if sys.stdout.isatty():
        bar.say(*rows)
    else:
        sys.stdout.write("".join(f"{row}\n" for row in rows))
        sys.stdout.flush()


def _draw(
    screen: Console,
    _bar: ProgressBar,
    batch: InputBatch,
    predictions: Predictions,
    tasks: Sequence[Task],
) -> None:
    from zoo_core.cli.prediction.output import text_lines
    from zoo_core.cli.terminal_image import draw_image

    lines = text_lines(batch.names, predictions, tasks)
    for line, image in zip(lines, batch.inputs, strict=True):
        screen.print(shown(line), style="bold")
        screen.print(draw_image(image))
