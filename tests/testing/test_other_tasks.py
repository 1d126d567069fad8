"""Checks of strangers' models for other tasks and inputs than classes of images."""

import re
from itertools import combinations

import numpy as np
import pytest

from zoo_core import InputSpec, TargetSpec, class_targets
from zoo_core.installation.installed import load_catalog
from zoo_core.recipes.default_config import default_config
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.regression import Regression
from zoo_core.testing import plugin_checks, run_checks, select_checks
from zoo_core.testing.random_data import training_data

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, TargetSpec
from zoo_core.plugins.specs import DatasetSpec, ModelSpec

@hookimpl
def zoo_models():
    return [ModelSpec(name="stranger", summary="For other data.",
        builder="zoo_stranger.model:build", config="zoo_stranger.model:Config",
        recipes="zoo_stranger.model:RECIPES", trainer="TRAINER", dataset="others", heads=HEADS,
        tasks=ACCEPTED, inputs=("KIND",), license="MIT")]

@hookimpl
def zoo_datasets():
    return [DatasetSpec(name="others", summary="Never loaded.", loader="zoo_stranger.nowhere:load",
        input=InputSpec(kind="KIND", INPUT), targets=(TargetSpec(task="TASK", TARGET), MORE),
        sizes={"train": 100, "test": 10}, sha256="", license="CC0-1.0", source="made up")]
"""

NUMPY = """
import numpy as np
from zoo_core import ModelConfig as Config
from zoo_numpy.config import NumpyNetConfig
from zoo_numpy.net import build as net

RECIPES = {"default": {"epochs": 2, "batch_size": 8, "lr": 0.1}}

def build(config):
    return Net(net(NumpyNetConfig(**dict(config), hidden=(16,))))

class Net:
    def __init__(self, net): self.net = net
    def initialize(self, *seed): self.net.initialize(*seed)
    def backward(self, gradients): self.net.backward(gradients)
    def parameters(self): return self.net.parameters()
    def forward(self, x, seed=None): return self.net.forward(x, seed)
"""

TORCH = """
import torch
from torch import nn
from zoo_core import ModelConfig as Config

RECIPES = {"default": {"epochs": 2, "batch_size": 8, "lr": 0.01, "optimizer": "adamw"}}

def build(config):
    return Net(config)
"""

SEGMENTATION = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.trunk = nn.Conv2d(config.input_shape[0], 16, 3, padding=1)
        self.heads = nn.ModuleList(nn.Conv2d(16, classes, 1) for classes in config.outputs)
    def forward(self, x):
        features = self.trunk(x).relu()
        return [head(features) for head in self.heads]
"""

SEQUENCE = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.trunk = nn.Conv2d(config.input_shape[0], 8, 3, stride=(1, 2), padding=1)
        width = 8 * config.input_shape[1]
        self.heads = nn.ModuleList(nn.Linear(width, symbols) for symbols in config.outputs)
    def forward(self, x):
        steps = self.trunk(x).relu().flatten(1, 2).transpose(1, 2)
        return [head(steps) for head in self.heads]
"""

MASKS_AND_LABELS = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.trunk = nn.Conv2d(config.input_shape[0], 16, 3, padding=1)
        self.tasks = config.tasks
        self.heads = nn.ModuleList(
            nn.Conv2d(16, size, 1) if task == "segmentation" else nn.Linear(16, size)
            for task, size in zip(config.tasks, config.outputs, strict=True)
        )
    def forward(self, x):
        features = self.trunk(x).relu()
        pooled = features.amax((2, 3))
        pairs = zip(self.tasks, self.heads)
        return [head(features if task == "segmentation" else pooled) for task, head in pairs]
"""

TOKENS = """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embedding = nn.Embedding(config.vocabulary_size, 4)
        self.heads = nn.ModuleList(nn.Linear(4, classes) for classes in config.outputs)
    def forward(self, x):
        mean = self.embedding(x).mean(dim=1)
        return [head(mean) for head in self.heads]
"""

