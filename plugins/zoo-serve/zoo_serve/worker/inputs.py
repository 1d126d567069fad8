"""Inputs of `POST /predict`: image files, rows of tables, lines of text and arrays."""

from __future__ import annotations

import json
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core import Found, ZooError
from zoo_core.plugin_api import (
    DataError,
    FileBatch,
    InputBatch,
    RefusedFile,
    find_inputs,
)
from zoo_serve.messages import Request
from zoo_serve.worker.multipart import File, read_files
from zoo_serve.worker.numbers import parse_json, parse_numbers
from zoo_serve.worker.replies import RefusedError
from zoo_serve.worker.served import Served

STDIN = "-"
"""Name of a body, as `zoo predict` calls its standard input."""

SUFFIXES = {
    "text/csv": ".csv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "text/plain": ".txt",
    "application/x-npy": ".npy",
    "application/vnd.apache.parquet": ".parquet",
}
"""Content type -> suffix of the file that `zoo predict` would read."""

DEFAULT = {"features": ".csv", "tokens": ".txt", "array": ".npy"}
"""Kind of input -> suffix for other content types."""

NOT_IMAGES = ("text/csv", "text/plain", "application/json")


def read_inputs(served: Served, request: Request) -> list[InputBatch]:
    """Return the examples of a request, in the batches that `zoo predict` predicts.

    Raises:
        RefusedError: the body is of another kind than the model's inputs.
        ZooError: the body cannot be read.
    """
    plain = request.content_type.partition(";")[0].strip().lower()
    files = [File(STDIN, plain, request.body)]
    if plain == "multipart/form-data":
        files = read_files(request.content_type, request.body)
    if served.pretrained.input.kind == "image":
        if plain in NOT_IMAGES:
            raise RefusedError(415, f"expected an image, such as image/png, got {plain}")
        return [_read_images(served, files)]
    if len(files) > 1:
        raise RefusedError(400, f"expected one file, got {len(files)}")
    (file,) = files
    if file.content_type.partition(";")[0].strip().lower() == "application/json":
        return _read_json(served, file.content)
    return _read_file(served, file)


def _read_images(served: Served, files: list[File]) -> InputBatch:
    found: list[tuple[str, int, Found]] = []
    refused: list[RefusedFile] = []
    errors: list[DataError] = []
    for place, file in enumerate(files):
        label = "the image" if file.name == STDIN else file.name
        try:
            reading = served.processor.find(BytesIO(file.content), name=label)
        except DataError as exc:
            errors.append(exc)
            continue
        if reading.refusal:
            refused.append(RefusedFile(Path(file.name), reading.refusal, place))
        several = len(reading.found) > 1
        for number, each in enumerate(reading.found, 1):
            name = f"{file.name}, part {number}" if several else file.name
            found.append((name, place, each))
    images = np.empty((len(found), *served.processor.shape), np.uint8)
    for row, (_, _, each) in enumerate(found):
        images[row] = each.image
    batch = FileBatch(
        names=tuple(name for name, _, _ in found),
        images=images,
        files=tuple(Path(files[place].name) for _, place, _ in found),
        places=tuple(place for _, place, _ in found),
        boxes=tuple(each.boxes for _, _, each in found),
        doubts=tuple(each.doubt for _, _, each in found),
        refused=tuple(refused),
        errors=tuple(errors),
    )
    return InputBatch(batch.names, images, images=batch, errors=batch.errors)


def _read_json(served: Served, body: bytes) -> list[InputBatch]:
    """Return rows as objects, texts, or lists of numbers as examples."""
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise RefusedError(400, "expected at least one row, got an empty list")
    if all(isinstance(row, dict) for row in rows):
        lines = "\n".join(map(json.dumps, rows))
        return _read_file(served, File(STDIN, "application/jsonl", lines.encode()))
    if all(isinstance(row, str) for row in rows):
        if any(len(row.splitlines()) > 1 for row in rows):
            raise RefusedError(400, "expected texts of one line each, got line breaks")
        lines = "".join(f"{row}\n" for row in rows)
        return _read_file(served, File(STDIN, "text/plain", lines.encode()))
    batch = served.pretrained.as_batch(parse_numbers(rows, "rows"))
    return [InputBatch(tuple(f"row {number}" for number in range(1, 1 + len(batch))), batch)]


def _read_file(served: Served, file: File) -> list[InputBatch]:
    """Return the examples of a file by the functions of `zoo predict`, which read files."""
    plain = file.content_type.partition(";")[0].strip().lower()
    suffix = SUFFIXES.get(plain) or Path(file.name).suffix.lower()
    if suffix not in SUFFIXES.values():
        suffix = DEFAULT[served.pretrained.input.kind]
    with tempfile.TemporaryDirectory(prefix="zoo-serve-") as folder:
        path = Path(folder) / f"body{suffix}"
        path.write_bytes(file.content)
        try:
            inputs = find_inputs(served.catalog, served.pretrained, [path])
            batches = [_without_path(batch, path) for batch in inputs.batches()]
        except ZooError as exc:
            raise _renamed(exc, path) from exc
    return batches


def _without_path(batch: InputBatch, path: Path) -> InputBatch:
    """Return a batch whose names and errors do not contain the temporary file."""
    names = (name.replace(f"{path}, ", "").replace(str(path), "body") for name in batch.names)
    errors = tuple(_renamed(error, path) for error in batch.errors)
    return InputBatch(tuple(names), batch.inputs, batch.cells, errors=errors)


def _renamed(exc: Any, path: Path) -> Any:
    """Return an error that names the body instead of the temporary file."""
    return type(exc)(exc.problem.replace(str(path), "the body"), hint=exc.hint)
