"""Fault injection: a small share of ``python -m tests.stress``."""

import pytest

from tests.stress.table import STRESSES

SEARCHES = ("studies", "sqlite")


def case(name):
    needed = ("zoo-tune", "zoo-numpy") if name in SEARCHES else ("zoo-registry", "zoo-numpy")
    return pytest.param(name, marks=pytest.mark.requires(*needed))


@pytest.mark.slow
@pytest.mark.parametrize("name", [case(name) for name, stress in STRESSES.items() if stress.few])
def test_zoo_survives_faults(name):
    outcome = STRESSES[name].make(STRESSES[name].few)
    assert outcome.tried
    assert not outcome.problems
