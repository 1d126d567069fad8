"""Golden outputs of a model with many outputs per example: a card has some of them."""

import numpy as np
import pytest

from zoo_core.errors import VerificationError
from zoo_core.publishing import golden
from zoo_core.publishing.golden import MAX_VALUES, check_golden, make_golden
from zoo_core.weights.card import Golden


@pytest.fixture
def outputs(monkeypatch):
    """Return a function that sets the outputs of a model that is not built."""

    def of(*heads):
        monkeypatch.setattr(golden, "_outputs", lambda model: list(heads))
        return make_golden(None)

    return of


MASKS = np.random.default_rng(0).normal(size=(16, 3, 32, 32)).astype(np.float32)


def test_card_has_few_outputs_of_each_example(outputs):
    stored = outputs(MASKS, MASKS[:, :, 0, 0])
    assert np.shape(stored.outputs[0]) == (16, MAX_VALUES)
    assert np.shape(stored.outputs[1]) == (16, 3)
    assert check_golden(None, stored) == 0


@pytest.mark.parametrize("row", [0, 7, 15])
def test_changed_outputs_of_an_example_are_found(outputs, row):
    stored = outputs(MASKS)
    changed = MASKS.copy()
    changed[row] *= 1.1
    outputs(changed)
    with pytest.raises(VerificationError, match="at most 0.001"):
        check_golden(None, stored)


def test_card_with_all_outputs_is_checked_whole(outputs):
    whole = Golden(count=16, outputs=(MASKS.tolist(),), tolerance=1e-3)
    outputs(MASKS)
    assert check_golden(None, whole) == 0
    changed = MASKS.copy()
    changed[3, 2, 31, 30] += 1  # one that a card with some of them need not have
    outputs(changed)
    with pytest.raises(VerificationError):
        check_golden(None, whole)


def test_outputs_of_another_shape_are_refused(outputs):
    stored = outputs(MASKS)
    outputs(MASKS[:, :2])
    with pytest.raises(VerificationError, match="expected shapes"):
        check_golden(None, Golden(count=16, outputs=(MASKS.tolist(),), tolerance=1e-3))
    outputs(MASKS, MASKS)
    with pytest.raises(VerificationError, match="expected shapes"):
        check_golden(None, stored)
