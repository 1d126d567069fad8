"""The last epochs without augmentation, by the recipe's field plain_end."""

import pytest

from tests.training.test_course import Clock
from zoo_core.data.augmentation.step_draws import Augmentation, StepDraws
from zoo_core.installation.installed import load_catalog
from zoo_core.recipes.recipe import Recipe
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.training import Training

pytestmark = pytest.mark.requires("zoo-numpy")


@pytest.fixture
def batches(monkeypatch):
    """Return what every batch is: its epoch, whether it is plain, and whether it has no warps."""
    seen = []
    prepare = TrainingLoop._batch

    def kept(self):
        batch = prepare(self)
        seen.append((batch.epoch, batch.plain, batch.warps is None))
        return batch

    monkeypatch.setattr(TrainingLoop, "_batch", kept)
    return seen


def train(out, callbacks=None, **values):
    fields = {"dataset": "synthetic", "rotate": 10.0, **values}
    catalog = load_catalog()
    return Training.new(
        catalog, "numpy-net", out=out, overrides=[fields], callbacks=callbacks
    ).run()


@pytest.mark.parametrize(
    ("epochs", "share", "expected"),
    [(5, 0.0, []), (5, 0.2, [5]), (5, 0.4, [4, 5]), (4, 0.9, [1, 2, 3, 4]), (1, 0.2, [])],
)
def test_last_epochs_are_not_augmented(batches, tmp_path, epochs, share, expected):
    train(tmp_path / "run", epochs=epochs, plain_end=share)
    assert sorted({epoch for epoch, plain, _ in batches if plain}) == expected
    assert all(plain == still for _, plain, still in batches)
    assert {epoch for epoch, _, _ in batches} == {*range(1, epochs + 1)}


def test_last_epochs_of_a_training_that_time_ends_are_not_augmented(batches, tmp_path, monkeypatch):
    clock = Clock(monkeypatch, 6)
    train(tmp_path / "run", epochs=40, plain_end=0.2, max_minutes=1, callbacks=clock)
    last = max(epoch for epoch, _, _ in batches)
    assert 8 <= last <= 10
    assert sorted({epoch for epoch, plain, _ in batches if plain}) == [last - 1, last]


def test_plain_step_draws_nothing():
    recipe = Recipe(dataset="d", trainer="t", rotate=10.0, mixup=0.4, erase=0.5, hue=0.1)
    augmentation = Augmentation(recipe, (3, 9, 9))
    part = slice(0, 8)
    assert augmentation.draw(8, 3, part, plain=True) == StepDraws(part)
    assert augmentation.draw(8, 3, part).warps is not None
