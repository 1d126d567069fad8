"""Tasks that are right pass all checks."""

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.testing import plugin_checks, run_checks, select_checks
from zoo_core.testing.random_heads import MAX_OUTPUTS, make_heads

BUILT_IN = ("classification", "multi-label", "regression", "segmentation", "sequence")


def problems(catalog, plugin, task):
    checks = select_checks(plugin_checks(catalog, plugin), only=[f"task {task}"])
    results = run_checks(checks, skip={}, save=None)
    return {each.check: each.message for each in results if each.status != "passed"}


@pytest.mark.parametrize("task", BUILT_IN)
@pytest.mark.torch
def test_built_in_task_passes(task):
    assert problems(load_catalog(), "zoo-core", task) == {}


def test_built_in_task_without_plugin_of_framework_skips_its_loss():
    (skipped,) = problems(load_catalog(), "zoo-core", "sequence").items()
    assert skipped == (
        "task sequence: has its default loss",
        "no plugin of a framework that has its losses is installed",
    )


DEPTH = """
from dataclasses import dataclass
import numpy as np
from zoo_core import Measure, Measured, Task, hookimpl, DatasetSpec, InputSpec, LossSpec, TargetSpec
from zoo_core import TaskSpec
from zoo_core.errors import DataError

@dataclass(frozen=True)
class Distances:
    values: np.ndarray

class Depth(Task):
    '''A map of distances, of images of one size alone.'''
    measures = (Measure("error", higher_is_better=False),)
    headline = "worst"

    def __init__(self, target):
        if len(target.shape) != 3:
            raise DataError("expected a volume")
        super().__init__(target)
    @property
    def outputs(self): return 1
    @property
    def output_shape(self): return self.target.shape
    def check_targets(self, targets):
        fits = targets.dtype == np.float32 and targets.shape[1:] == self.target.shape
        if not fits or not (targets > 0).all():
            raise DataError("expected distances")
    def example_targets(self, count):
        return np.arange(1, count * self.target.values + 1, dtype=np.float32).reshape(
            count, *self.target.shape)
    def predict(self, outputs): return Distances(outputs)
    def measure(self, outputs, targets):
        errors = np.abs(outputs - targets, dtype=np.float64).reshape(len(outputs), -1)
        return Measured({"error": errors.max(axis=1)})
    def metrics(self, measured):
        return super().metrics(measured) | {"worst": float(measured.columns["error"].max())}
    def texts(self, prediction): return (f"{each.mean()} m" for each in prediction.values)
    def records(self, prediction): return ({"means": float(x.mean())} for x in prediction.values)
    def columns(self, suffix): return [f"mean{suffix}"]
    def rows(self, prediction): return ([str(each.mean())] for each in prediction.values)

@hookimpl
def zoo_tasks():
    return [TaskSpec(name="depth", summary="Volumes.", task="zoo_mine.plugin:Depth", loss="l1")]

@hookimpl
def zoo_losses():
    return [LossSpec(name="l1", summary="L1.", loss="builtins:abs", task="depth", framework="mine")]
"""

DATA = """
@hookimpl
def zoo_datasets():
    return [DatasetSpec(name="scans", summary="Scans.", loader="zoo_mine.nowhere:load",
        input=InputSpec(kind="array", shape=(1, 8)), sizes={"train": 10, "test": 10}, sha256="",
        targets=(TargetSpec(task="depth", shape=SHAPE),), license="CC0-1.0", source="made up")]
"""


@pytest.fixture
def mine(site, write_plugin, monkeypatch):
    """Return a function that installs a task of numbers in volumes, and returns the catalog."""

    def install(code):
        write_plugin(site, "zoo-mine", DEPTH + code)
        monkeypatch.setenv("ZOO_PLUGINS", "zoo-mine")
        return load_catalog()

    return install


def test_task_for_targets_of_its_own_data_set_passes(mine):
    assert problems(mine(DATA.replace("SHAPE", "(2, 3, 4)")), "zoo-mine", "depth") == {}


def test_task_without_fitting_target_fails_once(mine):
    found = problems(mine(""), "zoo-mine", "depth")
    failed = {name: each for name, each in found.items() if "needs" not in each}
    (message,) = failed.values()
    assert message == "example_targets: none of any shape could be made: expected a volume"
    assert len(found) == 9


SMALL, LARGE = (2, 3, 4), (MAX_OUTPUTS // 100, 10, 11)


@pytest.mark.parametrize(
    ("shapes", "heads"),
    [([LARGE, SMALL, SMALL], [SMALL]), ([LARGE, LARGE], [LARGE]), ([SMALL, LARGE], [SMALL])],
)
def test_large_targets_make_no_head_beside_small_ones(mine, shapes, heads):
    targets = ", ".join(f"TargetSpec(task='depth', shape={shape})" for shape in shapes)
    catalog = mine(DATA.replace('TargetSpec(task="depth", shape=SHAPE),', targets))
    assert [task.target.shape for task in make_heads(catalog, "depth")] == heads


def test_scalable_task_with_other_number_of_outputs_than_values_fails(mine):
    catalog = mine("Depth.scalable = True" + DATA.replace("SHAPE", "(2, 3, 4)"))
    assert problems(catalog, "zoo-mine", "depth") == {
        "task depth: restores scaled outputs": "task 'depth' is scalable, with 24 values per "
        "target: expected outputs of shape (24,) per example, one per value, got (2, 3, 4). Train "
        "with --set standardize=false; the task's author can let `scalable` be False for this "
        "target."
    }


@pytest.mark.parametrize(
    ("method", "fault", "failed"),
    [
        ("measure(self, outputs, targets)", "1 / 0", "has a column per measure"),
        ("measure(self, outputs, targets)", "return targets", "has a column per measure"),
        ("measure(self, outputs)", "return outputs", "has a column per measure"),
        ("predict(self, outputs)", "1 / 0", "describes every prediction"),
        ("predict(self, outputs)", "return outputs", "describes every prediction"),
    ],
)
def test_fault_of_a_method_fails_once(mine, method, fault, failed):
    code = f"class Depth(Depth):\n    def {method}:\n        {fault}\n"
    found = problems(mine(code + DATA.replace("SHAPE", "(2, 3, 4)")), "zoo-mine", "depth")
    failures = {name: each for name, each in found.items() if "which failed" not in each}
    assert [*failures] == [f"task depth: {failed}"]
    assert "plugin.py:" in failures[f"task depth: {failed}"]
