"""Runtimes: predictors from published programs, without the framework that trained the weights."""

from __future__ import annotations

import sys
from collections.abc import Callable

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.prediction import Predictor
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import RuntimeSpec, TrainerSpec


def open_program(
    entry: Entry[RuntimeSpec],
    program: bytes,
    weights: bytes | memoryview,
    *,
    threads: int | None,
) -> Predictor:
    """Import a runtime's framework and return the predictor of a program.

    Args:
        entry: the runtime.
        program: verified content of the program's file.
        weights: verified content of the weight file, to places in which the program refers.
        threads: number of threads; None for the runtime's default.

    Raises:
        PluginError: the runtime cannot be imported.
        VerificationError: it cannot open the program.
    """
    opener: Callable[..., Predictor] = entry.resolve(entry.spec.open)
    return opener(program, weights, threads=threads)


def program_file(spec: RuntimeSpec) -> str:
    """Return the name of a runtime's file in the folder of a tag."""
    return WEIGHTS.partition(".")[0] + spec.suffix


def is_imported(trainer: Entry[TrainerSpec]) -> bool:
    """Return whether a trainer's framework is imported in this process."""
    adapter = trainer.spec.factory.partition(":")[0]
    # The name of a distribution need not be that of its module; that of the adapter is known.
    return trainer.spec.framework.replace("-", "_") in sys.modules or adapter in sys.modules
