"""Ensembles of several models."""

import numpy as np
import pytest

from zoo_core.metrics.predictions import ensemble_outputs, predictions_of
from zoo_core.plugins.data_specs import class_targets
from zoo_core.tasks.classification import Classification


def predict(*rows):
    logits = np.array(rows, np.float32)
    return predictions_of([task(logits)], [logits])


def task(logits):
    (target,) = class_targets(logits.shape[1])
    return Classification(target)


def ensemble(*members):
    tasks = [task(members[0].outputs[0])]
    return predictions_of(tasks, ensemble_outputs(tasks, [each.outputs for each in members]))


def test_ensemble_averages_probabilities():
    sure = predict([4.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    unsure = predict([0.0, 1.0, 0.0], [0.0, 0.0, 5.0])
    together = ensemble(sure, unsure)
    assert together.labels.tolist() == [[0], [2]]
    expected = (sure.probabilities[0] + unsure.probabilities[0]) / 2
    np.testing.assert_allclose(together.probabilities[0], expected, rtol=1e-5)


def test_ensemble_does_not_weight_members_by_logit_scale():
    small = predict([0.0, 2.0])
    large = predict([1001.0, 1000.0])  # exp of which is infinite
    np.testing.assert_allclose(
        ensemble(small, large).probabilities[0],
        (small.probabilities[0] + large.probabilities[0]) / 2,
        rtol=1e-5,
    )


def test_ensemble_keeps_excluded_class_finite():
    certain = predict([0.0, -1e4])
    together = ensemble(certain, certain)
    assert np.isfinite(together.outputs[0]).all()
    assert together.probabilities[0][0].tolist() == pytest.approx([1, 0])


def test_ensemble_returns_outputs_of_single_member_unchanged():
    alone = predict([0.5, 2.0])
    (outputs,) = ensemble_outputs([task(alone.outputs[0])], [alone.outputs])
    assert outputs is alone.outputs[0]
