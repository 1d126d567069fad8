"""Bootstrap intervals and permutation tests, against exact enumeration and the normal law."""

from itertools import product

import numpy as np
import pytest

from zoo_core.evaluation import statistics
from zoo_core.evaluation.compare_heads import compare_head
from zoo_core.evaluation.statistics import bootstrap_interval, permutation_p
from zoo_core.metrics.task import Measure


def test_permutation_test_equals_enumeration():
    differences = np.array([0.3, -0.1, 0.5, 0.2, 0.4, -0.2, 0.6, 0.1])
    signs = np.array(list(product([-1, 1], repeat=len(differences))))
    exact = (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).mean()
    assert permutation_p(differences) == pytest.approx(exact, abs=0.01)
    assert permutation_p(-differences) == pytest.approx(exact, abs=0.01)


def test_equal_models_do_not_differ():
    assert permutation_p(np.zeros(50)) == 1
    assert permutation_p(np.array([1.0, -1.0] * 40)) == 1


def test_permutation_test_holds_its_level():
    rng = np.random.default_rng(0)
    ps = np.array([permutation_p(rng.normal(size=30)) for _ in range(100)])
    assert 0 <= (ps < 0.05).mean() <= 0.12
    assert abs(np.median(ps) - 0.5) < 0.15


@pytest.mark.parametrize("draws", [1 << 24, 1000])
def test_bootstrap_interval_of_a_mean_is_nearly_normal(monkeypatch, draws):
    monkeypatch.setattr(statistics, "DRAWS", draws)  # in parts, if there are many examples
    values = np.random.default_rng(1).normal(10, 2, 400)
    low, high = bootstrap_interval(values)
    width = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - width, values.mean() + width), abs=0.03)


def test_comparison_of_a_measure_that_is_not_right_or_wrong():
    rng = np.random.default_rng(2)
    good = rng.exponential(1, 200)
    values = np.stack([good, good + rng.normal(0.3, 0.2, 200), good[::-1]])
    found = compare_head(values, 0, Measure("error", higher_is_better=False))
    assert [each.mean for each in found.means] == pytest.approx(values.mean(axis=1))
    first, shuffled, _ = found.paired
    assert first.difference == pytest.approx(-0.3, abs=0.05)
    assert first.low < first.difference < first.high < 0
    assert first.p < 0.001
    assert first.adjusted == pytest.approx(3 * first.p)
    assert shuffled.p > 0.9  # the same numbers, for other examples
    assert not found.tests
