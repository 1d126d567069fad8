"""The data sets in the package."""

import numpy as np
import pytest

from zoo_core.plugin_api import installed_catalog, load_dataset

NAMES = ("diabetes", "wine", "breast-cancer", "digits-8x8")


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_what_its_spec_says(name):
    entry = installed_catalog().dataset(name)
    dataset = load_dataset(entry)  # which checks sizes and checksum
    assert dataset.input_spec == entry.spec.input
    assert [target.task for target in dataset.targets] == [each.task for each in entry.spec.targets]
    groups = [set(split.examples.groups) for split in dataset.splits.values()]
    assert not groups[0] & groups[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_set_has_the_rows_of_scikit_learn(name):
    datasets = pytest.importorskip("sklearn.datasets")
    load = {
        "diabetes": lambda: datasets.load_diabetes(scaled=False),
        "wine": datasets.load_wine,
        "breast-cancer": datasets.load_breast_cancer,
        "digits-8x8": datasets.load_digits,
    }[name]
    expected = load().data
    splits = load_dataset(installed_catalog().dataset(name)).splits.values()
    found = np.concatenate([split.inputs.reshape(len(split), -1) for split in splits])
    if name == "digits-8x8":
        expected = np.rint(expected * 255 / 16)
    assert sorted(found.tolist()) == sorted(expected.astype(found.dtype).tolist())
