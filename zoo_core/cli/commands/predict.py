"""`zoo predict`: predictions for files of inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.installation.installed import installed_catalog
from zoo_core.system.progress.progress_bar import ProgressBar
from zoo_core.system.terminal import print_lines

if TYPE_CHECKING:
    from zoo_core.cli.prediction.batch import PredictionInputs
    from zoo_core.cli.prediction.writers import Writer
    from zoo_core.pretrained.model import Pretrained

FEW = 8
"""Maximum number of examples for which images are drawn and no progress bar is shown."""


@click.command(
    cls=ZooCommand,
    examples={
        "One image": "zoo predict numpy-net digit.png",
        "Every image of a folder, as a CSV file would have it": "zoo predict cnn photos --csv",
        "Rows of a table, with a run of yours": "zoo predict runs/numpy-regressor-1 sums.csv",
        "Images for a program": "zoo predict cnn.best one.png two.png --json",
        "Also the guesses that are refused": "zoo predict cnn blurred.png --force",
    },
)
@click.argument("weights", shell_complete=options.complete_weights)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.registry
@options.runtime
@options.device
@click.option(
    "--pictures/--no-pictures",
    default=None,
    help=f"Draw images on a terminal, with boxes around what was found in them, and the inputs of "
    f"the model.  [default: for at most {FEW} images]",
)
@click.option("--force", is_flag=True, help="Print refused predictions too.")
@click.option("--csv", "as_csv", is_flag=True, help="Print one CSV row per example.")
@options.as_json
def predict(  # noqa: PLR0917 (click passes every argument by name)
    weights: str,
    files: tuple[Path, ...],
    registry: str | None,
    runtime: str,
    device: str,
    pictures: bool | None,
    force: bool,
    as_csv: bool,
    as_json: bool,
) -> int:
    """Predict FILES with WEIGHTS: a published name, a run folder or a .safetensors file.

    FILES fit the model: image files, or folders of images; tables (.csv, .jsonl, .parquet) for
    features; text for tokens; .npy for other arrays. A - is standard input. Images are converted
    as the training images were: turned upright, resized, and gray if the model is.

    A prediction is refused, with the reason, if nothing was found in an image, or if the model is
    less sure than for nearly all of its validation examples (the recipe's `reject`).

    An unreadable image is reported and the others are processed; the exit code is then 1, as it is
    if every prediction is refused.
    """
    if as_csv and as_json:
        raise InvalidValueError("--csv and --json exclude each other", hint="Choose one.")
    from zoo_core.cli.prediction.find_inputs import find_inputs
    from zoo_core.cli.prediction.writers import make_writer
    from zoo_core.pretrained.load import load_pretrained

    catalog = installed_catalog()
    pretrained = load_pretrained(
        catalog, weights, registry=registry, runtime=runtime, device=device
    )
    inputs = find_inputs(catalog, pretrained, files)
    if pictures is None:
        pictures = inputs.count is not None and inputs.count <= FEW
    kind = "csv" if as_csv else "json" if as_json else "text"
    with ProgressBar(quiet=as_json, text_first=False) as bar:
        writer = make_writer(kind, pretrained, inputs, bar, force=force, pictures=pictures)
        errors = [*inputs.errors, *_predict(pretrained, inputs, writer, bar)]
    writer.finish()
    for exc in errors:
        print_lines(f"zoo: {exc}", err=True)
    if writer.n_refused and not force and not as_json:
        print_lines(f"zoo: {writer.refused_text}", err=True)
    return 1 if errors or (writer.n_refused and not writer.n_accepted) else 0


def _predict(
    pretrained: Pretrained, inputs: PredictionInputs, writer: Writer, bar: ProgressBar
) -> list[DataError]:
    """Write the predictions for examples; return the errors of unreadable ones."""
    errors: list[DataError] = []
    done = 0
    if inputs.count is not None and inputs.count > FEW:
        bar.start(inputs.count)
    for batch in inputs.batches():
        errors += batch.errors
        writer.write(batch, pretrained.predict)
        done += batch.n_sources
        if inputs.count is not None:
            bar.update(done, inputs.count, "")
    return errors
