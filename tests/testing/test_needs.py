"""One cause is reported once: checks that need a failed one are skipped."""

import pytest

from zoo_core.errors import ZooError
from zoo_core.testing import Check, plugin_checks, run_checks


def results(catalog):
    """Return results by name; that of a failure, where a model and others share a name."""
    found = list(run_checks(plugin_checks(catalog, "zoo-odd"), skip={}, save=None))
    found.sort(key=lambda each: each.status == "failed")
    return {each.check: each for each in found}


def failed(outcomes):
    return {name: each.message for name, each in outcomes.items() if each.status == "failed"}


@pytest.mark.parametrize(
    ("plugin", "model", "cause"),
    [
        (
            "MODEL = {'builder': 'zoo_odd.model:none'}",
            "",
            "odd: has import strings that resolve",
        ),
        ("MODEL = {'trainer': 'none'}", "", "odd: has trainer and data set installed"),
        ("MODEL = {'tasks': ('none',)}", "", "odd: supports installed tasks"),
        (
            "from zoo_core.plugins.data_specs import TargetSpec\n"
            "DATASET = {'targets': (TargetSpec(task='none', size=3),)}",
            "",
            "odd: has its tasks installed",
        ),
        ("", "def Model(config): 1 / 0", "odd: builds with its defaults"),
        ("", "Model.__call__ = lambda self, x: 1 / 0", "odd.default: predicts"),
    ],
)
def test_checks_of_model_report_one_cause_once(odd, plugin, model, cause):
    outcomes = results(odd(plugin, model))
    # The trainer is checked with the same model.
    alone = "odd: has a model to train"
    assert failed(outcomes).keys() == ({alone} if "'trainer'" in plugin else set()) | {cause}
    for name in ("odd.default: trains", "odd.slow: resumes to the bit"):
        assert outcomes[name].message.startswith("needs ")


def test_heavy_import_is_reported_once(odd, site):
    (site / "heavy.py").write_text("print('hello')\nopen('left-over', 'w').close()\n")
    outcomes = results(odd("import heavy"))
    assert failed(outcomes).keys() == {"zoo-odd: imports nothing heavy"}
    for name in ("prints nothing", "writes nothing", "opens no connection"):
        message = outcomes[f"zoo-odd: {name}"].message
        assert message == "needs zoo-odd: imports nothing heavy, which failed"


def test_checks_of_other_recipes_do_not_repeat_failure_of_default_one(odd):
    outcomes = results(odd(model="Learner.step = lambda self, batch: 1 / 0"))
    assert failed(outcomes).keys() == {"odd.default: trains"}
    assert outcomes["odd: trains"].message == "needs odd.default: trains, which failed"
    assert outcomes["odd.slow: trains"].message == "needs odd.default: trains, which failed"


MOMENTUM = """
class Learner(Learner):
    def __init__(self, model, run):
        super().__init__(model, run)
        self.velocities = [np.zeros_like(weight) for weight in model.weights]
    def step(self, batch):
        before = [weight.copy() for weight in self.model.weights]
        outputs = super().step(batch)
        for weight, was, velocity in zip(self.model.weights, before, self.velocities):
            velocity[:] = np.float32(0.9) * velocity + (weight - was)
            weight[:] = was + velocity
        return outputs
"""


def test_checks_report_state_of_optimizer_that_is_lost_once(odd):
    catalog = odd(model=MOMENTUM)
    ((name, message),) = failed(results(catalog)).items()
    assert name == "odd.default: resumes to the bit"
    assert "optimizer's state in get_state" in message
    checks = {check.name: check for check in plugin_checks(catalog, "zoo-odd")}
    for name in ("odd.slow: resumes to the bit", "odd: resumes its training"):  # they find it, too
        with pytest.raises(ZooError, match="stopped and resumed"):
            checks[name].run()


RANDOM = {
    "in a step": """
class Learner(Learner):
    def step(self, batch):
        for weight in self.model.weights:
            weight += np.float32(1e-4) * np.random.rand(*weight.shape).astype(np.float32)
        return super().step(batch)
""",
    "in build": """
class Trainer(Trainer):
    def build(self, builder, config, seed):
        return super().build(builder, config, None)
""",
}


