"""The pruner stops the worse trials at fixed fractions of their epochs."""

import optuna
import pytest
from optuna.trial import TrialState

from zoo_tune.pruner import BestThirdPruner


def stopped_at(curve, others, epochs=8):
    """Return the epoch after which a trial is pruned that follows others; None for never."""
    study = optuna.create_study(direction="maximize", pruner=BestThirdPruner(epochs))
    for other in others:
        trial = study.ask()
        for step, score in enumerate(other, 1):
            trial.report(score, step)
    trial = study.ask()
    for step, score in enumerate(curve, 1):
        trial.report(score, step)
        if trial.should_prune():
            return step
    return None


FLAT = [[0.1 * height] * 8 for height in range(1, 10)]


@pytest.mark.parametrize(("height", "epoch"), [(0.95, None), (0.75, None), (0.65, 2), (0.0, 2)])
def test_pruner_keeps_best_third(height, epoch):
    assert stopped_at([height] * 8, FLAT) == epoch


def test_pruner_checks_at_quarter_half_and_three_quarters():
    late = [[0.9] * 4 + [0.1] * 4 for _ in range(9)]
    assert stopped_at([1, 0, 1, 1, 0, 1, 0, 0], late) == 2
    assert stopped_at([0, 1, 0, 0.5, 1, 1, 1, 1], late) == 4
    assert stopped_at([0, 1, 0, 1, 0, 0, 1, 1], late) == 6
    assert stopped_at([0, 1, 0, 1, 0, 1, 0, 0], late) is None


@pytest.mark.parametrize(("epochs", "epoch"), [(1, None), (2, 1), (3, 1), (5, 2), (40, 10)])
def test_pruner_skips_last_epoch(epochs, epoch):
    best = [[1.0] * epochs for _ in range(5)]
    assert stopped_at([0.0] * epochs, best, epochs) == epoch


def test_pruner_ignores_failed_trials():
    study = optuna.create_study(direction="maximize", pruner=BestThirdPruner(8))
    for _ in range(5):
        trial = study.ask()
        trial.report(0.9, 2)
        study.tell(trial, state=TrialState.FAIL)
    trial = study.ask()
    trial.report(0.5, 2)
    assert not trial.should_prune()
