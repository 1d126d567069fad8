"""Plugins that are right in an unusual way pass all checks."""

import numpy as np
import pytest

from zoo_core import InputSpec, class_targets
from zoo_core.tasks.classification import Classification
from zoo_core.testing import NotApplicableError, plugin_checks, run_checks
from zoo_core.testing.random_data import first_examples, shortfall, training_data

BUFFER = """
class Trainer(Trainer):
    def get_weights(self, model): return super().get_weights(model) | {"table": np.arange(3)}
    def trainable_weights(self, model): return ["head0"]
"""

# A frozen projection between the pixels and the head, drawn from the seed like any other weight.
FROZEN = """
class Model(Model):
    def __init__(self, config):
        super().__init__(config)
        self.trunk = np.zeros((self.weights[0].shape[0],) * 2, np.float32)
    def __call__(self, x): return super().__call__(x @ self.trunk)
class Learner(Learner):
    def step(self, batch):
        x = _prepare(self.examples.inputs[batch.rows], self.normalization) @ self.model.trunk
        outputs = [x @ weight for weight in self.model.weights]
        for head, weight in enumerate(self.model.weights):
            error = loss(outputs[head], self.examples.targets[head][batch.rows])
            weight -= np.float32(batch.lr / len(x)) * (x.T @ error)
        return outputs
    def get_state(self): return super().get_state() | {"trunk": self.model.trunk.copy()}
    def set_state(self, state):
        super().set_state(state)
        self.model.trunk[:] = state["trunk"]
class Trainer(Trainer):
    def build(self, builder, config, seed):
        model = super().build(builder, config, seed)
        model.trunk[:] = np.random.default_rng(seed).standard_normal(model.trunk.shape) / 5
        return model
    def get_weights(self, model): return super().get_weights(model) | {"trunk": model.trunk.copy()}
    def set_weights(self, model, weights):
        super().set_weights(model, weights)
        model.trunk[:] = weights["trunk"]
    def count_parameters(self, model): return model.trunk.size + super().count_parameters(model)
    def trainable_weights(self, model): return [*super().get_weights(model)]
from zoo_toy.model import _prepare
"""

LOSS_OF_FRAMEWORK = """
class Learner(Learner):
    def __init__(self, model, run):
        super().__init__(model, dataclasses.replace(run, losses=[loss for _ in run.tasks]))
"""

SMOOTHING = """
class Learner(Learner):
    def __init__(self, model, run):
        share = np.float32(run.recipe.label_smoothing)
        smooth = lambda outputs, targets: loss(outputs, targets) + share * outputs
        super().__init__(model, dataclasses.replace(run, losses=[smooth for _ in run.tasks]))
"""

NO_SINGLE_EXAMPLE = """
class Learner(Learner):
    def step(self, batch):
        assert len(batch.rows) > 1
        return super().step(batch)
"""

# The mean brightness of the left and the right half of an image, for three classes.
SMALL = """
class Model(Model):
    def __init__(self, config):
        self.config, self.weights = config, [np.zeros((2, n), np.float32) for n in config.outputs]
def _prepare(images, normalization):
    x = images.mean(axis=(1, 3))
    x = np.stack([part.mean(axis=1) for part in np.array_split(x, 2, axis=1)], axis=1) / 255
    return ((x - normalization.mean[0]) / normalization.std[0] * 4).astype(np.float32)
import zoo_toy.model
"""

RIGHT = {
    "a constant buffer": ("", BUFFER),
    "a frozen trunk": ("", FROZEN),
    "one epoch": ("", "RECIPES = RECIPES | {'default': {'epochs': 1, 'lr': 0.5}}"),
    "a batch of all examples": (
        "",
        "RECIPES = RECIPES | {'default': {'batch_size': 100, 'lr': 0.5}}",
    ),
    "a loss that the framework computes": ("CROSS_ENTROPY = {'loss': ''}", LOSS_OF_FRAMEWORK),
    "no batch of one example": ("", NO_SINGLE_EXAMPLE),
    "a template of Python code": ("", ""),
}


def failures(catalog):
    results = run_checks(plugin_checks(catalog, "zoo-odd"), skip={}, save=None)
    return {each.check: each.message for each in results if each.status != "passed"}


@pytest.mark.parametrize("what", RIGHT)
def test_checks_pass_right_plugin(odd, site, what):
    plugin, model = RIGHT[what]
    catalog = odd(plugin, model)
    if what == "a template of Python code":
        (site / "zoo_odd" / "template.py").write_text("class {{ name }}: pass\n")
    assert failures(catalog) == {}