HOUSES = {
    "ACCEPTED": '("TASK",)',
    "MORE": "",
    "TRAINER": "numpy",
    "KIND": "features",
    "INPUT": "shape=(3,)",
    "TASK": "regression",
    "TARGET": "unit='USD'",
}
SCENES = HOUSES | {"INPUT": "shape=(6,)", "TASK": "multi-label", "TARGET": "classes=tuple('abcd')"}
DEPTHS = HOUSES | {"TARGET": "shape=(2,)"}
DEPTH_MAPS = HOUSES | {"KIND": "image", "INPUT": "shape=(1, 4, 5)", "TARGET": "shape=(4, 5)"}
SIGNALS = SCENES | {"KIND": "array", "INPUT": "shape=(2, 9)"}
STREETS = HOUSES | {
    "TRAINER": "torch",
    "KIND": "image",
    "INPUT": "shape=(3, 8, 12)",
    "TASK": "segmentation",
    "TARGET": "classes=tuple('abc'), shape=(8, 12)",
}
NUMBERS = STREETS | {
    "INPUT": "shape=(1, 6, 24)",
    "TASK": "sequence",
    "TARGET": "classes=tuple('0123'), shape=(4,)",
}
SIGNS = STREETS | {
    "ACCEPTED": '("TASK", "multi-label")',
    "MORE": "TargetSpec(task='multi-label', classes=tuple('de'))",
}
WORDS = STREETS | {
    "KIND": "tokens",
    "INPUT": "shape=(9,), size=12",
    "TASK": "classification",
    "TARGET": "size=3",
}

STRANGERS = {
    "regression": (HOUSES, NUMPY),
    "regression of a vector": (DEPTHS, NUMPY),
    "regression of an image": (DEPTH_MAPS, NUMPY),
    "multi-label": (SCENES, NUMPY),
    "multi-label, of arrays": (SIGNALS, NUMPY),
    "segmentation": (STREETS, TORCH + SEGMENTATION),
    "segmentation and labels": (SIGNS, TORCH + MASKS_AND_LABELS),
    "sequence": (NUMBERS, TORCH + SEQUENCE),
    "tokens": (WORDS, TORCH + TOKENS),
}


@pytest.fixture
def stranger(site, write_plugin, monkeypatch):
    """Return a function that checks a stranger's model and returns the problems by condition."""

    def check(what, change=("", ""), heads=1, only="*"):
        facts, model = STRANGERS[what]
        assert change[0] in model
        code = PLUGIN
        for name, value in (facts | {"HEADS": str(heads)}).items():
            code = code.replace(name, value)
        write_plugin(site, "zoo-stranger", code)
        (site / "zoo_stranger" / "model.py").write_text(model.replace(*change))
        monkeypatch.setenv("ZOO_PLUGINS", f"zoo-stranger,zoo-{facts['TRAINER']}")
        checks = select_checks(plugin_checks(load_catalog(), "zoo-stranger"), only=[only])
        own = [each for each in checks if each.subject.startswith("stranger")]
        results = run_checks(own, skip={}, save=None)
        return {each.check: each.message for each in results if each.status != "passed"}

    return check


MARKS = {
    name: pytest.mark.torch if facts["TRAINER"] == "torch" else pytest.mark.requires("zoo-numpy")
    for name, (facts, _) in STRANGERS.items()
}


@pytest.mark.slow
@pytest.mark.parametrize("what", [pytest.param(each, marks=MARKS[each]) for each in STRANGERS])
def test_fair_model_passes(stranger, what):
    skipped, heads = {}, None if STRANGERS[what][0]["MORE"] else 1
    if what == "regression of an image":
        message = "the shape of its inputs decides about its outputs"
        skipped["stranger.default: fits other outputs"] = message
    assert stranger(what, heads=heads) == skipped


@pytest.mark.torch
def test_model_that_reads_tasks_of_its_config_fits_other_outputs(stranger):
    assert stranger("segmentation and labels", heads=None, only="fits other*") == {}


SHAPES, OUTPUTS = "returns outputs of its tasks", "fits other outputs"

FORWARD = "return self.net.forward(x, seed)"

ONE_VALUE = ("**dict(config)", "input_shape=config.input_shape, outputs=(1,)")

