"""Inputs of `zoo predict`: batches of examples from files that fit the model's kind of input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from zoo_core.cli.prediction.batch import InputBatch, PredictionInputs
from zoo_core.errors import DataError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained


def find_inputs(
    catalog: Catalog, pretrained: Pretrained, paths: Sequence[Path]
) -> PredictionInputs:
    """Return the examples in files that fit the kind of a model's inputs.

    Raises:
        DataError: a file cannot be read, for kinds whose files have many examples.
        InvalidValueError: its examples do not fit the model.
    """
    # Imported here, because each kind needs libraries of its own, such as Pillow.
    match pretrained.input.kind:
        case "image":
            return _find_images(catalog, pretrained, paths)
        case "features" if any(path.suffix != ".npy" for path in paths):
            from zoo_core.cli.prediction.row_inputs import find_rows

            return find_rows(catalog, pretrained, paths)
        case "tokens":
            from zoo_core.cli.prediction.array_inputs import find_texts

            return find_texts(catalog, pretrained, paths)
        case _:
            from zoo_core.cli.prediction.array_inputs import find_arrays

            return find_arrays(catalog, pretrained, paths)


def _find_images(
    catalog: Catalog, pretrained: Pretrained, paths: Sequence[Path]
) -> PredictionInputs:
    from zoo_core.data.images.batches import read_batches, silence_pillow_warnings
    from zoo_core.data.images.processor import model_processor

    silence_pillow_warnings()  # a damaged file is reported as an error, once
    files, errors = _image_files(paths)
    processor = model_processor(catalog, pretrained.input, *pretrained.card_data)

    def batches() -> Iterator[InputBatch]:
        for batch in read_batches(files, processor):
            yield InputBatch(batch.names, batch.images, images=batch, errors=batch.errors)

    return PredictionInputs(len(files), batches, errors=tuple(errors))


def _image_files(paths: Iterable[Path]) -> tuple[list[Path], list[DataError]]:
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
