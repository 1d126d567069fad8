"""Public functions about weights: load, evaluate, compare and verify them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.api.catalog import usable_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.registry.lookup import resolve_weights

# Imported inside the functions that need them, because `load` must not wait for the others.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zoo_core.data.dataset import ArrayDataset
    from zoo_core.data.images.reading import Reading
    from zoo_core.evaluation.compare import Comparison
    from zoo_core.metrics.scores import Scores
    from zoo_core.pretrained.model import Pretrained
    from zoo_core.publishing.verify import Verification


def load(
    name: str | PathLike[str],
    *,
    registry: str | None = None,
    runtime: str = "auto",
    device: str = "auto",
    into: Any = None,
) -> Pretrained:
    """Load and verify weights by their published name, or from a run's folder or a file.

    Args:
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, such as ``cnn`` or ``cnn.default``; or a
            path.
        registry: folder or URL of the only registry to search; None for all registries.
        runtime: component that predicts: ``auto``, ``onnx``, ``trainer`` (that of the weights), or
            a trainer's name such as ``torch``. With ``auto``, a runtime that has a program of the
            weights predicts, unless the framework of their trainer is imported already.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        into: an existing model that receives the weights, unchanged if loading fails; None for a
            new one.

    Raises:
        ZooError: see `zoo_core.pretrained.load.load_pretrained`.
    """
    return load_pretrained(
        usable_catalog(), name, registry=registry, runtime=runtime, device=device, into=into
    )


def evaluate(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | ArrayDataset | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
) -> Scores:
    """Return the scores of weights, or of the ensemble of several, on a split.

    Images that were used in training are left out, and a difference between the data and the card
    is a `UserWarning`; see `zoo_core.evaluation.evaluate`.

    Args:
        weights: names, paths or loaded models.
        dataset: name of the data set, or the data set itself; None for the one of the training.
        split: name of the split.
        classes: class of the data set -> class of the model, for names that differ, for instance
            ``{"zcat": "cat"}``.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.installation.python_objects import name_of_dataset

    name = name_of_dataset(dataset)
    evaluation = evaluate_pretrained(
        usable_catalog(), _load_all(weights), dataset=name, split=split, classes=classes or {}
    )
    _warn(evaluation.notes)
    return evaluation.together


def _warn(notes: Iterable[str]) -> None:
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=3)  # at the caller of `evaluate` or `compare`


def _load_all(weights: Sequence[Pretrained | str | PathLike[str]]) -> list[Pretrained]:
    from zoo_core.pretrained.model import Pretrained

    if not weights:
        raise TypeError("expected at least one model: a name, a path or a loaded model, got none")
    # Loaded ones as they are, so that a loop over data sets loads each file once.
    return [each if isinstance(each, Pretrained) else load(each) for each in weights]


def compare(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | ArrayDataset | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare weights on a split, as `evaluate` scores them; see `zoo_core.evaluation.compare`."""
    from zoo_core.evaluation.compare import compare_pretrained
    from zoo_core.installation.python_objects import name_of_dataset

    name = name_of_dataset(dataset)
    comparison = compare_pretrained(
        usable_catalog(), _load_all(weights), dataset=name, split=split, classes=classes or {}
    )
    _warn(comparison.notes)
    return comparison


def read_images(pretrained: Pretrained, files: Iterable[str | PathLike[str]]) -> NDArray[np.uint8]:
    """Return image files as inputs of a model: uint8 ``(N, C, H, W)``.

    Images of any size are converted as the model's training images were.

    Raises:
        DataError: a file is not a readable image, or does not contain one input for the model:
            see `read_parts`.
        InvalidValueError: the model's input is neither gray nor RGB.
    """
    import numpy as np

    from zoo_core.data.images.processor import model_processor

    processor = model_processor(usable_catalog(), pretrained.input, *pretrained.card_data)
    images = [processor.read(Path(file)) for file in files]
    # `np.stack` refuses an empty list.
    return np.stack(images) if images else np.empty((0, *pretrained.input_shape), np.uint8)


def read_parts(pretrained: Pretrained, file: str | PathLike[str]) -> Reading:
    """Return the inputs for a model that an image file contains, and where each was found.

    A photo of several numbers, for instance, has several; ``.refusal`` is the reason for none at
    all. Errors are those of `read_images`.
    """
    from zoo_core.data.images.processor import model_processor

    processor = model_processor(usable_catalog(), pretrained.input, *pretrained.card_data)
    return processor.find(Path(file))


def read_rows(
    pretrained: Pretrained, rows: str | PathLike[str] | Iterable[Mapping[str, Any]]
) -> NDArray[Any]:
    """Return rows of a table as inputs of a model: float32 ``(N, features)``.

    Columns are found by their names, and others are left out.

    Args:
        pretrained: the model.
        rows: file of CSV or JSON lines, or records: dictionaries with a value per column.

    Raises:
        DataError: a column is missing, or a cell is not a number or a known category.
    """
    import numpy as np

    from zoo_core.data.tables.row_encoder import RowEncoder
    from zoo_core.data.tables.rows import open_rows, record_rows

    spec = pretrained.input
    if isinstance(rows, str | PathLike):
        file = open_rows(Path(rows), named=bool(spec.columns))
    else:
        file = record_rows(rows, "rows")
    fills = bool(pretrained.normalization.fill)
    encoder = RowEncoder(spec, file.columns, file.name, fills=fills)
    values = []
    for row in file.rows():
        if not isinstance(row, tuple):
            raise row
        values.append(encoder.encode(*row))
    return np.array(values, spec.dtype).reshape(-1, *spec.shape)


def verify(name: str, *, registry: str | None = None) -> Verification:
    """Verify published weights: file, card, model, golden outputs, and every test image again.

    Args:
        name: name of the weights.
        registry: see `load`.

    Raises:
        VerificationError: a check failed; the first one is raised.
        ZooError: a check could not be run.
    """
    from zoo_core.publishing.verify import Verifier

    verification = Verifier(usable_catalog()).verify(
        resolve_weights(usable_catalog(), name, registry)
    )
    for exc in verification.errors:  # the first, if any
        raise exc
    return verification
