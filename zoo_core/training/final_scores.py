"""Scores of the test split, and its predictions for callbacks that draw them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import TrainingError
from zoo_core.frameworks.distributed import Group
from zoo_core.frameworks.prediction import (
    NotFiniteError,
    Predictor,
    all_outputs,
    measure_split,
)
from zoo_core.frameworks.run import Run
from zoo_core.metrics.calibration import Calibration
from zoo_core.metrics.predictions import Predictions, predictions_of
from zoo_core.metrics.scores import Scores, score

MAX_KEPT = 1 << 28
"""Maximum bytes of outputs that are kept from the scoring of the test split."""


class KeptPredictions:
    """Predictions of the test split: those of its scoring, or computed again if they are large.

    Args:
        predictor: predictor of the trained model.
        run: the training.
    """

    def __init__(self, predictor: Predictor, run: Run) -> None:
        self._predictor, self._run = predictor, run
        self.calibration: Calibration | None = None
        """Calibration of the predictions; None for outputs as they are."""
        self._chunks: list[list[NDArray[Any]]] = []
        self._bytes = 0

    def keep(self, outputs: list[NDArray[Any]]) -> None:
        """Keep the outputs of a chunk, unless all of them together are large."""
        self._bytes += sum(head.nbytes for head in outputs)
        self._chunks = [*self._chunks, outputs] if self._bytes <= MAX_KEPT else []

    def get(self) -> Predictions:
        """Return the predictions of ``run.data.test``."""
        return predictions_of(self._run.tasks, self.outputs(), self.calibration)

    def outputs(self) -> list[NDArray[Any]]:
        """Return the outputs for ``run.data.test``, ``(N, …)`` per head."""
        run = self._run
        heads = zip(*self._chunks, strict=True)
        outputs = [np.concatenate(chunks) for chunks in heads]
        # Several processes have a shard of them each.
        if outputs and len(outputs[0]) == len(run.data.test):
            return outputs
        return all_outputs(self._predictor, run.data.test.inputs)


def score_test(predictor: Predictor, run: Run, group: Group) -> tuple[Scores, KeptPredictions]:
    """Return the scores of the test split, and its predictions.

    Args:
        predictor: predictor of the trained model.
        run: the training.
        group: the processes, all of which call this function.

    Raises:
        TrainingError: the outputs are not finite.
    """
    predictions = KeptPredictions(predictor, run)
    try:
        measured = measure_split(
            predictor, run.data.test, run.tasks, group=group, on_chunk=predictions.keep
        )
    except NotFiniteError:
        problem = f"the outputs for the test examples are not finite; see {run.folder}"
        raise TrainingError(problem) from None
    return score(run.tasks, measured), predictions
