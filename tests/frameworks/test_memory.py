"""Memory of a training: it does not grow with examples times classes."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from zoo_core import Normalization, Split, class_targets
from zoo_core.frameworks.distributed import SINGLE_PROCESS
from zoo_core.frameworks.prediction import (
    CHUNK_MULTIPLE,
    OUTPUT_BYTES,
    TrainerPredictor,
    iter_outputs,
    measure_split,
)
from zoo_core.tasks.classification import Classification

CLASSES = 1000
RAW = Normalization((), ())


def logits(_model, inputs, _normalization):
    """Return logits that follow from each input alone."""
    return [np.cos(inputs * np.arange(1, CLASSES + 1, dtype=np.float32))]


TRAINER = SimpleNamespace(predict=logits)


def peak(count):
    """Return the peak of the memory while examples are measured, without the examples."""
    inputs = np.linspace(0, 3, count, dtype=np.float32)[:, np.newaxis]
    split = Split(inputs, (np.arange(count) % CLASSES,))
    task = Classification(class_targets(CLASSES)[0])
    tracemalloc.start()
    (measured,) = measure_split(
        TrainerPredictor(TRAINER, None, RAW), split, [task], group=SINGLE_PROCESS
    )
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(measured) == count
    return highest


def test_memory_of_scoring_grows_with_the_examples_alone():
    few, many = peak(10_000), peak(40_000)
    # The measures of an example take 9 bytes here, its outputs 4,000.
    assert many - few < 30_000 * 100


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 9_500])
def test_chunks_cover_all_examples_within_bounds(count):
    inputs = np.zeros((count, 1), np.float32)
    places = [place for place, _ in iter_outputs(TrainerPredictor(TRAINER, None, RAW), inputs)]
    assert [each for place in places for each in range(place.start, place.stop)] == [*range(count)]
    largest = max(place.stop - place.start for place in places)
    assert largest <= max(OUTPUT_BYTES // (4 * CLASSES), CHUNK_MULTIPLE)
    assert all(place.start % CHUNK_MULTIPLE == 0 for place in places)
