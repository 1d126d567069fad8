"""Ensembles of several models."""

import numpy as np
import pytest

from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.predictions import predictions_of


def test_ensemble_predictions_average_probabilities():
    sure = predictions_of([np.array([[4.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)])
    unsure = predictions_of([np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 5.0]], np.float32)])
    together = ensemble_predictions([sure, unsure])
    assert together.labels.tolist() == [[0], [2]]
    expected = (sure.probabilities[0] + unsure.probabilities[0]) / 2
    np.testing.assert_allclose(together.probabilities[0], expected, rtol=1e-5)


def test_ensemble_predictions_do_not_weight_members_by_logit_scale():
    small = predictions_of([np.array([[0.0, 2.0]], np.float32)])
    large = predictions_of([np.array([[1001.0, 1000.0]], np.float32)])  # exp of which is infinite
    np.testing.assert_allclose(
        ensemble_predictions([small, large]).probabilities[0],
        (small.probabilities[0] + large.probabilities[0]) / 2,
        rtol=1e-5,
    )


def test_ensemble_predictions_keep_excluded_class_finite():
    certain = predictions_of([np.array([[0.0, -1e4]], np.float32)])
    together = ensemble_predictions([certain, certain])
    assert np.isfinite(together.logits[0]).all()
    assert together.probabilities[0][0].tolist() == pytest.approx([1, 0])


def test_ensemble_predictions_return_single_member_unchanged():
    alone = predictions_of([np.array([[0.5, 2.0]], np.float32)])
    assert ensemble_predictions([alone]) is alone
