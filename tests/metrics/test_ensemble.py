"""Several models that read together."""

import numpy as np
import pytest

from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.predictions import predictions_of


def test_the_mean_of_the_probabilities_decides():
    sure = predictions_of([np.array([[4.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)])
    unsure = predictions_of([np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 5.0]], np.float32)])
    together = ensemble_predictions([sure, unsure])
    assert together.labels.tolist() == [[0], [2]]
    expected = (sure.probabilities[0] + unsure.probabilities[0]) / 2
    np.testing.assert_allclose(together.probabilities[0], expected, rtol=1e-5)


def test_the_scale_of_a_members_logits_has_no_weight():
    small = predictions_of([np.array([[0.0, 2.0]], np.float32)])
    large = predictions_of([np.array([[1001.0, 1000.0]], np.float32)])  # exp of which is infinite
    np.testing.assert_allclose(
        ensemble_predictions([small, large]).probabilities[0],
        (small.probabilities[0] + large.probabilities[0]) / 2,
        rtol=1e-5,
    )


def test_a_class_that_all_rule_out_stays_finite():
    certain = predictions_of([np.array([[0.0, -1e4]], np.float32)])
    together = ensemble_predictions([certain, certain])
    assert np.isfinite(together.logits[0]).all()
    assert together.probabilities[0][0].tolist() == pytest.approx([1, 0])


def test_one_alone_is_what_it_is():
    alone = predictions_of([np.array([[0.5, 2.0]], np.float32)])
    assert ensemble_predictions([alone]) is alone
