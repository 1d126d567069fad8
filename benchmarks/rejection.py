"""Refusal of images that are no digits: ``python -m benchmarks.rejection [MODEL.TAG]…``.

The test images of Fashion-MNIST, which are clothes, are predicted by models of MNIST. The table has
the area under the ROC curve between the two, for the familiarity of the images and for the
confidence of the predictions, and the share of each that is accepted.
"""

from __future__ import annotations

import click
import numpy as np
from numpy.typing import NDArray

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.predictions import Predictions

MODELS = ("cnn.best", "cnn.default", "cnn.best-10k", "mlp.best", "mlp.best-10", "numpy-net.best")


def roc_area(inside: NDArray[np.floating], outside: NDArray[np.floating]) -> float:
    """Return the probability that a number of the first kind is above one of the second.

    Equal numbers count half.
    """
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left")
    not_above = np.searchsorted(ordered, inside, side="right")
    return float((below + not_above).mean() / 2 / len(outside))


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Print a row of Markdown per model."""
    digits, clothes = (
        load_dataset(installed_catalog().dataset(name)).splits["test"].inputs
        for name in ("mnist", "fashion-mnist")
    )
    click.echo("| weights | AUROC, familiarity | AUROC, confidence | digits accepted | clothes |")
    click.echo("|---|---|---|---|---|")
    for name in names or MODELS:
        model = zoo.load(name)
        predictions = [model.predict(images) for images in (digits, clothes)]
        familiar = [_numbers(model.familiarity(images)) for images in (digits, clothes)]
        sure = [_numbers(each.confidence) for each in predictions]
        shares = (f"{_accepted(each):.2%}" for each in predictions)
        areas = (f"{roc_area(*each):.2%}" for each in (familiar, sure))
        click.echo(f"| `{name}` | {' | '.join([*areas, *shares])} |")


def _numbers(found: NDArray[np.floating] | None) -> NDArray[np.floating]:
    assert found is not None, "the weights have no calibration"
    return found


def _accepted(predictions: Predictions) -> float:
    return float(predictions.accepted.mean())


if __name__ == "__main__":
    main()
