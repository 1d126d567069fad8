"""Choice of the component that computes predictions: a runtime, or the trainer of the weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from zoo_core.errors import InvalidValueError, PluginError, join_names
from zoo_core.frameworks.runtime import is_imported, open_program
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import RuntimeSpec
from zoo_core.pretrained.model import Program
from zoo_core.pretrained.quantized import no_model, parent_of
from zoo_core.pretrained.verified_read import read_program

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.registry.registry import FoundWeights
    from zoo_core.weights.file import WeightFile

AUTO = "auto"
"""The runtime that starts first: a trainer whose framework is imported, or a runtime."""

TRAINER = "trainer"
"""The trainer of the weights, whichever it is."""


def open_runtime(
    catalog: Catalog,
    found: FoundWeights | None,
    file: WeightFile,
    trained_by: str,
    *,
    runtime: str,
    device: str,
    threads: int | None,
    into: Any,
) -> Program | None:
    """Return the opened program of weights; None if their trainer is to predict.

    Args:
        catalog: installed plugins.
        found: the published weights; None for those of a run's folder or of a file.
        file: the verified weights.
        trained_by: name of their trainer.
        runtime: name of a runtime or trainer, `AUTO` or `TRAINER`.
        device: device of the trainer; other than ``auto`` or ``cpu``, it needs the trainer.
        threads: number of threads; None for the default.
        into: model to assign the weights to, which needs the trainer.

    Raises:
        InvalidValueError: the runtime cannot compute these weights.
        PluginError: the weights are quantized, and no runtime for them is installed.
        DataError, VerificationError: the program cannot be read, or is not the published one.
    """
    programs = _programs(catalog, found, file, threads)
    needs_model = into is not None or device not in {"auto", "cpu"}
    needs_trainer = runtime in {TRAINER, trained_by}
    if parent := parent_of(file.metadata):
        if needs_model or needs_trainer:
            raise no_model(_name(found, file), parent)
        if runtime == AUTO:
            return _open_quantized(programs, found, file)
    if needs_trainer:
        return None
    if runtime == AUTO:
        if needs_model or _is_started(catalog, trained_by):
            return None
        return _open_first(programs)
    if runtime not in programs:
        raise _not_offered(catalog, found, runtime, [AUTO, TRAINER, trained_by, *programs])
    if needs_model:
        what = "a model to load into" if into is not None else f"the device {device!r}"
        raise InvalidValueError(
            f"the runtime {runtime} does not support {what}", hint=f"Use the runtime {TRAINER}."
        )
    return programs[runtime]()


def _programs(
    catalog: Catalog, found: FoundWeights | None, file: WeightFile, threads: int | None
) -> Mapping[str, Callable[[], Program]]:
    """Return the installed runtimes that have a program, each with the function that opens it."""
    if found is None:
        return {}
    entries = catalog.entries("runtimes").items()
    return {
        name: partial(_open, entry, found, file, threads)
        for name, entry in entries
        if name in found.published.runtimes
    }


def _open(
    entry: Entry[RuntimeSpec], found: FoundWeights, file: WeightFile, threads: int | None
) -> Program:
    program = read_program(found, entry.spec)
    return Program(entry.spec.name, open_program(entry, program, file.content, threads=threads))


def _open_first(programs: Mapping[str, Callable[[], Program]]) -> Program | None:
    for open_one in programs.values():
        # A PluginError, such as of a broken installation: the trainer may still predict.
        with contextlib.suppress(PluginError):
            return open_one()
    return None


def _open_quantized(
    programs: Mapping[str, Callable[[], Program]], found: FoundWeights | None, file: WeightFile
) -> Program:
    """Return the program of quantized weights, without which there are no predictions."""
    if found is None:
        raise InvalidValueError(
            f"{file.path} has quantized weights, which only their program can use",
            hint="Load them by their published name.",
        )
    if not programs:
        names = sorted(found.published.runtimes)
        raise PluginError(
            f"{found.published.name} requires one of the runtimes {join_names(names)}, and none of "
            "them is installed",
            hint=f"Install it: pip install {' '.join(f'zoo-{name}' for name in names)}",
        )
    return next(iter(programs.values()))()


def _name(found: FoundWeights | None, file: WeightFile) -> str:
    return found.published.name if found else str(file.path)


def _is_started(catalog: Catalog, trained_by: str) -> bool:
    trainers = catalog.entries("trainers")
    return trained_by in trainers and is_imported(trainers[trained_by])


def _not_offered(
    catalog: Catalog, found: FoundWeights | None, runtime: str, choices: Sequence[str]
) -> InvalidValueError:
    if runtime not in catalog.entries("runtimes"):
        problem = f"there is no runtime {runtime!r}"
    elif found is None:
        problem = f"only published weights have a program for {runtime}"
    else:
        problem = f"{found.published.name} has no program for {runtime}"
    return InvalidValueError(problem, hint=f"Choose one of: {join_names(choices)}.")
