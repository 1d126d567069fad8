"""A few of the faults that ``python -m tests.stress`` makes in numbers."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # behind what is installed

from tests.stress import STRESSES


@pytest.mark.parametrize("name", [name for name, stress in STRESSES.items() if stress.few])
def test_every_fault_is_survived(name):
    outcome = STRESSES[name].function(STRESSES[name].few)
    assert outcome.tried
    assert not outcome.problems
