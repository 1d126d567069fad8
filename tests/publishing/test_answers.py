"""Answers and golden outputs, of any task and kind of input."""

import hashlib

import numpy as np
import pytest

from zoo_core import InputSpec, Normalization
from zoo_core.errors import VerificationError
from zoo_core.metrics.scores import Scores
from zoo_core.publishing.answers import Answers, _Digest, check_scores
from zoo_core.publishing.golden import probe_inputs


def digest(*chunks):
    found = _Digest()
    for heads in chunks:
        found.update(heads)
    return found.hexdigest()


def test_answers_of_one_number_per_head_are_one_array():
    first, second = np.arange(5), np.arange(5) * 3
    stacked = np.stack([first, second], axis=1).astype("<i8").tobytes()
    assert digest([first, second]) == hashlib.sha256(stacked).hexdigest()
    assert digest([first[:2], second[:2]], [first[2:], second[2:]]) == digest([first, second])


@pytest.mark.parametrize("other", [None, np.arange(30).reshape(5, 6)])
def test_checksum_of_other_answers_is_independent_of_chunks(other):
    numbers = np.arange(5)
    parts = [[numbers[i : i + 1], None if other is None else other[i : i + 1]] for i in range(5)]
    assert digest(*parts) == digest([numbers, other])
    assert digest([numbers + 1, other]) != digest([numbers, other])


def answers(exact=(True, False), **metrics):
    return Answers(Scores(metrics, 10), "", exact)


STATED = Scores({"correct": (7, None), "mae": (None, 2.0)}, 10)


def test_counts_are_exact_and_other_numbers_within_a_tolerance():
    check_scores(answers(correct=(7, None), mae=(None, 2.0001)), STATED, "")
    for wrong in (
        answers(correct=(8, None), mae=(None, 2.0)),
        answers(correct=(7, None), mae=(None, 2.1)),
        answers(correct=(7, None), mae=(None, float("nan"))),
        answers(correct=(7, None)),
    ):
        with pytest.raises(VerificationError, match="expected 7 of 10 examples correct|expected"):
            check_scores(wrong, STATED, "")


@pytest.mark.parametrize(
    "spec",
    [
        InputSpec(kind="features", shape=(4,)),
        InputSpec(kind="array", shape=(2, 7), dtype="float64"),
        InputSpec(kind="tokens", shape=(9,), size=5),
        InputSpec(shape=(3, 6, 5)),
    ],
)
def test_probe_inputs_fit_their_kind(spec):
    entries = 0 if spec.kind == "tokens" else spec.shape[0]
    normalization = Normalization((100.0,) * entries, (7.0,) * entries)
    inputs = probe_inputs(spec, normalization)
    assert (inputs.shape, inputs.dtype) == ((16, *spec.shape), np.dtype(spec.dtype))
    assert (inputs == probe_inputs(spec, normalization)).all()
    assert len(np.unique(inputs)) > 4
    if spec.kind == "tokens":
        assert (inputs.min(), inputs.max()) == (0, 4)
    elif spec.kind != "image":
        assert abs(inputs - 100).max() <= 14  # two standard deviations
