"""Export weights to a file that is run and compared before it gets its name."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core import Pretrained, ZooError
from zoo_core.plugin_api import (
    Catalog,
    InvalidValueError,
    PluginError,
    VerificationError,
    atomic_writer,
    join_names,
    one_line,
)
from zoo_export.compare_outputs import TOLERANCE, OutputComparison, compare_outputs
from zoo_export.formats import FORMATS, Port

EXTRA = {"onnx": "onnx", "onnxruntime": "onnx", "onnxscript": "onnx"}
"""Module that may be missing -> the extra of zoo-export that brings it."""

Exporter = Callable[..., None]
"""``(pretrained, path, *, normalization)``: writes the file."""


@dataclass(frozen=True)
class Exported:
    """A file that was written and answers as zoo does."""

    path: Path
    bytes: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    comparison: OutputComparison


def find_exporter(catalog: Catalog, pretrained: Pretrained, format_: str) -> Exporter:
    """Return what writes a model in a format.

    Raises:
        InvalidValueError: the model's trainer has none for it.
        PluginError: it needs something that is not installed.
    """
    entry = catalog.trainer(pretrained.card.recipe.trainer)
    formats = entry.spec.exporters
    if format_ not in formats:
        raise InvalidValueError(
            f"models of the trainer {entry.spec.name} cannot be exported as {format_}",
            hint=f"Its formats are: {join_names(formats.keys() & FORMATS.keys())}.",
        )
    with needing(format_):
        for module in FORMATS[format_].needs:
            importlib.import_module(module)
    exporter: Exporter = entry.resolve(formats[format_])
    return exporter


def export_to(
    path: Path,
    pretrained: Pretrained,
    exporter: Exporter,
    format_: str,
    images: NDArray[np.uint8],
    *,
    normalization: bool,
) -> Exported:
    """Write a model into a file, which takes its place once it was seen to answer as zoo does.

    Args:
        path: of the file; one that is there is replaced.
        pretrained: the model.
        exporter: see `find_exporter`.
        format_: of the file.
        images: to compare answers on, uint8 ``(N, C, H, W)``.
        normalization: whether the file takes such images, or normalized ones.

    Raises:
        VerificationError: it does not answer as zoo does; nothing is left of it.
        PluginError: it could not be written or run.
        OSError: there is no room for it.
    """
    with atomic_writer(path) as file:
        temporary = Path(file.name)
        with needing(format_):
            exporter(pretrained, temporary, normalization=normalization)
            FORMATS[format_].label(temporary, facts_of(pretrained, normalization))
            program = FORMATS[format_].open(temporary)
            comparison = compare_outputs(program, pretrained, images, normalization=normalization)
        if not comparison.alike:
            raise VerificationError(
                f"{path} was not written: its logits differ from zoo's by up to "
                f"{comparison.difference:.2g}, {TOLERANCE:g} is allowed, and "
                f"{comparison.labels:,} of {comparison.images:,} images get another label"
            )
        size = temporary.stat().st_size
    return Exported(path, size, program.inputs, program.outputs, comparison)


def facts_of(pretrained: Pretrained, normalization: bool) -> dict[str, str]:
    """Return what a file says of itself; lists and objects as JSON."""
    card = pretrained.card
    facts: dict[str, Any] = {
        "model": pretrained.name,
        "sha256": pretrained.sha256,
        "license": card.license,
        "dataset": card.dataset.name,
        "dataset_license": card.dataset.license,
        "classes": card.dataset.classes,
        "views": pretrained.views,
        "normalization": {
            "included": normalization,
            "mean": pretrained.normalization.mean,
            "std": pretrained.normalization.std,
        },
    }
    return {
        f"zoo.{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in facts.items()
    }


@contextmanager
def needing(format_: str) -> Iterator[None]:
    """Say in one sentence what is missing, or what failed, where a file is written or run.

    Raises:
        PluginError: anything that is no error of zoo's or of the operating system's.
    """
    try:
        yield
    except (ZooError, OSError):
        raise
    except Exception as exc:
        missing = exc.name if isinstance(exc, ModuleNotFoundError) else None
        if not missing:
            raise PluginError(
                f"the model could not be exported as {format_}: {one_line(exc)}"
            ) from exc
        package = missing.partition(".")[0]
        extra = f"zoo-export[{EXTRA[package]}]" if package in EXTRA else package
        raise PluginError(
            f"--format {format_} needs {missing}, which is not installed",
            hint=f"Install it: pip install '{extra}'",
        ) from exc
