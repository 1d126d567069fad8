"""Export of a model to a file, kept only if its outputs match the model's."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    plain,
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
        InvalidValueError: the trainer has no exporter for the format.
        PluginError: a required package is not installed.
    """
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


def export_to(
    path: Path,
    pretrained: Pretrained,
    exporter: Exporter,
    format_: str,
    inputs: NDArray[Any],
    *,
    normalization: bool,
) -> Exported:
    """Export a model to a temporary file, compare it with the model, and rename it to `path`.

    Args:
        path: file to write; an existing one is overwritten.
        pretrained: model to export.
        exporter: exporter from `find_exporter`.
        format_: name of the format.
        inputs: inputs to compare predictions on, such as images, uint8 ``(N, C, H, W)``.
        normalization: whether the file normalizes such inputs, or requires normalized ones.

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
            comparison = compare_outputs(program, pretrained, inputs, normalization=normalization)
        if not comparison.alike:
            # An exception inside `atomic_writer` removes the temporary file.
            raise VerificationError(
                f"cannot write {path}: expected outputs within {TOLERANCE:g} of the largest, "
                f"{comparison.largest:.3g}, of the model's, got a difference of "
                f"{comparison.difference:.2g} and other answers for {comparison.labels:,} of "
                f"{comparison.images:,} examples"
            )
        size = temporary.stat().st_size
    return Exported(path, size, program.inputs, program.outputs, comparison)


def facts_of(pretrained: Pretrained, normalization: bool) -> dict[str, str]:
    """Return the metadata of a file by key; lists and objects as JSON."""
    card, initial, calibration = pretrained.card, pretrained.card.initial, pretrained.calibration
    # Cards from before these fields, and those of trainings from random weights, lack them.
    optional = {
        "code_license": card.code_license,
        "initial": initial.source if initial else "",
        "initial_license": initial.license if initial else "",
        "teacher": card.teacher.source if card.teacher else "",
        "teacher_license": card.teacher.license if card.teacher else "",
    }
    facts: dict[str, Any] = {
        "model": pretrained.name,
        "sha256": pretrained.sha256,
        "license": card.license,
        "dataset": card.dataset.name,
        "dataset_license": card.dataset.license,
        "classes": [target.classes for target in pretrained.targets],
        **_form(pretrained),
        "views": pretrained.views,
        "normalization": {
            "included": normalization,
            "mean": pretrained.normalization.mean,
            "std": pretrained.normalization.std,
            **_scales(pretrained),
        },
        **({"calibration": calibration.to_json()} if calibration else {}),
        **{key: value for key, value in optional.items() if value},
    }
    # Values are strings, because ONNX has no other type of metadata.
    return {
        f"zoo.{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in facts.items()
    }


def _form(pretrained: Pretrained) -> dict[str, Any]:
    """Return the facts about inputs and targets, unless the model classifies images."""
    are_classes = all(target.task == "classification" for target in pretrained.targets)
    if pretrained.input.kind == "image" and are_classes:
        return {}
    return {
        "input": plain(pretrained.input),
        "targets": [plain(target) for target in pretrained.targets],
    }


def _scales(pretrained: Pretrained) -> dict[str, Any]:
    """Return the values that fill missing ones, and the scales of targets, if there are any.

    Outputs are in the units of the targets in any case.
    """
    normalization = pretrained.normalization
    scales = [scale and {"mean": scale.mean, "std": scale.std} for scale in normalization.targets]
    facts: dict[str, Any] = {"fill": normalization.fill, "targets": scales}
    return {name: value for name, value in facts.items() if value}


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