WRONG = [
    # Outputs of another shape than the task's.
    ("regression", FORWARD, "return [y[:, 0] for y in self.net.forward(x)]", SHAPES, "(16,)"),
    (
        "multi-label",
        FORWARD,
        "return [y[:, None] for y in self.net.forward(x)]",
        SHAPES,
        "(16, 1, 4)",
    ),
    ("segmentation", "padding=1", "padding=1, stride=2", SHAPES, "(16, 3, 4, 6)"),
    ("segmentation", "(features)", "(features).flatten(2)", SHAPES, "(16, 3, 96)"),
    ("sequence", "(steps)", "(steps).transpose(1, 2)", SHAPES, "(16, 5, 12)"),
    ("sequence", "stride=(1, 2)", "stride=(1, 8)", SHAPES, "3. Choose a model"),  # 4 symbols
    ("tokens", "(mean)", "(mean)[:, 0]", SHAPES, "(16,)"),
    # A number of outputs in the code.
    ("regression", *ONE_VALUE, OUTPUTS, "(11, 1)"),
    (
        "regression of a vector",
        "**dict(config)",
        ONE_VALUE[1].replace("1", "2"),
        OUTPUTS,
        "(11, 2)",
    ),
    ("multi-label", "**dict(config)", ONE_VALUE[1].replace("1", "4"), OUTPUTS, "(11, 4)"),
    ("segmentation", "(16, classes, 1)", "(16, 3, 1)", OUTPUTS, "(11, 3, 8, 12)"),
    ("sequence", "(width, symbols)", "(width, 5)", OUTPUTS, "(11, 12, 5)"),
    ("tokens", "(4, classes)", "(4, 3)", OUTPUTS, "(11, 3)"),
]


@pytest.mark.parametrize(
    ("what", "old", "new", "condition", "shape"),
    [pytest.param(*each, marks=MARKS[each[0]]) for each in WRONG],
)
def test_typical_mistake_fails(stranger, what, old, new, condition, shape):
    problems = stranger(what, (old, new), only=condition)
    assert f"got {shape}" in problems[f"stranger.default: {condition}"]


@pytest.mark.requires("zoo-numpy")
def test_number_of_heads_in_code_fails(stranger):
    one_head = "return [np.concatenate(self.net.forward(x, seed), axis=1)]"
    problems = stranger("multi-label", (FORWARD, one_head), heads=None, only=OUTPUTS)
    (problem,) = problems.values()
    assert re.match(r"heads of .*model\.py:\d+ for outputs=\[5, 8\], tasks=", problem)
    assert problem.endswith("expected 2, got 1")


@pytest.mark.slow
@pytest.mark.parametrize(
    "what", [pytest.param(each, marks=MARKS[each]) for each in ("multi-label", "segmentation")]
)
def test_fair_model_with_any_number_of_heads_passes(stranger, what):
    assert stranger(what, heads=None) == {}


def test_random_tokens_follow_their_targets():
    tasks = [Classification(target) for target in class_targets(3)]
    split = training_data(InputSpec(kind="tokens", shape=(40,), size=12), tasks).train
    shares = {True: [], False: []}
    for one, two in combinations(range(len(split)), 2):
        same = split.targets[0][one] == split.targets[0][two]
        shares[bool(same)].append((split.inputs[one] == split.inputs[two]).mean())
    assert np.mean(shares[True]) > 2 * np.mean(shares[False])
    assert split.inputs.max() < 12


def test_random_pixels_follow_their_targets():
    task = Regression(TargetSpec(task="regression", shape=(9, 10)))
    split = training_data(InputSpec(shape=(1, 9, 10)), [task]).train
    values = np.unique(split.targets[0])
    means = [split.inputs[:, 0][split.targets[0] == value].mean() for value in values]
    assert values.min() < 0
    assert all(abs(one - two) > 3 for one, two in combinations(means, 2))


@pytest.mark.torch
@pytest.mark.parametrize(
    ("own", "expected"),
    [("", (3, 2)), ("    outputs: tuple[int, ...] = (3, 5)\n", (3, 5))],
)
def test_default_config_is_that_of_own_data_set(stranger, own, expected):
    base = "from zoo_core import ModelConfig as Config"
    code = (
        f"from zoo_core import ModelConfig\nclass Config(ModelConfig):\n    width: int = 4\n{own}"
    )
    change = (base, code)
    assert stranger("segmentation and labels", change, heads=None, only="builds*") == {}
    catalog = load_catalog()
    config = default_config(catalog, catalog.model("stranger"))
    assert config.tasks == ("segmentation", "multi-label")
    assert config.outputs == expected
    assert config.input_shape == (3, 8, 12)
    assert default_config(catalog, catalog.model("stranger"), {"width": 5}).width == 5