@pytest.mark.parametrize("where", RANDOM)
def test_checks_report_trainer_with_a_generator_of_its_own_once(odd, where):
    catalog = odd(model=RANDOM[where])
    ((name, message),) = failed(results(catalog)).items()
    assert name == "odd.default: is deterministic"
    assert "those of a step from the recipe's seed and batch.step" in message


COUNTED = """
STARTED = []
class Learner(Learner):
    def __init__(self, model, run):
        super().__init__(model, run)
        STARTED.append(self)
"""


# A framework may compile the step again for each learner, which takes seconds.
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("odd.default: resumes to the bit", 4),
        ("odd.slow: resumes to the bit", 3),
        ("odd: resumes its training", 4),
    ],
)
def test_resume_checks_start_few_learners(odd, name, most):
    (check,) = [each for each in plugin_checks(odd(model=COUNTED), "zoo-odd") if each.name == name]
    check.run()
    import zoo_odd.model

    assert 2 < len(zoo_odd.model.STARTED) <= most


def test_checks_of_new_framework_report_missing_loss_once(odd):
    ((name, message),) = failed(results(odd("CROSS_ENTROPY = {'framework': 'x'}"))).items()
    assert name == "odd.default: resolves"
    assert "LossSpec with task 'classification' and framework 'zoo-odd'" in message
    assert "docs/plugins/loss.md" in message
    assert "trainer of another" not in message  # none could train the model


def test_checks_of_trainer_without_model_report_it_once(odd):
    outcomes = results(odd("MODEL = {'trainer': 'toy'}"))
    assert failed(outcomes).keys() == {"odd: has a model to train"}
    assert outcomes["odd: implements lr"].message == "needs odd: has a model to train, which failed"
    assert outcomes["odd: states its environment"].status == "passed"


def test_checks_of_data_set_that_does_not_load_report_it_once(odd):
    outcomes = results(odd(model="def load(): raise OSError('no disk')"))
    (message,) = failed(outcomes).values()
    assert "no disk" in message
    assert "zoo_odd/model.py:" in message
    assert outcomes["odd: has its sha256"].message == "needs odd: can be loaded, which failed"


TWO_SETS = """
@hookimpl(specname="zoo_datasets")
def more():
    import dataclasses
    return [dataclasses.replace(zoo_datasets()[0], name="odd-again")]
"""


def test_wrong_targets_are_reported_once(odd):
    """Neither as another checksum, nor for a second data set with the same loader."""
    wrong = """
def load():
    import zoo_toy.data
    whole = zoo_toy.data.load()
    whole.splits["train"].targets[0][3] = 3
    return whole
"""
    outcomes = results(odd(TWO_SETS, wrong))
    assert failed(outcomes).keys() == {"odd: has targets of its tasks"}
    cause = "needs odd: has targets of its tasks, which failed"
    assert outcomes["odd: has its sha256"].message == cause
    assert outcomes["odd-again: has targets of its tasks"].message == cause


def test_loader_of_two_data_sets_that_fails_is_reported_once(odd):
    broken = results(odd(TWO_SETS, "def load(): raise OSError('no disk')"))
    assert [*failed(broken)] == ["odd: can be loaded"]


def test_checks_name_spec_of_loss_without_function_that_is_called(odd):
    ((name, message),) = failed(results(odd("CROSS_ENTROPY = {'loss': ''}"))).items()
    assert name == "odd.default: trains"
    assert "loss 'cross-entropy' of task 'classification' for zoo-odd has no function" in message
    assert "LossSpec of zoo-odd" in message


def test_run_checks_skips_what_needs_failed_check_at_any_distance():
    def fail():
        raise ValueError("odd")

    checks = [
        Check("x: a", fail),
        Check("x: b", lambda: None, needs=("x: a",)),
        Check("x: c", lambda: None, needs=("x: b",)),
        Check("x: d", lambda: None, needs=("x: e",)),
    ]
    found = [(each.status, each.message) for each in run_checks(checks, skip={}, save=None)]
    assert found == [
        ("failed", "it raised ValueError: odd"),
        ("skipped", "needs x: a, which failed"),
        ("skipped", "needs x: b, which failed"),
        ("passed", ""),
    ]


def test_run_checks_runs_what_needs_check_that_user_skips():
    def fail():
        raise ValueError("odd")

    checks = [Check("x: a", fail), Check("x: b", lambda: None, needs=("x: a",))]
    results = run_checks(checks, skip={"x: a": "known"}, save=None)
    assert [each.status for each in results] == ["skipped", "passed"]
