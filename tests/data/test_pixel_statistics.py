"""Images without a stated mean: it is computed from the training rows."""

import numpy as np
import pytest

from zoo_core import ArrayDataset, Split, class_targets
from zoo_core.data.standardize import make_normalization
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.recipes.recipe import Recipe


@pytest.fixture
def normalization(toy):
    """Return a function that returns the normalization of images without a stated mean."""

    def of(images, rows, **fields):
        split = Split(images, (np.zeros(len(images), np.int64),))
        dataset = ArrayDataset({"train": split, "test": split}, class_targets(("a", "b")))
        recipe = Recipe(dataset="x", trainer="toy", **fields)
        return make_normalization(dataset, rows, recipe, find_tasks(toy, dataset.targets))

    return of


IMAGES = np.random.default_rng(0).integers(0, 256, (700, 3, 5, 4), dtype=np.uint8)


def test_mean_and_deviation_are_those_of_the_training_rows(normalization):
    rows = np.arange(0, 700, 2)
    found = normalization(IMAGES, rows)
    pixels = IMAGES[rows] / 255
    assert found.mean == pytest.approx(pixels.mean(axis=(0, 2, 3)), rel=1e-12)
    assert found.std == pytest.approx(pixels.std(axis=(0, 2, 3)), rel=1e-12)


def test_channel_without_contrast_is_not_divided(normalization):
    images = IMAGES.copy()
    images[:, 1] = 51
    found = normalization(images, np.arange(700))
    assert (found.mean[1], found.std[1]) == (0.2, 1.0)


def test_without_normalization_every_channel_stays(normalization):
    found = normalization(IMAGES, np.arange(700), normalize=False)
    assert (found.mean, found.std) == ((0.0,) * 3, (1.0,) * 3)
