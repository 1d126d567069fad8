"""Everything that is installed keeps its contract, and each check sees where a thing does not."""

import dataclasses

import numpy as np
import pytest

from zoo_core.catalog import Catalog
from zoo_core.data import ArrayDataset
from zoo_core.errors import InvalidValueError, UnknownNameError, VerificationError
from zoo_core.recipe import TRAINER_FIELDS
from zoo_core.resolution import recipe_names
from zoo_core.testing import checks
from zoo_core.testing.trainers import FIELD_TRIALS

INSTALLED = Catalog.load()


@pytest.mark.parametrize("check", checks(INSTALLED), ids=str)
def test_what_is_installed_keeps_its_contract(check):
    check.run()


def test_every_check_covers_everything():
    names = [str(check) for check in checks(INSTALLED)]
    assert len(names) == len(set(names))
    models = INSTALLED.entries("models")
    assert len(models) >= 5
    recipes = {
        f"{name}.{recipe}" for name, entry in models.items() for recipe in recipe_names(entry)
    }
    model_checks = [name for name in names if name.partition(": ")[0] in recipes]
    assert len(model_checks) == 8 * len(recipes)
    for model in models:
        assert sum(name.startswith(f"{model}: survives ") for name in names) == 2
    for dataset in INSTALLED.entries("datasets"):
        assert sum(name.startswith(f"{dataset}: ") for name in names) == 3
    for name, entry in INSTALLED.entries("trainers").items():
        followed = {"lr", "seed", *entry.spec.recipe_fields}
        assert {
            n.removeprefix(f"{name}: follows ") for n in names if n.startswith(f"{name}: ")
        } == (followed)


def test_there_is_a_trial_of_every_field_that_a_trainer_may_follow():
    assert FIELD_TRIALS.keys() == TRAINER_FIELDS | {"lr", "seed"}


def test_the_toy_keeps_it_too(toy):
    for check in checks(toy):
        check.run()


def run_check(catalog, name):
    (check,) = [check for check in checks(catalog) if str(check) == name]
    check.run()


def broken(function, change):
    """Return a function whose result is changed."""
    return lambda *args, **kwargs: change(function(*args, **kwargs))


def extra_head(logits):
    return [*logits, logits[0]]


def doubles(logits):
    return [head.astype(np.float64) for head in logits]


def nans(logits):
    return [head * np.nan for head in logits]


def centred(logits):
    return [head - head.mean(axis=0) for head in logits]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (extra_head, "gives 2 outputs for 1 heads"),
        (doubles, r"head 0 are float64 \(16, 3\), not float32"),
        (nans, "not finite"),
        (centred, "change by .* with the images beside it"),
    ],
)
def test_logits_that_are_not_what_they_should_be(toy, monkeypatch, change, problem):
    from zoo_toy.model import ToyTrainer

    monkeypatch.setattr(ToyTrainer, "predict", broken(ToyTrainer.predict, change))
    with pytest.raises(VerificationError, match=problem):
        run_check(toy, "softmax.default: gives logits")


@pytest.fixture
def bad_step(toy, monkeypatch):
    """Return a function that makes the toy's step do something else to its weights."""
    from zoo_toy.model import ToyLearner

    def install(change):
        step = ToyLearner.step

        def changed(self, batch):
            before = [weight.copy() for weight in self.model.weights]
            logits = step(self, batch)
            for weight, was in zip(self.model.weights, before, strict=True):
                weight[:] = change(weight, was)
            return logits

        monkeypatch.setattr(ToyLearner, "step", changed)

    return install


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda weight, was: was, "does not move head0"),
        (lambda weight, was: weight * np.nan, "gradient of head0 is not finite"),
    ],
)
def test_gradients_that_are_none(toy, bad_step, change, problem):
    bad_step(change)
    with pytest.raises(VerificationError, match=problem):
        run_check(toy, "softmax.default: has gradients")


def test_a_model_that_learns_nothing(toy, bad_step):
    bad_step(lambda weight, was: 2 * was - weight)  # uphill
    with pytest.raises(VerificationError, match=r"after 300 steps on 16 images it reads \d+ of"):
        run_check(toy, "softmax.default: learns a batch")


@pytest.mark.parametrize(
    ("rng", "problem"),
    [
        (lambda seed: np.random.default_rng(), "differs by .* between two trainings with one seed"),
        (lambda seed: np.random.default_rng(0), "two seeds give the same weights"),
    ],
)
def test_a_seed_that_does_not_decide(toy, monkeypatch, rng, problem):
    from zoo_toy.model import ToyLearner, ToyTrainer

    def build(self, builder, config, seed):
        model = builder(config)
        for weight in model.weights:
            weight[:] = rng(seed).standard_normal(weight.shape)
        return model

    def one_order(self, batch):  # so that nothing but the first weights depends on the seed
        rows = np.arange(8) + 8 * batch.step
        return step(self, dataclasses.replace(batch, rows=rows))

    step = ToyLearner.step
    monkeypatch.setattr(ToyLearner, "step", one_order)
    monkeypatch.setattr(ToyTrainer, "build", build)
    with pytest.raises(VerificationError, match=problem):
        run_check(toy, "softmax.default: repeats itself")


