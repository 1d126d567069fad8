"""Each check of the suite fails on a plugin that is broken in exactly that way.

The plugin is zoo-odd: the toy plugin under other names, which passes all checks. The fixture `odd`
(`conftest.py`) installs it with a few lines more, which break it.
"""

import os
from contextlib import nullcontext

import pytest

from zoo_core.errors import VerificationError, ZooError
from zoo_core.installation.installed import load_catalog
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import TRAINER_FIELDS
from zoo_core.testing import NotApplicableError, plugin_checks
from zoo_core.testing.checks import hook_checks, trainer_checks
from zoo_core.testing.make_checks import check_name


def run_check(catalog, name):
    (check,) = [check for check in plugin_checks(catalog, "zoo-odd") if str(check) == name]
    check.run()


def predicting(change):
    """Return code of a trainer whose outputs are changed."""
    return f"""
class Trainer(Trainer):
    def predict(self, model, inputs, normalization):
        return [{change} for head in super().predict(model, inputs, normalization)]
"""


def stepping(change):
    """Return code of a learner whose weights are changed after a step; `was` is before it."""
    return f"""
class Learner(Learner):
    def step(self, batch):
        before = [weight.copy() for weight in self.model.weights]
        outputs = super().step(batch)
        for weight, was in zip(self.model.weights, before):
            weight[:] = {change}
        return outputs
"""


def loading(change):
    """Return code of a loader whose data set is changed."""
    return f"""
whole = load
def load():
    data = whole()
    train = data.splits["train"]
    {change}
    return data
"""


ONE_ORDER = """
class Learner(Learner):
    def step(self, batch):
        size = len(batch.rows)
        rows = (np.arange(size) + size * batch.step) % len(self.examples)
        return super().step(dataclasses.replace(batch, rows=rows))
"""

COMPOSING = """
from zoo_core.data.dataset import Split
whole = load
def drawn(seed):
    return np.random.default_rng(seed).integers(0, 256, (190, 1, 6, 5)).astype(np.uint8)
def load():
    data = whole()
    labels = data.splits["train"].targets[0]
    return dataclasses.replace(data, compose=lambda seed, epoch, held_out: {})
"""


def composing(what):
    return COMPOSING.format(what)


def building(seed):
    """Return code of a trainer that draws the first weights from another seed."""
    return f"""
class Trainer(Trainer):
    def build(self, builder, config, seed):
        return super().build(builder, config, {seed})
"""


def building_for(field, value):
    """Return code of a model that ignores a field of its config."""
    return f"""
class Model(Model):
    def __init__(self, config):
        super().__init__(config.model_copy(update=dict({field}={value})))
"""


def adding_fields(fields):
    """Return code of recipe fields of a trainer."""
    return f"""
from zoo_core.plugin_api import FrozenModel
class Own(FrozenModel):
    {fields}
"""


def pretraining(tensors):
    """Return code of pretrained weights."""
    return f"""
from zoo_core.plugin_api import PretrainedWeights, UnavailableError
def pretrained(config):
    return PretrainedWeights("a paper", {{{tensors}}})
"""


PLUGINS = [
    ("loads", "raise OSError('disk on fire')", "", r"\bbroken\b.* disk on fire"),
    ("loads", "MODEL = {'name': 'softmax'}", "", r"\bconflict\b.* zoo-toy"),
    (
        "imports nothing heavy",
        "import numpy\nimport safetensors",
        "",
        r"imports numpy \(.*plugin.py:\d+\), safetensors \(.*zoo_odd/plugin.py:\d+\):",
    ),
    ("imports nothing heavy", "from zoo_core import ModelConfig", "", "pydantic"),
    ("imports nothing heavy", "import zoo_toy", "", r"imports zoo_toy \("),
    ("prints nothing", "print('hello')", "", r"prints 'hello\\n'"),
    ("prints nothing", "import sys; sys.stderr.write('hi')", "", "prints 'hi'"),
    ("writes nothing", "open('left-over', 'w').close()", "", "writes .*left-over"),
    (
        "writes nothing",
        "import tempfile; tempfile.TemporaryDirectory().cleanup()",
        "",
        r"\(os.mkdir\)",
    ),
    (
        "opens no connection",
        "import socket\nwith socket.socket() as s:\n    s.bind(('127.0.0.1', 0))",
        "",
        "calls socket",
    ),
    ("opens no connection", "import os; os.system('true')", "", "calls os.system"),
    ("uses no pickle", "", "import pickle", r"model.py:\d+ uses pickle"),
    ("uses no pickle", "", "from joblib.x import y", "uses joblib"),
    ("uses no pickle", "", "def f(torch): torch.load('x')", "uses torch.load"),
    ("uses no pickle", "", "def f(): np.load('x', allow_pickle=True)", "uses allow_pickle=True"),
    (
        check_name(hook_checks.runs_its_training_hooks),
        "@hookimpl\ndef zoo_train_end(run, result): 1 / 0",
        "",
        "zoo_train_end failed: ZeroDivisionError",
    ),
    (
        check_name(hook_checks.runs_its_training_hooks),
        "@hookimpl\ndef zoo_step_end(run, step, steps): 1 / (step - steps)",
        "",
        "zoo_step_end failed: ZeroDivisionError",
    ),
    (
        check_name(hook_checks.runs_its_training_hooks),
        "@hookimpl\ndef zoo_steps_scored(scored): scored.scores['none']",
        "",
        "zoo_steps_scored failed: KeyError",
    ),
    (
        check_name(hook_checks.names_its_trackers),
        "@hookimpl\ndef zoo_trackers(names): return [1]",
        "",
        r"expected names, got \[1\]",
    ),
    (
        check_name(hook_checks.runs_its_search_hook),
        "@hookimpl\ndef zoo_tune_end(study): 1 / 0",
        "",
        "zoo_tune_end failed: ZeroDivisionError",
    ),
    ("lists everything it offers", "", "RECIPES = None", "recipes .*'odd' .*expected a dict"),
]