# All weights are 0 at first, and the order of the examples has no effect.
CONSTANT = """
RECIPES = {name: {"lr": 0.5, "model": {"scale": 0}} for name in ("default", "slow")}
class Learner(Learner):
    def step(self, batch):
        return super().step(dataclasses.replace(batch, rows=np.arange(len(batch.rows))))
"""


def test_checks_skip_seed_of_model_without_random_weights(odd):
    catalog = odd(model=CONSTANT)
    skipped = failures(catalog)
    assert skipped.keys() == {
        "odd.default: depends on its seed",
        "odd.slow: depends on its seed",
        "odd: implements seed",
    }
    assert all("constants" in message for message in skipped.values())


def test_seed_check_of_recipe_with_constant_weights_is_not_applicable(odd):
    catalog = odd(model=CONSTANT)
    checks = {check.name: check for check in plugin_checks(catalog, "zoo-odd")}
    with pytest.raises(NotApplicableError, match="no seed has an effect"):
        checks["odd.default: depends on its seed"].run()


def test_learning_check_passes_model_of_two_features(odd, monkeypatch):
    import zoo_toy.model

    catalog = odd(model=SMALL)
    import zoo_odd.model

    monkeypatch.setattr(zoo_toy.model, "_prepare", zoo_odd.model._prepare)
    checks = {check.name: check for check in plugin_checks(catalog, "zoo-odd")}
    checks["odd.default: overfits a batch"].run()


# Steps of one size for every weight; with "sgd", those of the toy.
OPTIMIZERS = """
RECIPES = {name: each | {"optimizer": "lion"} for name, each in RECIPES.items()}
class Learner(Learner):
    def __init__(self, model, run):
        super().__init__(model, run)
        self.optimizer = run.recipe.optimizer
    def step(self, batch):
        before = [weight.copy() for weight in self.model.weights]
        outputs = super().step(batch)
        for weight, was in zip(self.model.weights, before):
            if self.optimizer == "lion":
                weight[:] = was + np.float32(batch.lr / 10) * np.sign(weight - was)
        return outputs
"""


def optimizing(*names):
    return f"TRAINER = {{'recipe_fields': ('optimizer',), 'values': {{'optimizer': {names}}}}}"


def test_checks_pass_trainer_with_optimizer_that_zoo_does_not_have(odd):
    assert failures(odd(optimizing("sgd", "lion"), OPTIMIZERS)) == {}


def test_checks_skip_comparison_of_one_optimizer(odd):
    found = failures(odd(optimizing("lion"), OPTIMIZERS))
    assert found == {
        "odd: implements optimizer": "there is no other optimizer here to compare with"
    }


def test_check_finds_optimizer_without_effect_among_those_of_the_spec(odd):
    found = failures(odd(optimizing("sgd", "lion", "tiger"), OPTIMIZERS))
    problem = "its spec lists the recipe field optimizer, which has no effect"
    assert found == {"odd: implements optimizer": problem}


@pytest.mark.parametrize(
    ("classes", "right", "enough"),
    [(10, 16, True), (10, 8, True), (10, 2, False), (2, 16, True), (2, 8, False)],
)
def test_shortfall_is_that_of_a_head_no_better_than_chance(classes, right, enough):
    task = Classification(*class_targets(classes))
    split = first_examples(training_data(InputSpec(shape=(1, 4, 4)), [task]))
    answers = split.targets[0].copy()
    answers[right:] = (answers[right:] + 1) % classes
    outputs = [5 * np.eye(classes, dtype=np.float32)[answers]]
    before = [np.zeros_like(outputs[0])]
    assert (shortfall([task], outputs, before, split) == "") == enough


def test_checks_of_trainer_include_fields_of_its_losses(odd):
    catalog = odd("CROSS_ENTROPY = {'recipe_fields': ('label_smoothing',)}", SMOOTHING)
    (check,) = [c for c in plugin_checks(catalog, "zoo-odd") if "label_smoothing" in str(c)]
    check.run()


def test_field_of_another_loss_is_not_checked_with_trainer(odd):
    catalog = odd("LOSS = {'recipe_fields': ('label_smoothing',)}")
    (check,) = [c for c in plugin_checks(catalog, "zoo-odd") if "label_smoothing" in str(c)]
    with pytest.raises(NotApplicableError, match="cross-entropy, does not implement it"):
        check.run()


def test_loss_for_framework_without_trainer_is_not_checked(odd):
    catalog = odd("LOSS = {'framework': 'jax'}")
    name = "loss odd of odd for jax: is for the framework of a trainer"
    (check,) = [each for each in plugin_checks(catalog, "zoo-odd") if each.name == name]
    with pytest.raises(NotApplicableError, match="no trainer of jax is installed"):
        check.run()