def test_weights_that_are_not_assigned(toy, monkeypatch):
    from zoo_toy.model import ToyTrainer

    monkeypatch.setattr(ToyTrainer, "set_weights", lambda *_: None)
    with pytest.raises(VerificationError, match="head 0 differ by .* after save and load"):
        run_check(toy, "softmax.default: survives a file")


def test_a_config_that_takes_anything(toy, monkeypatch):
    import zoo_toy.config
    from zoo_core.config import ModelConfig

    class Lax(ModelConfig, extra="ignore"):
        scale: float = 0.01

    monkeypatch.setattr(zoo_toy.config, "SoftmaxConfig", Lax)
    with pytest.raises(VerificationError, match="takes the unknown key 'no_such_key'"):
        run_check(toy, "softmax.default: has a strict config")


def test_a_recipe_that_does_not_resolve(toy, monkeypatch):
    import zoo_toy.config

    monkeypatch.setitem(zoo_toy.config.RECIPES, "default", {"epoch": 3})
    with pytest.raises(InvalidValueError, match="no key 'epoch'"):
        run_check(toy, "softmax.default: gives logits")


@pytest.fixture
def bad_dataset(toy, monkeypatch):
    """Return a function that changes what the toy's loader gives."""
    import zoo_toy.data

    def install(**changes):
        load = zoo_toy.data.load
        monkeypatch.setattr(zoo_toy.data, "load", lambda: dataclasses.replace(load(), **changes))

    return install


def test_a_dataset_with_other_content_at_each_load(toy, monkeypatch):
    sha256s = iter([toy.dataset("toy").spec.sha256] * 3 + ["f" * 64])
    monkeypatch.setattr(ArrayDataset, "sha256", lambda self: next(sha256s))
    with pytest.raises(VerificationError, match="two loads give two contents"):
        run_check(toy, "toy: is what it declares")


def test_a_dataset_with_other_classes_than_declared(toy, bad_dataset, monkeypatch):
    monkeypatch.setattr(ArrayDataset, "sha256", lambda self: toy.dataset("toy").spec.sha256)
    bad_dataset(classes=(tuple("abcd"),))
    with pytest.raises(VerificationError, match=r"it has \(4,\) classes, and declares \(3,\)"):
        run_check(toy, "toy: is what it declares")


@pytest.mark.parametrize("changed", [{"mean": (0.3,)}, {"std": (0.5,)}])
def test_a_dataset_with_another_mean_or_deviation(toy, bad_dataset, changed):
    bad_dataset(**changed)
    with pytest.raises(VerificationError, match=r"(mean|std) of channel 0 is 0\.2\d+, not 0\.[35]"):
        run_check(toy, "toy: states its mean and deviation")


@pytest.mark.parametrize(
    ("compose", "problem"),
    [
        (lambda split, rng, seed, epoch: split, "composes 200 images for 190"),
        (lambda split, rng, seed, epoch: rng(0), "every seed and epoch give the same"),
        (lambda split, rng, seed, epoch: rng(None), "composes other images for the same seed"),
        (lambda split, rng, seed, epoch: rng(epoch), "every seed and epoch give the same"),
    ],
)
def test_a_dataset_that_does_not_compose_as_it_should(toy, bad_dataset, compose, problem):
    from zoo_core.data import Split, load_dataset

    split = load_dataset(toy.dataset("toy")).splits["train"]

    def drawn(seed):
        images = np.random.default_rng(seed).integers(0, 256, (190, 1, 6, 5)).astype(np.uint8)
        return Split(images, split.labels[:190])

    bad_dataset(compose=lambda seed, epoch, held_out: compose(split, drawn, seed, epoch))
    with pytest.raises(VerificationError, match=problem):
        run_check(toy, "toy: composes anew")


def with_fields(catalog, *fields):
    """Return a catalog whose toy trainer says that it follows some fields."""
    entry = catalog.trainer("toy")
    spec = dataclasses.replace(entry.spec, recipe_fields=fields)
    catalog._shelves["trainers"]["toy"] = [dataclasses.replace(entry, spec=spec)]
    return catalog


@pytest.mark.parametrize("field", sorted(TRAINER_FIELDS))
def test_a_trainer_that_does_not_follow_what_it_says(toy, field):
    catalog = with_fields(toy, *TRAINER_FIELDS)
    with pytest.raises(VerificationError, match=f"says that it follows {field}, which changes"):
        run_check(catalog, f"toy: follows {field}")


def test_a_trainer_that_follows_what_there_is_not(toy):
    with pytest.raises(VerificationError, match="no recipe field 'colour'"):
        run_check(with_fields(toy, "colour"), "toy: follows colour")


def test_a_trainer_without_a_model_cannot_be_checked(toy):
    for name in ("softmax", "softmax-pairs"):
        del toy._shelves["models"][name]
    with pytest.raises(UnknownNameError, match="no installed model is trained by 'toy'"):
        run_check(toy, "toy: follows lr")