MODELS = [
    ("has import strings that resolve", "MODEL = {'builder': 'zoo_odd.model:none'}", "", "none"),
    ("has an spdx license", "MODEL = {'license': 'free'}", "", "SPDX .*got 'free'"),
    ("has an spdx license", "MODEL = {'license': 'mit'}", "", "expected MIT, .*got mit"),
    ("has trainer and data set installed", "MODEL = {'trainer': 'none'}", "", "trainer 'none'"),
    ("has trainer and data set installed", "MODEL = {'dataset': 'none'}", "", "dataset 'none'"),
    (
        "supports installed tasks",
        "MODEL = {'tasks': ('regression', 'clasification')}",
        "",
        r"tasks of its spec \(.*zoo_odd/plugin.py:\d+\): there is no task 'clasification'",
    ),
    ("builds with its defaults", "", "class Config: pass", r"zoo_core\.ModelConfig"),
    ("builds with its defaults", "", "class Config(Config):\n    depth: int", "depth"),
    (
        "refuses nested unknown keys",
        "",
        "from pydantic import BaseModel\n"
        "class Config(Config):\n"
        "    block: 'list[Block] | None' = None\n"
        "class Block(BaseModel):\n"  # after the config, which cannot refuse it when it is defined
        "    width: int = 1",
        r"zoo_odd\.model:Config: Block would ignore unknown keys; .*FrozenModel",
    ),
    ("has a default recipe", "", "RECIPES = {'slow': {}}", "expected 'default' .*got slow"),
    (
        "loads its pretrained weights",
        "MODEL = {'pretrained': 'zoo_odd.model:pretrained'}",
        pretraining("'head0': np.zeros((2, 3))"),
        r"a paper has head0 of shape \(2, 3\), 'odd' has \(30, 3\)",
    ),
    (
        "loads its pretrained weights",
        "MODEL = {'pretrained': 'zoo_odd.model:pretrained'}",
        pretraining("'head0': np.full((30, 3), np.nan)"),
        r"pretrained head0: 90 of 90 elements are not finite",
    ),
    (
        "renames tensors to its own",
        "MODEL = {'renamed': {'weight': 'head'}}",
        "",
        "expected names of its tensors, which are head0, got head",
    ),
    (
        "renames tensors to its own",
        "MODEL = {'renamed': {'head0': 'head0'}}",
        "",
        "still has a tensor head0",
    ),
]

