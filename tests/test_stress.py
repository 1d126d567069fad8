"""Fault injection: a small share of ``python -m tests.stress``."""

import pytest

from tests.stress.folders.sequences import run_steps
from tests.stress.table import STRESSES
from zoo_core.data.example_record import ExampleRecord
from zoo_core.evaluation import class_matching
from zoo_core.filenames import CONFIG
from zoo_core.training import results, training

NEEDED = {"studies": "zoo-tune", "sqlite": "zoo-tune", "folders": "zoo-images"}
"""Faults -> package that they need besides zoo-numpy; zoo-registry for others."""

WORLD = 10
"""Seed of a folder of noise in three classes, whose training images are learned by heart."""


def case(name):
    needed = (NEEDED.get(name, "zoo-registry"), "zoo-numpy")
    return pytest.param(name, marks=pytest.mark.requires(*needed))


@pytest.mark.slow
@pytest.mark.parametrize("name", [case(name) for name, stress in STRESSES.items() if stress.few])
def test_zoo_survives_faults(name):
    outcome = STRESSES[name].make(STRESSES[name].few)
    assert outcome.tried
    assert not outcome.problems


def unseen_images_are_unknown(patch):
    patch.setattr(ExampleRecord, "seen", frozenset())


def classes_are_matched_by_number(patch):
    patch.setattr(class_matching, "find_positions", lambda names, _: [*range(len(names))])


def a_resumed_training_takes_any_data(patch):
    def write_config(run, *arguments, **options):
        if not (run.folder / CONFIG).exists():
            results.write_or_check_config(run, *arguments, **options)

    find = lambda catalog, begun, _: catalog.dataset(begun.recipe.dataset)  # noqa: E731
    patch.setattr(training, "find_same_data", find)
    patch.setattr(training, "write_or_check_config", write_config)


@pytest.mark.slow
@pytest.mark.requires("zoo-images", "zoo-numpy")
@pytest.mark.parametrize(
    ("defect", "steps"),
    [
        (unseen_images_are_unknown, "train rename rename evaluate"),
        (classes_are_matched_by_number, "train remove_class evaluate"),
        (a_resumed_training_takes_any_data, "stop add resume"),
    ],
)
def test_sequences_find_defects(monkeypatch, defect, steps):
    sequence = [(name, 1) for name in steps.split()]
    assert not run_steps(WORLD, sequence, processes=False).faults
    defect(monkeypatch)
    assert run_steps(WORLD, sequence, processes=False).faults
