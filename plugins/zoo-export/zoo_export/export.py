"""Export of a model to a file, kept only if its outputs match the model's."""

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
    fault_of,
    join_names,
    one_line,
)
from zoo_export.compare_outputs import TOLERANCE, OutputComparison, compare_outputs
from zoo_export.formats import FORMATS, Port

EXTRA = {"onnx": "onnx", "onnxruntime": "onnx", "onnxscript": "onnx"}
"""Extra of zoo-export that installs a module, by the name of the module."""

Exporter = Callable[..., None]
"""Function of a trainer's plugin that writes a file: ``(pretrained, path, *, normalization)``."""


@dataclass(frozen=True)
class Exported:
    """An exported file whose predictions equal those of the model."""

    path: Path
    bytes: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    comparison: OutputComparison


def find_exporter(catalog: Catalog, pretrained: Pretrained, format_: str) -> Exporter:
    """Return the exporter of a model's trainer for a format.

    Raises:
        InvalidValueError: its trainer has no exporter for the format, or see `_check_kind`.
        PluginError: a required package is not installed.
    """
    _check_kind(pretrained)
    entry = catalog.trainer(pretrained.card.recipe.trainer)
    formats = entry.spec.exporters
    if format_ not in formats:
        raise InvalidValueError(
            f"models of the trainer {entry.spec.name} cannot be exported as {format_}",
            # A trainer may have formats of third-party tools, which cannot be compared here.
            hint=f"Choose one of its formats: {join_names(formats.keys() & FORMATS.keys())}.",
        )
    # Imported now, so that a missing package is an error before the model is exported.
    with needing(format_):
        for module in FORMATS[format_].needs:
            importlib.import_module(module)
    exporter: Exporter = entry.resolve(formats[format_])
    return exporter


def _check_kind(pretrained: Pretrained) -> None:
    """Check that an exported file can contain everything between pixels and outputs."""
    if pretrained.input.kind != "image":
        raise InvalidValueError(
            f"{pretrained.name}: expected a model of images, got one of {pretrained.input.kind}; "
            "no other model can be exported"
        )
    if any(pretrained.normalization.targets):
        raise InvalidValueError(
            f"{pretrained.name}: expected outputs in the units of the targets, got scaled ones; "
            "a model that was trained on scaled targets cannot be exported"
        )


def export_to(
    path: Path,
    pretrained: Pretrained,
    exporter: Exporter,
    format_: str,
    images: NDArray[np.uint8],
    *,
    normalization: bool,
) -> Exported:
    """Export a model to a temporary file, compare it with the model, and rename it to `path`.

    Args:
        path: file to write; an existing one is overwritten.
        pretrained: model to export.
        exporter: exporter from `find_exporter`.
        format_: name of the format.
        images: images to compare predictions on, uint8 ``(N, C, H, W)``.
        normalization: whether the file normalizes such images, or requires normalized ones.

    Raises:
        VerificationError: the predictions differ; no file is written.
        PluginError: the file could not be written or run.
        OSError: the disk is full, or the folder is not writable.
    """
    with atomic_writer(path) as file:
        temporary = Path(file.name)
        with needing(format_):
            exporter(pretrained, temporary, normalization=normalization)
            # Before the comparison, because users get the file with metadata.
            FORMATS[format_].label(temporary, facts_of(pretrained, normalization))
            program = FORMATS[format_].open(temporary)
            comparison = compare_outputs(program, pretrained, images, normalization=normalization)
        if not comparison.alike:
            # An exception inside `atomic_writer` removes the temporary file.
            raise VerificationError(
                f"cannot write {path}: expected logits within {TOLERANCE:g} of the model's, got a "
                f"difference of {comparison.difference:.2g} and other labels for "
                f"{comparison.labels:,} of {comparison.images:,} images"
            )
        size = temporary.stat().st_size
    return Exported(path, size, program.inputs, program.outputs, comparison)


def facts_of(pretrained: Pretrained, normalization: bool) -> dict[str, str]:
    """Return the metadata of a file by key; lists and objects as JSON."""
    card, initial = pretrained.card, pretrained.card.initial
    # Cards from before these fields, and those of trainings from random weights, lack them.
    optional = {
        "code_license": card.code_license,
        "initial": initial.source if initial else "",
        "initial_license": initial.license if initial else "",
    }
    facts: dict[str, Any] = {
        "model": pretrained.name,
        "sha256": pretrained.sha256,
        "license": card.license,
        "dataset": card.dataset.name,
        "dataset_license": card.dataset.license,
        "classes": [target.classes for target in pretrained.targets],
        "views": pretrained.views,
        "normalization": {
            "included": normalization,
            "mean": pretrained.normalization.mean,
            "std": pretrained.normalization.std,
        },
        **{key: value for key, value in optional.items() if value},
    }
    # Values are strings, because ONNX has no other type of metadata.
    return {
        f"zoo.{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in facts.items()
    }


@contextmanager
def needing(format_: str) -> Iterator[None]:
    """Convert exceptions of exporters and their libraries into errors of one line.

    Raises:
        PluginError: any exception except errors of zoo and of the operating system.
    """
    try:
        yield
    except (ZooError, OSError):
        raise
    except Exception as exc:
        missing = exc.name if isinstance(exc, ModuleNotFoundError) else None
        if not missing:
            fault = fault_of(exc)
            raise PluginError(
                f"cannot export the model as {format_}: {fault.problem if fault else one_line(exc)}"
            ) from exc
        # torch imports onnxscript only for an export, so that it may be missing until here.
        package = missing.partition(".")[0]
        extra = f"zoo-export[{EXTRA[package]}]" if package in EXTRA else package
        raise PluginError(
            f"--format {format_} requires {missing}, which is not installed",
            hint=f"Install it: pip install '{extra}'",
        ) from exc