RECIPES = [
    (
        "predicts",
        "",
        "class Model(Model):\n    def __call__(self, x): raise RuntimeError('too hot')",
        r"RuntimeError: too hot \(.*zoo_odd/model\.py:\d+\)",
    ),
    (
        "fits other outputs",
        "",
        building_for("outputs", (3,)),
        r"outputs of .*zoo_odd/model\.py:\d+ for outputs=\[6\]: expected \(11, 6\), got \(11, 3\)",
    ),
    (
        "fits other shapes",
        "",
        building_for("input_shape", (1, 6, 5)),
        r"config accepts input_shape=\[3, 6, 5\], .*ValueError",
    ),
    (
        "trains",
        "",
        "class Learner(Learner):\n    def step(self, batch): return 1 / 0",
        r"ZeroDivisionError: division by zero \(.*zoo_odd/model\.py:\d+\)",
    ),
    ("resolves", "", "RECIPES = {'default': {'epoch': 3}}", "key 'epoch'"),
    (
        "survives JSON",
        "",
        "from pydantic import field_validator\n"
        "class Config(Config):\n"
        "    @field_validator('scale')\n"
        "    def halved(cls, scale): return scale / 2\n",
        "JSON",
    ),
    ("refuses unknown keys", "", "class Config(Config, extra='ignore'): pass", "'no_such_key'"),
    ("is frozen", "", "class Config(Config, frozen=False): pass", "keep frozen=True"),
    (
        "has one head per target",
        "",
        "class Trainer(Trainer):\n"
        "    def predict(self, *given): return 2 * super().predict(*given)\n",
        "expected 1, got 2",
    ),
    (
        "returns outputs of its tasks",
        "",
        predicting("head[:, :2]"),
        r"expected \(16, 3\), got \(16, 2\)",
    ),
    ("returns floats", "", predicting("head.astype(np.float16)"), "or float64, got float16"),
    (
        "returns finite outputs",
        "",
        predicting("np.where(np.arange(3) == 1, np.nan, head).astype(np.float32)"),
        r"head 1: 16 of 48 elements .*not finite, first at \[0, 1\]: nan",
    ),
    (
        "predicts examples independently",
        "",
        predicting("head - head.mean(axis=0)"),
        r"head 1 differs .*other examples .* \[\d, \d\]",
    ),
    (
        "predicts without learning",
        "",
        predicting("(head + np.random.rand()).astype(np.float32)"),
        "head 1 differs .*predicts again",
    ),
    (
        "predicts without learning",
        "",
        "class Learner(Learner):\n"
        "    def step(self, batch):\n"
        "        rate = 0 if getattr(self.model, 'evaluating', False) else batch.lr\n"
        "        return super().step(dataclasses.replace(batch, lr=rate))\n"
        "class Trainer(Trainer):\n"
        "    def predict(self, model, *given):\n"
        "        model.evaluating = True\n"
        "        return super().predict(model, *given)\n",
        "head0 differs .*predicts between",
    ),
    ("has gradients", "", stepping("was"), "not move head0"),
    ("has gradients", "", stepping("weight * np.inf"), "head0 .*not finite"),
    ("overfits a batch", "", stepping("2 * was - weight"), r"300 steps .*16 examples: .*got \d"),
    (
        "is deterministic",
        "",
        building("None"),
        r"head0 differs .*two trainings .*one seed .* \[\d+, \d\]: \S+ ",
    ),
    ("depends on its seed", "", building("0") + ONE_ORDER, "two seeds .*same weights"),
    (
        "survives saving and loading",
        "",
        "Trainer.set_weights = lambda self, model, weights: None",
        "head 1 differs .*save and load",
    ),
    (
        "resumes to the bit",
        "",
        "Learner.set_state = lambda self, state: None",
        "head0 differs .*stopped and resumed",
    ),
]

SPACES = [
    ("can be searched", "", "SPACES = {'default': {'lrr': {'low': 0, 'high': 1}}}", "key 'lrr'"),
    (
        "can be searched",
        "",
        "SPACES = {'default': {'lr': {'low': 2, 'high': 1}}}",
        "lr .*low .*2 .*1",
    ),
    (
        "can be searched",
        "",
        "SPACES = {'default': {'momentum': {'low': 0, 'high': 0.9}}}",
        r"\bmomentum = 0\.9\b",
    ),
]

DATASETS = [
    (
        "has its tasks installed",
        "from zoo_core.plugins.data_specs import TargetSpec\n"
        "DATASET = {'targets': (TargetSpec(task='clasification', size=3),)}",
        "",
        r"targets of its spec \(.*zoo_odd/plugin.py:\d+\): there is no task 'clasification'",
    ),
    ("has import strings that resolve", "DATASET = {'loader': 'zoo_odd.nowhere:x'}", "", "nowhere"),
    ("has an spdx license", "DATASET = {'license': 'CC BY-SA'}", "", "SPDX .*got 'CC BY-SA'"),
    ("states a sha256 and a source", "DATASET = {'sha256': 'abc'}", "", "64 hexadecimal digits"),
    ("states a sha256 and a source", "DATASET = {'source': ' '}", "", "source: .*authors"),
    ("can be loaded", "", "load = dict", "expected an ArrayDataset, got a dict"),
    (
        "has its splits",
        "DATASET = {'input': InputSpec(shape=(1, 5, 5))}",
        "",
        r"expected .*\(200, 1, 5, 5\).*zoo_odd/plugin\.py.* got .*\(200, 1, 6, 5\)",
    ),
    (
        "has its classes",
        "DATASET = {'targets': class_targets(4)}",
        "",
        r"classes: expected \(4,\).* got \(3,\)",
    ),
    (
        "has its splits",
        "DATASET = {'input': InputSpec(shape=(1, 6, 5), dtype='float32')}",
        "",
        "inputs of train: expected float32, .*got uint8",
    ),
    (
        "has targets of its tasks",
        "from zoo_core.plugins.data_specs import TargetSpec\n"
        "DATASET = {'targets': (TargetSpec(task='multi-label', size=3),)}",
        "",
        r"expected \[\('multi-label', \(\)\)\], .*got \[\('classification', \(\)\)\]",
    ),
    (
        "has targets of its tasks",
        "",
        loading("train.targets[0][3] = 3"),
        r"split 'train', head 1 \(classification\): expected labels 0 to 2, got 0 to 3",
    ),
    *(
        ("has its sha256", "", loading(change), r"sha256 98b8[0-9a-f]{60},.* got [0-9a-f]{64}")
        for change in (
            "train.inputs[0] = 0",
            # Neither of these can be constructed; a loader has to change its data afterwards.
            "object.__setattr__(train, 'inputs', train.inputs / 255)",
            "train.targets[0][[3, 7]] = 3, 9",
        )
    ),
    (
        "is equal on every load",
        "",
        loading("train.inputs[2, 0, 0, 1] = np.random.randint(256)") + "np.random.seed(0)",
        r"inputs of train differs .*two loads .*1 of 6000 .*\[2, 0, 0, 1\]",
    ),
    (
        "states its mean and deviation",
        "",
        loading("data = dataclasses.replace(data, mean=(0.3,))"),
        r"mean of channel 0: expected 0\.27\d+, got 0\.3",
    ),
    (
        "states its mean and deviation",
        "",
        loading("data = dataclasses.replace(data, std=(0.5,))"),
        r"std of channel 0: expected 0\.23\d+, got 0\.5",
    ),
] + [
    ("composes new images", "DATASET = {'composable': True}", composing(compose), problem)
    for compose, problem in (
        ("data.splits['train']", "expected 190, got 200"),
        ("Split(drawn(0), (labels[:190],))", "seed 0, epoch 2 .*same images"),
        ("Split(drawn(epoch), (labels[:190],))", "seed 1, epoch 1 .*same images"),
        ("Split(drawn(None), (labels[:190],))", "differs .*same seed and epoch"),
    )
]

