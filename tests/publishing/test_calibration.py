"""Calibrations of published weights are computed again and compared with the card."""

from dataclasses import replace

import pytest

from zoo_core.data.dataset import load_dataset
from zoo_core.errors import VerificationError
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.answers import check_calibration, compute_answers
from zoo_core.publishing.verify import Verifier
from zoo_core.registry.lookup import resolve_weights


@pytest.fixture
def answers(toy, registry):
    """Return the answers of published weights for their test examples, and their calibration."""
    pretrained = load_pretrained(toy, "softmax.first", registry=str(registry))
    test = load_dataset(toy.dataset("toy")).splits["test"]
    return compute_answers(pretrained, test), pretrained.calibration


def test_published_calibration_is_verified(toy, registry):
    found = resolve_weights(toy, "softmax.first", str(registry))
    assert not Verifier(toy).verify(found).errors


def test_calibration_of_card_is_that_of_its_weights(answers):
    computed, stated = answers
    assert computed.calibration == stated.test
    check_calibration(computed, stated)


@pytest.mark.parametrize(
    "change", [{"error": 0.5}, {"error_interval": (0.0, 0.9)}, {"accepted": 3}]
)
def test_other_result_than_on_card_is_an_error(answers, change):
    computed, stated = answers
    wrong = replace(stated, test=replace(stated.test, **change))
    with pytest.raises(VerificationError, match="calibration: expected"):
        check_calibration(computed, wrong)
