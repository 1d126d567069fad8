"""Inputs of `zoo predict` from text and ``.npy`` files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.cli.prediction.batch import InputBatch, PredictionInputs
from zoo_core.data.tokens import encode_texts
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.model import Pretrained

STDIN = Path("-")

BATCH = 1000
"""Maximum number of examples per batch."""


def find_arrays(_: Catalog, pretrained: Pretrained, paths: Sequence[Path]) -> PredictionInputs:
    """Return the examples in ``.npy`` files, each of one example or of several.

    Raises:
        DataError: a file cannot be read.
        InvalidValueError: its array does not fit the model.
    """
    whole = {path: _as_batch(pretrained, path, _read_array(path)) for path in paths}

    def batches() -> Iterator[InputBatch]:
        for path, array in whole.items():
            names = [str(path)] if len(array) == 1 else [f"{path}[{i}]" for i in range(len(array))]
            yield from _batches(names, array)

    return PredictionInputs(sum(map(len, whole.values())), batches)


def find_texts(catalog: Catalog, pretrained: Pretrained, paths: Sequence[Path]) -> PredictionInputs:
    """Return the lines of text files, or the tokens of ``.npy`` files, as examples.

    Raises:
        DataError: a file cannot be read.
        InvalidValueError: the weights have no vocabulary.
    """
    if all(path.suffix == ".npy" for path in paths):
        return find_arrays(catalog, pretrained, paths)
    names: list[str] = []
    texts: list[str] = []
    for path in paths:
        lines = _read_lines(path)
        name = "line" if path == STDIN else f"{path}, line"
        names += [f"{name} {number}" for number in range(1, len(lines) + 1)]
        texts += lines
    tokens = encode_texts(texts, pretrained.input)
    cells = [[text] for text in texts]
    return PredictionInputs(len(texts), lambda: _batches(names, tokens, cells), columns=("text",))


def _batches(
    names: Sequence[str], array: NDArray[Any], cells: Sequence[list[str]] = ()
) -> Iterator[InputBatch]:
    for start in range(0, len(array), BATCH):
        part = slice(start, start + BATCH)
        yield InputBatch(tuple(names[part]), array[part], tuple(cells[part]))


def _as_batch(pretrained: Pretrained, path: Path, array: NDArray[Any]) -> NDArray[Any]:
    try:
        return pretrained.as_batch(array)
    except InvalidValueError as exc:
        raise InvalidValueError(f"{path}: {exc.problem}", hint=exc.hint) from exc


def _read_array(path: Path) -> NDArray[Any]:
    try:
        # Without pickle, because loading one runs any code that it contains.
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as exc:
        reason = getattr(exc, "strerror", None) or "expected a .npy file of numbers"
        raise DataError(f"{path} cannot be read: {reason}") from exc
    if not isinstance(array, np.ndarray):
        raise DataError(f"{path} cannot be read: expected one array, got several")
    return array


def _read_lines(path: Path) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "expected text in UTF-8"
        raise DataError(f"{path} cannot be read: {reason}") from exc