READER = "DATASET = {'reader': 'zoo_odd.model:reader'}"

DATASETS += [
    ("has import strings that resolve", "DATASET = {'reader': 'zoo_odd:x'}", "", "zoo_odd:x"),
    (
        "keeps its own images",
        READER,
        "reader = lambda image: 255 - image",
        "test image 0 differs .*reader",
    ),
    (
        "prepares files of a picture alike",
        READER,
        "def reader(image):\n"
        "    if image.shape == (1, 6, 5): return image\n"
        "    step = image.shape[1] // 6\n"
        "    return 255 - image[:, ::step, ::step]",
        r"test image 0 as a PNG file of 12x10 pixels: .* difference of \d+",
    ),
    (
        "converts images of any size",
        READER,
        "reader = lambda image: image",
        r"\(1, 1\): .*uint8 \(1, 6, 5\), .*uint8 \(1, 1, 1\)",
    ),
    (
        "converts images of any size",
        READER,
        "def reader(image):\n    image[:] = 0\n    return np.zeros((1, 6, 5), np.uint8)",
        "the image differs .*reader",
    ),
    (
        "converts images of any size",
        READER,
        "reader = lambda image: np.random.randint(0, 256, (1, 6, 5), np.uint8)",
        r"\(1, 1\) differs .*second time",
    ),
]

SOURCES = [
    ("has import strings that resolve", "SOURCE = {'describe': 'zoo_odd:x'}", "", "zoo_odd:x"),
    (
        "refuses an address without data",
        "",
        "def describe(address): open(address)",
        r"odd:\./no/such/address: .*got FileNotFoundError",
    ),
    (
        "refuses an address without data",
        "",
        "def describe(address): return None",
        "source 'odd' .* describe: expected DatasetSpec .*, got None",
    ),
    (
        "refuses an address without data",
        "",
        "from zoo_odd import plugin\ndef describe(address): return plugin.zoo_datasets()[0]",
        r"odd:\./no/such/address, .*data set",
    ),
]

