"""`zoo predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from zoo_core.catalog import installed
from zoo_core.cli import options
from zoo_core.errors import DataError
from zoo_core.images import read_image, reader_for
from zoo_core.listing import print_json
from zoo_core.loading import load
from zoo_core.predictions import Predictions
from zoo_core.pretrained import Pretrained

RUNNERS_UP = 2


@click.command()
@click.argument("weights", shell_complete=options.weights)
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@options.registry
@options.device
@options.as_json
def predict(
    weights: str, images: tuple[Path, ...], registry: str | None, device: str, as_json: bool
) -> int:
    """Read IMAGES with WEIGHTS: the name of published ones, a run's folder or a .safetensors file.

    A file that is no image is named and the others are read all the same; the exit code is then 1.
    """
    catalog = installed()
    pretrained = load(catalog, weights, registry=registry, device=device)
    fitted = reader_for(catalog, pretrained.card.dataset.name, pretrained.input_shape)
    readable, faults = [], []
    for path in images:
        try:
            readable.append((path, fitted(read_image(path, pretrained.input_shape[0]))))
        except DataError as fault:
            faults.append(fault)
            click.echo(f"zoo: {fault}", err=True)
    answers = []
    if readable:
        predictions = pretrained.predict(np.stack([pixels for _, pixels in readable]))
        answers = [
            _answer(path, pretrained, predictions, row) for row, (path, _) in enumerate(readable)
        ]
    if as_json:
        print_json({"model": pretrained.name, "predictions": answers})
    else:
        click.echo(f"Read by {pretrained.name}", err=True)
        for answer in answers:
            click.echo(_sentence(answer, pretrained.card.dataset.classes))
    return 1 if faults else 0


def _answer(
    path: Path, pretrained: Pretrained, predictions: Predictions, row: int
) -> dict[str, Any]:
    """Return what is said of one image; lists have an entry a head."""
    ranked = [head[row].argsort()[::-1] for head in predictions.probabilities]
    return {
        "file": str(path),
        "labels": predictions.labels[row].tolist(),
        "probabilities": [
            float(head[row][order[0]])
            for head, order in zip(predictions.probabilities, ranked, strict=True)
        ],
        "runners_up": [
            [
                {"label": int(label), "probability": float(head[row][label])}
                for label in order[1 : 1 + RUNNERS_UP]
            ]
            for head, order in zip(predictions.probabilities, ranked, strict=True)
        ],
    }


def _sentence(answer: dict[str, Any], classes: tuple[tuple[str, ...], ...]) -> str:
    """Return ``FILE: 7 (98.1%), 9 (1.2%), 4 (0.4%)``, the heads parted by semicolons."""
    heads = zip(
        classes, answer["labels"], answer["probabilities"], answer["runners_up"], strict=True
    )
    read = []
    for names, label, probability, runners_up in heads:
        ranked = [(label, probability), *((up["label"], up["probability"]) for up in runners_up)]
        read.append(", ".join(f"{names[i]} ({share:.1%})" for i, share in ranked))
    return f"{answer['file']}: {'; '.join(read)}"