TRAINERS = [
    (
        "has a model to train",
        "MODEL = {'trainer': 'toy'}",
        "",
        "no model to check trainer 'odd' .*no check_model.*--model MODEL",
    ),
    ("has import strings that resolve", "TRAINER = {'check_model': 'zoo_odd:x'}", "", "zoo_odd:x"),
    ("trains", "", "Learner.set_data = lambda self, examples: 1 / 0", "ZeroDivisionError"),
    ("has import strings that resolve", "TRAINER = {'exporters': {'x': 'zoo_odd:x'}}", "", "odd:x"),
    ("has import strings that resolve", "TRAINER = {'factory': 'zoo_odd:x'}", "", "zoo_odd:x"),
    (
        "states its environment",
        "",
        "Trainer.environment = lambda self: {'framework': 'toy'}",
        "no 'device'",
    ),
    (
        "states its environment",
        "",
        "Trainer.environment = lambda self: {'framework': 'toy', 'device': 'cpu', 'x': 1.5}",
        "strings and integers.*'x': 1.5",
    ),
    (
        "states its environment",
        "",
        "import time\nTrainer.environment = lambda self: "
        "{'framework': 'toy', 'device': 'cpu', 'x': time.perf_counter_ns()}",
        "second call",
    ),
    (
        check_name(trainer_checks.refuses_an_unknown_device),
        "",
        "class Trainer(Trainer):\n    def __init__(self, *, device, threads): pass",
        "accepts the device 'no-such-device'",
    ),
    (
        "gets and sets weights",
        "",
        "Trainer.get_weights = lambda self, model: {'head0': model.weights[0]}",
        "head0 .*copy",
    ),
    (
        "gets and sets weights",
        "",
        "Trainer.set_weights = lambda self, model, weights: None",
        "after set_weights",
    ),
    (
        # Of a model whose first weights are constants, as those of linear models often are.
        "gets and sets weights",
        "",
        "Trainer.build = lambda self, builder, config, seed: builder(config)\n"
        "Trainer.set_weights = lambda self, model, weights: None",
        "after set_weights",
    ),
    (
        "trains",
        "",
        "class Learner(Learner):\n"
        "    def to_numpy(self, outputs): return np.concatenate([heads[0] for heads in outputs])",
        r"Learner\.to_numpy: expected a list with one NumPy array per head, of \d+ examples each, "
        r"got ndarray of shape",
    ),
    (
        "returns a copy of its state",
        "",
        "Learner.get_state = lambda self: {'head0': self.model.weights[0]}",
        "head0 differs .*state after .*step",
    ),
    ("counts parameters", "", "Trainer.count_parameters = lambda self, model: 0", "to 90, .*got 0"),
    (
        "counts parameters",
        "",
        "Trainer.count_parameters = lambda self, model: 91",
        "to 90, .*got 91",
    ),
    (
        "resumes its training",
        "",
        "Learner.set_state = lambda self, state: None",
        "head0 differs .*stopped and resumed",
    ),
    (
        check_name(trainer_checks.provides_a_group),
        "TRAINER = {'distributed': True}",
        "from types import SimpleNamespace\nTrainer.group = SimpleNamespace(rank=1, size=2)",
        "rank 0 of 1, got rank 1 of 2",
    ),
    (
        "adds recipe fields with defaults",
        "TRAINER = {'fields': 'zoo_odd.model:Own'}",
        adding_fields("lr: float = 1.0"),
        "every recipe has lr; choose",
    ),
    (
        "adds recipe fields with defaults",
        "TRAINER = {'fields': 'zoo_odd.model:Own'}",
        adding_fields("clip: float"),
        "without a default: clip",
    ),
    (
        "adds recipe fields with defaults",
        "TRAINER = {'fields': 'zoo_odd.model:Own'}",
        adding_fields("clip: float = 'high'"),
        "defaults of the trainer's fields: clip: expected a number, got 'high'",
    ),
    (
        "adds recipe fields with defaults",
        "TRAINER = {'fields': 'zoo_odd.model:Trainer'}",
        "",
        "fields: expected a pydantic model",
    ),
    (
        "is deterministic",
        "",
        stepping("weight + np.float32(1e-3) * np.random.rand()"),
        "head0 differs between two trainings .*besides seed and step",
    ),
    ("implements lr", "", stepping("was"), r"field lr, .*no effect"),
    (
        "implements lr",
        "",
        "class Learner(Learner):\n"
        "    def step(self, batch):\n"
        "        return super().step(dataclasses.replace(batch, lr=0.1))",
        "field lr, .*no effect",
    ),
    ("implements seed", "", building("0") + ONE_ORDER, "field seed, .*no effect"),
    ("implements color", "TRAINER = {'recipe_fields': ('color',)}", "", "no recipe field 'color'"),
] + [
    (
        f"implements {field}",
        f"TRAINER = {{'recipe_fields': {tuple(TRAINER_FIELDS)}}}\n"
        "DATASET = {'input': InputSpec(shape=(3, 6, 5))}\n"
        "CROSS_ENTROPY = {'distillation': 'zoo_odd.model:loss', "
        f"'recipe_fields': {tuple(LOSS_FIELDS)}}}\n"
        "LOSS = CROSS_ENTROPY | {'name': 'focal', 'task': 'classification'}",
        "Trainer.environment = lambda self: {'bfloat16': 'native'}",
        f"field {field}, .*no effect",
    )
    for field in sorted(TRAINER_FIELDS | LOSS_FIELDS)
]


def task(body):
    """Return code of a task with methods that replace those of classification."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"class Task(Task):\n{lines}\n"


def measuring(change):
    """Return code of a task whose measures are changed."""
    return task(
        "def measure(self, outputs, targets):\n"
        "    found = super().measure(outputs, targets)\n"
        "    columns, counts = dict(found.columns), dict(found.counts)\n"
        f"    {change}\n"
        "    return Measured(columns, counts)"
    )


def refusing(condition):
    """Return code of a task that refuses targets on this condition alone."""
    return task(
        "def check_targets(self, targets):\n"
        f"    if {condition}:\n"
        "        raise DataError('wrong targets')"
    )


def adding(method, value):
    """Return code of a task whose metrics, or details, have one more value."""
    return task(f"def {method}(self, measured): return super().{method}(measured) | {value}")


TASKS = [
    ("has import strings that resolve", "TASK = {'task': 'zoo_odd.model:none'}", "", "none"),
    ("is a task with measures", "", "Task = dict", r"subclass of zoo_core\.Task, got .*dict"),
    ("is a task with measures", "", task("measures = ()"), r"at least one .*Measure, got \(\)"),
    (
        "is a task with measures",
        "",
        task("measures = (Measure('loss', False), Measure('loss', True))"),
        "different names, got .*loss",
    ),
    (
        "is a task with measures",
        "",
        "class Task(Task.__base__):\n    measures = (Measure('loss', False),)",
        "methods of Task: expected also columns, example_targets, measure, predict, records, rows",
    ),
    ("has its default loss", "TASK = {'loss': 'huber'}", "", "expected 'huber', .*got odd"),
    ("has its default loss", "LOSS = {'task': 'none'}", "", "expected 'odd', .*got none"),
    (
        "has legal example targets",
        "",
        task("def example_targets(self, count): return np.arange(count) % 7"),
        r"2 classes and targets of shape \(\): expected labels 0 to 1, got 0 to 6",
    ),
    (
        "has legal example targets",
        "",
        task("def example_targets(self, count): return np.zeros(3, np.int64)"),
        r"an array of 23 targets, got int64 \(3,\)",
    ),
    (
        "has legal example targets",
        "",
        task("def example_targets(self, count): return np.zeros(count)"),
        "none of any shape .*expected labels int64",
    ),
    (
        "has legal example targets",
        "",
        task(
            "def check_outputs(self, shape, targets):\n"
            "    if shape != (1,): raise DataError('expected one output')"
        ),
        "expected one output",
    ),
    (
        "measures examples independently",
        "",
        measuring("columns['loss'] = columns['loss'] - columns['loss'].mean()"),
        "column 'loss' of 2 classes .* differs with other examples",
    ),
    (
        "has a column per measure",
        "",
        measuring("counts['classes'] = counts['classes'].astype(np.int32)"),
        "expected int64 as the count 'classes', got int32 .*of 2 classes",
    ),
    (
        "measures examples independently",
        "",
        measuring("counts['batches'] = np.array([1])"),
        "count 'batches'.*differs as a sum",
    ),
    (
        "has a column per measure",
        "",
        measuring("columns['right'] = columns.pop('accuracy')")
        + task(
            "def metrics(self, measured): return {'accuracy': 1.0}\n"
            "def details(self, measured): return {}"
        ),
        "expected a column 'accuracy', got .*'loss', 'right'",
    ),
    (
        "has a column per measure",
        "",
        measuring("columns['loss'] = columns['loss'][:, None]"),
        r"expected an array of shape \(23,\) as the column 'loss', got .*\(23, 1\)",
    ),
    ("has finite metrics", "", adding("metrics", "{'x': float('nan')}"), "'x'.*got nan"),
    ("has finite metrics", "", adding("details", "{'x': np.float64(1)}"), r"'x'.*\(float64\)"),
    (
        "has finite metrics",
        "",
        adding("metrics", "{'x': 1.0 if len(measured) > 1 else float('inf')}"),
        "'x'.*got inf",
    ),
    ("has finite metrics", "", task("headline = 'top1'"), "'top1' among them, the headline"),
    (
        "restores scaled outputs",
        "",
        task("scalable = True"),
        "targets of a scalable task of 2 classes .*expected floats, got int64",
    ),
    (
        "describes every prediction",
        "",
        task("def texts(self, prediction): return iter(['one'])"),
        "texts .*23 examples, got list of 1",
    ),
    (
        "describes every prediction",
        "",
        task("def answers(self, prediction): return prediction.labels.astype(np.int32)"),
        "answers .*expected int64, got int32",
    ),
    (
        "describes every prediction",
        "",
        task(
            "def records(self, prediction): yield from ({'x': each} for each in prediction.labels)"
        ),
        "records .*JSON values, got .*int64",
    ),
    (
        "describes every prediction",
        "",
        task("def columns(self, suffix): return [f'label{suffix}']"),
        r"rows .*each of 1 columns, got \['",
    ),
    (
        "describes every prediction",
        "",
        task("def columns(self, suffix): return super().columns('')"),
        "columns .*suffix of the head",
    ),
    (
        "combines equal members",
        "",
        task("def combine(self, members): return -members[0]"),
        "an answer .*differs of two equal members",
    ),
    (
        "combines equal members",
        "",
        task("def combine(self, members): return sum(members)")
        + "Task.measures = (Measure('loss', False),)",
        "loss .*differs of two equal members",
    ),
    (
        "combines equal members",
        "",
        task("def combine(self, members): return np.stack(members)"),
        r"combine .*expected \(23, 2\), got \(2, 23, 2\)",
    ),
    (
        "states confidences",
        "",
        task("correct = 'right'"),
        "measure.*expected a column 'right'",
    ),
    (
        "states confidences",
        "",
        task("correct = 'loss'"),
        "column 'loss'.*expected 0 and 1",
    ),
    (
        "states confidences",
        "",
        task("def confidences(self, outputs): return 100 * super().confidences(outputs)"),
        "confidences.*expected float32 from 0 to 1",
    ),
    (
        "states confidences",
        "",
        task("def scale(self, outputs, temperature): return outputs * -temperature"),
        "an answer.*at a temperature of 2",
    ),
    (
        "refuses wrong targets",
        "",
        refusing("targets.dtype != np.int64 or targets.min() < 0 or targets.max() > 6"),
        r"accepts targets of one more axis: int64 \(23, 1\)",
    ),
    (
        "refuses wrong targets",
        "",
        refusing("targets.ndim != 1 or targets.min() < 0 or targets.max() > 6"),
        "accepts NaN",
    ),
    (
        "refuses wrong targets",
        "",
        refusing("targets.ndim != 1 or targets.dtype != np.int64 or targets.max() > 6"),
        "accepts a negative integer",
    ),
    (
        "refuses wrong targets",
        "",
        refusing("targets.ndim != 1 or targets.dtype != np.int64 or targets.min() < 0"),
        "accepts a class that is too large",
    ),
    (
        "refuses wrong targets",
        "",
        task("def check_targets(self, targets): np.bincount(targets)"),
        "one more axis.*expected a DataError, got ValueError",
    ),
]

LOSS = "loss odd of odd for zoo-odd"

LOSSES = [
    (
        f"{LOSS}: has import strings that resolve",
        "LOSS = {'loss': 'zoo_odd.model:none'}",
        "",
        "none",
    ),
    (
        "loss odd of none for zoo-odd: has its task installed",
        "LOSS = {'task': 'none'}",
        "",
        "no task 'none'",
    ),
    (
        "loss odd of odd for zoo-odds: is for the framework of a trainer",
        "LOSS = {'framework': 'zoo-odds'}",
        "",
        r"no trainer has 'zoo-odds'\. Did you mean 'zoo-odd'\?",
    ),
    (
        f"{LOSS}: has the gradient of its value",
        "",
        "def loss(outputs, targets, full=loss): return 2 * full(outputs, targets)",
        "gradient of 2 classes .* expected a slope of",
    ),
    (
        f"{LOSS}: is a mean over the examples",
        "",
        "class Trainer(Trainer):\n"
        "    def loss_gradient(self, loss, outputs, targets, recipe):\n"
        "        mean, gradient = super().loss_gradient(loss, outputs, targets, recipe)\n"
        "        return mean * len(targets), gradient * len(targets)\n",
        "loss of 2 classes .*the mean of the losses of 23 examples",
    ),
    (
        f"{LOSS}: implements recipe fields of losses",
        "LOSS = {'recipe_fields': ('momentum',)}",
        "",
        "expected some of class_weights, .*got momentum",
    ),
]

OTHERS = [
    ("zoo odd: has import strings that resolve", "COMMAND = {'command': 'zoo_odd:x'}", "", "x"),
    ("zoo odd: is a click command", "", "command = print", "click command.* zoo_odd.model:command"),
    ("zoo odd: has a help text", "", "command = click.Command('odd')", "no text"),
    ("zoo odd: has a help text", "", "command.get_help = lambda self: 1 / 0", "--help: .*got 1"),
    ("odd: can be read", "REGISTRY = {'url': '/nowhere'}", "", r"/nowhere"),
]

BROKEN = (
    [(f"zoo-odd: {what}", *rest) for what, *rest in PLUGINS]
    + [(f"odd: {what}", *rest) for what, *rest in MODELS + DATASETS + SOURCES + TRAINERS]
    + [(f"odd.default: {what}", *rest) for what, *rest in RECIPES]
    + [(f"odd, space default: {what}", *rest) for what, *rest in SPACES]
    + [(f"task odd: {what}", *rest) for what, *rest in TASKS]
    + LOSSES
    + OTHERS
)


@pytest.mark.parametrize(("name", "plugin", "model", "problem"), BROKEN)
def test_check_fails_on_broken_plugin(odd, name, plugin, model, problem):
    catalog = odd(plugin, model)
    checks = [check for check in plugin_checks(catalog, "zoo-odd") if str(check) == name]
    errors = []
    for check in checks:  # a model, a data set and a trainer may share the name of a check
        try:
            check.run()
        except ZooError as exc:
            errors.append(exc)
    (exc,) = errors
    assert isinstance(exc, ZooError)
    with pytest.raises(ZooError, match=problem):
        raise exc


@pytest.mark.slow
def test_checks_pass_on_intact_plugin(odd):
    for check in plugin_checks(odd(), "zoo-odd"):
        check.run()


def test_import_check_allows_required_plugin(odd, site):
    catalog = odd("import zoo_toy")
    with (site / "zoo_odd-1.0.dist-info" / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: zoo-toy>=1\n")
    run_check(catalog, "zoo-odd: imports nothing heavy")


def test_broken_plugins_cover_every_check(odd):
    seen = {name.partition(": ")[2] for name, *_ in BROKEN} | METADATA.keys()
    model = "MODEL = {'pretrained': 'zoo_odd.model:loss', 'renamed': {'a': 'b'}}"
    trainer = "TRAINER = {'distributed': True, 'fields': 'zoo_odd.model:Own'}"
    catalog = odd(f"DATASET = {{'composable': True}}; {trainer}\n{model}")
    made = {str(check).partition(": ")[2] for check in plugin_checks(catalog, "zoo-odd")}
    assert made <= seen


@pytest.mark.parametrize(("tensors", "absent"), [("'head0': np.ones((30, 3))", False), ("", True)])
def test_checks_load_pretrained_weights_on_this_machine(odd, tensors, absent):
    code = pretraining(tensors)
    if absent:
        code += "def pretrained(config): raise UnavailableError('no network')"
    catalog = odd("MODEL = {'pretrained': 'zoo_odd.model:pretrained'}", code)
    with pytest.raises(NotApplicableError) if absent else nullcontext():
        run_check(catalog, "odd: loads its pretrained weights")


def test_checks_accept_renamed_tensors(odd):
    run_check(odd("MODEL = {'renamed': {'weight': 'head0'}}"), "odd: renames tensors to its own")


def test_field_trials_cover_every_trainer_field(toy):
    trainer = toy.trainer("toy").spec
    for field in TRAINER_FIELDS | LOSS_FIELDS | {"lr", "seed"}:
        assert len(trainer_checks.field_trials(trainer, field)) > 1, field


METADATA = {
    "has an entry point": (
        "zoo-odd = zoo_odd.plugin",
        "odd = zoo_odd.plugin",
        "zoo-odd, .*got odd = ",
    ),
    "has a license": ("License-Expression: MIT\n", "", "no license"),
    "offers something": ("zoo_odd.plugin", "zoo_odd", "offers nothing"),
}
"""Check -> what is replaced in the metadata, by what, and what the error then names."""


@pytest.mark.parametrize("what", METADATA)
def test_check_fails_on_wrong_metadata(odd, site, what):
    odd()
    old, new, problem = METADATA[what]
    for path in (site / "zoo_odd-1.0.dist-info").iterdir():
        path.write_text(path.read_text().replace(old, new))
    with pytest.raises(VerificationError, match=problem):
        run_check(load_catalog(), f"zoo-odd: {what}")


def test_entry_point_check_rejects_second_entry_point(odd, site):
    odd()
    (site / "zoo_odd" / "other.py").touch()
    points = site / "zoo_odd-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text() + "more = zoo_odd.other\n")
    with pytest.raises(VerificationError, match=r"zoo\.v1\b.*zoo_odd\.plugin.*zoo_odd\.other"):
        run_check(load_catalog(), "zoo-odd: has an entry point")


def test_pickle_check_finds_pickle_file(odd, site):
    catalog = odd()
    (site / "zoo_odd" / "weights.pt").touch()
    with pytest.raises(VerificationError, match=r"weights\.pt .*pickle"):
        run_check(catalog, "zoo-odd: uses no pickle")


def test_registry_check_skips_remote_registry(odd):
    catalog = odd("REGISTRY = {'url': 'https://example.org/registry'}")
    with pytest.raises(NotApplicableError, match="https://example.org/registry"):
        run_check(catalog, "odd: can be read")


def test_dataset_check_skips_data_to_be_fetched(odd):
    catalog = odd(
        model="""
import os
from zoo_core.errors import UnavailableError
def load():
    raise (UnavailableError if os.environ["ZOO_OFFLINE"] == "1" else OSError)("not here")
"""
    )
    with pytest.raises(NotApplicableError, match="data .*fetch"):
        run_check(catalog, "odd: has its splits")


@pytest.mark.parametrize("before", [{}, {"ZOO_OFFLINE": ""}, {"ZOO_OFFLINE": "0"}])
def test_dataset_check_restores_environment(odd, monkeypatch, before):
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    catalog = odd()
    environment = dict(os.environ)
    run_check(catalog, "odd: has its splits")
    assert dict(os.environ) == environment


def test_import_check_reports_module_that_exits_process(odd):
    catalog = odd()
    (check,) = [c for c in plugin_checks(catalog, "zoo-odd") if str(c) == "zoo-odd: prints nothing"]
    from pathlib import Path

    import zoo_odd.plugin

    path = Path(zoo_odd.plugin.__file__)
    path.write_text("import os; os._exit(9)")
    with pytest.raises(VerificationError, match=r"zoo_odd\.plugin\b.*process.* 9\b"):
        check.run()
