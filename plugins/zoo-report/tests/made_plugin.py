"""A plugin for tests: linear models in NumPy for every task, and a task of its own, grades."""

import math

import numpy as np

from zoo_core import (
    ArrayDataset,
    DatasetSpec,
    InputSpec,
    LossSpec,
    Measure,
    Measured,
    ModelConfig,
    ModelSpec,
    Split,
    TargetSpec,
    Task,
    TaskSpec,
    TrainerSpec,
    hookimpl,
)
from zoo_core.plugin_api import softmax

SIZES = {"train": 240, "test": 60}
IMAGE = InputSpec(shape=(1, 8, 12))
TABLE = InputSpec(kind="features", shape=(4,))
CLASSES = ("low", "middle", "high")
PRICE = TargetSpec(task="regression", name="price", unit="USD")
PLACE = TargetSpec(task="regression", name="place", unit="px", shape=(2,))
DEPTH = TargetSpec(task="regression", name="depth", unit="m", shape=(8, 12))
KIND = TargetSpec(task="classification", classes=CLASSES)
NUMBERED_KIND = TargetSpec(task="classification", size=3)
TAGS = TargetSpec(task="multi-label", classes=("top", "bottom", "left", "right"))
MASK = TargetSpec(task="segmentation", classes=("sky", "ground", "blob"), shape=(8, 12))
WORD = TargetSpec(task="sequence", classes=tuple("abc"), shape=(4,))
GRADE = TargetSpec(task="grades", name="grade", size=5)
WORDS = InputSpec(kind="tokens", shape=(6,), vocabulary=("<pad>", "<unknown>", "good", "bad", "so"))


# Data.


def _images(count, rng):
    """Return images of a bright block, its center, and its place as a mask."""
    images = rng.integers(0, 60, (count, 1, 8, 12)).astype(np.uint8)
    rows, columns = rng.integers(1, 7, count), rng.integers(1, 11, count)
    masks = np.zeros((count, 8, 12), np.uint8)
    masks[:, 5:] = 1
    for image, mask, row, column in zip(images, masks, rows, columns, strict=True):
        image[0, 5:] += 50
        block = slice(row - 1, row + 2), slice(column - 1, column + 2)
        image[0][block] = 250
        mask[block] = 2
    return images, np.stack([columns, rows], axis=1), masks


def _targets(target, places, masks, rng):
    """Return the targets of a head."""
    columns, rows = places.T
    return {
        PLACE: lambda: places.astype(np.float32),
        KIND: lambda: columns * 3 // 11,
        NUMBERED_KIND: lambda: columns * 3 // 11,
        TAGS: lambda: np.stack([rows < 3, rows > 4, columns < 4, columns > 7], axis=1),
        MASK: lambda: _without_first_row(masks),
        DEPTH: lambda: (masks + np.arange(12) / 12).astype(np.float32),
        WORD: lambda: _codes(columns, rows),
        GRADE: lambda: rows * 5 // 7,
        PRICE: lambda: _prices(columns, rows, rng),
    }[target]()


def _without_first_row(masks):
    masks = masks.copy()
    masks[:, 0] = 255  # pixels without a class
    return masks


def _codes(columns, rows):
    codes = np.stack([rows % 3, columns % 3, rows // 3, columns // 4], axis=1)
    codes[rows > 4, 3] = -1
    return codes


def _prices(columns, rows, rng):
    return (1000 * columns + 300 * rows + 500 * rng.normal(size=len(rows))).astype(np.float32)


def _made(spec, *targets):
    """Return the function that loads a data set."""

    def load():
        splits = {}
        for seed, (name, size) in enumerate(SIZES.items()):
            rng = np.random.default_rng(seed)
            inputs, places, masks = _images(size, rng)
            if spec is TABLE:
                inputs = np.stack([*places.T, *rng.normal(size=(2, size))], axis=1)
                inputs = inputs.astype(np.float32)
            if spec is WORDS:
                inputs = rng.integers(0, 5, (size, 6))
                places = np.stack([(inputs == 2).sum(axis=1), (inputs == 3).sum(axis=1)], axis=1)
            made = [_targets(target, places, masks, rng) for target in targets]
            splits[name] = Split(inputs, tuple(made))
        return ArrayDataset(splits, targets, input=spec)

    return load


DATA = {
    "prices": (TABLE, PRICE),
    "places": (IMAGE, PLACE),
    "depths": (IMAGE, DEPTH),
    "tags": (IMAGE, TAGS),
    "masks": (IMAGE, MASK),
    "words": (IMAGE, WORD),
    "table-grades": (TABLE, GRADE),
    "table-kinds": (TABLE, KIND),
    "numbered-kinds": (TABLE, NUMBERED_KIND),
    "texts": (WORDS, KIND),
    "mixed": (IMAGE, KIND, PRICE, GRADE),
}
load_prices, load_places, load_depths, load_tags, load_masks = (
    _made(*DATA[name]) for name in ("prices", "places", "depths", "tags", "masks")
)
load_words, load_table_grades, load_table_kinds, load_texts, load_mixed = (
    _made(*DATA[name]) for name in ("words", "table-grades", "table-kinds", "texts", "mixed")
)
load_numbered_kinds = _made(*DATA["numbered-kinds"])


# The task: grades 0 to K-1, of which a near one is better than a far one.


class GradePrediction:
    def __init__(self, grades):
        self.grades = grades


class Grades(Task):
    measures = (Measure("distance", higher_is_better=False),)

    def predict(self, outputs):
        return GradePrediction(outputs.argmax(axis=1))

    def measure(self, outputs, targets):
        return Measured({"distance": np.abs(outputs.argmax(axis=1) - targets).astype(np.float64)})

    def answers(self, prediction):
        return prediction.grades

    def texts(self, prediction):
        yield from (f"grade {grade}" for grade in prediction.grades.tolist())

    def records(self, prediction):
        yield from ({"grades": grade} for grade in prediction.grades.tolist())

    def columns(self, suffix):
        return [f"grade{suffix}"]

    def rows(self, prediction):
        yield from ([str(grade)] for grade in prediction.grades.tolist())


# Losses: functions that return the gradient of each example's loss, in the shape of the outputs.


def of_classes(outputs, targets):
    gradient = softmax(outputs)
    gradient[np.arange(len(targets)), targets] -= 1
    return gradient


def of_values(outputs, targets):
    return outputs - targets.reshape(outputs.shape)


def of_labels(outputs, targets):
    return 1 / (1 + np.exp(-outputs)) - targets


def of_pixels(outputs, targets):
    counted = targets != 255
    wanted = np.eye(outputs.shape[1])[np.where(counted, targets, 0)].transpose(0, 3, 1, 2)
    return (softmax(outputs) - wanted) * counted[:, np.newaxis]


def of_symbols(outputs, targets):
    """Return the gradient for symbols at the odd time steps, and blanks at the even ones."""
    wanted = np.zeros(outputs.shape[:2], np.int64)
    wanted[:, 1::2] = targets + 1
    steps = outputs.transpose(0, 2, 1)
    gradient = softmax(steps) - np.eye(outputs.shape[2])[wanted].transpose(0, 2, 1)
    return gradient.transpose(0, 2, 1)


LOSSES = {
    "classification": "of_classes",
    "regression": "of_values",
    "multi-label": "of_labels",
    "segmentation": "of_pixels",
    "sequence": "of_symbols",
    "grades": "of_classes",
}


# Models and their trainer.


class Config(ModelConfig):
    pass


class Linear:
    """One matrix per head, whose outputs have the shapes of the heads."""

    def __init__(self, config, *shapes):
        self.shapes = shapes or tuple((count,) for count in config.outputs)
        inputs = math.prod(config.input_shape) + 1  # and a bias
        self.weights = [np.zeros((inputs, math.prod(shape))) for shape in self.shapes]

    def __call__(self, x):
        heads = zip(self.weights, self.shapes, strict=True)
        return [(x @ weight).reshape(-1, *shape).astype(np.float32) for weight, shape in heads]


def build_masks(config):
    return Linear(config, (*config.outputs, *config.input_shape[1:]))


def build_words(config):
    return Linear(config, (9, *config.outputs))


def _prepare(inputs, normalization):
    x = inputs.reshape(len(inputs), -1) / (255 if inputs.dtype == np.uint8 else 1)
    if normalization.mean:
        x = (x - normalization.mean) / normalization.std
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


class Trainer:
    def __init__(self, *, device="auto", threads=None):
        pass

    def environment(self):
        return {"framework": "made", "device": "cpu"}

    def build(self, builder, config, seed):
        model = builder(config)
        rng = np.random.default_rng(seed)
        for weight in model.weights:
            weight[:] = 0.01 * rng.normal(size=weight.shape)
        return model

    def start(self, model, run):
        return Learner(model, run)

    def predict(self, model, inputs, normalization):
        return model(_prepare(inputs, normalization))

    def count_parameters(self, model):
        return sum(weight.size for weight in model.weights)

    def get_weights(self, model):
        return {f"head{i}": weight.copy() for i, weight in enumerate(model.weights)}

    def set_weights(self, model, weights):
        for i, weight in enumerate(model.weights):
            weight[:] = weights[f"head{i}"]


class Learner(Trainer):
    def __init__(self, model, run):
        self.model, self.normalization, self.losses = model, run.data.normalization, run.losses

    def set_data(self, examples):
        self.examples = examples

    def step(self, batch):
        x = _prepare(self.examples.inputs[batch.rows], self.normalization)
        outputs, targets = self.model(x), self.examples.select_targets(batch.rows)
        heads = zip(self.model.weights, self.losses, outputs, targets, strict=True)
        for weight, loss, output, target in heads:
            gradient = loss(output, target).reshape(len(x), -1)
            step = batch.lr * x.T @ gradient / len(x) / x.shape[1]
            np.subtract(weight, step, out=weight)
        return outputs

    def get_state(self):
        return self.get_weights(self.model)

    def set_state(self, state):
        self.set_weights(self.model, state)

    def to_numpy(self, outputs):
        return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]


RECIPES = {"default": {"epochs": 6, "batch_size": 24, "lr": 8.0}}


@hookimpl
def zoo_models():
    for name, builder in (
        ("linear", "Linear"),
        ("masker", "build_masks"),
        ("reader", "build_words"),
    ):
        yield ModelSpec(
            name=name,
            summary="Linear model.",
            builder=f"zoo_made.plugin:{builder}",
            config="zoo_made.plugin:Config",
            recipes="zoo_made.plugin:RECIPES",
            trainer="made",
            dataset="mixed",
            heads=None,
            tasks=(),
            inputs=(),
            license="MIT",
        )


@hookimpl
def zoo_datasets():
    for name, (spec, *targets) in DATA.items():
        yield DatasetSpec(
            name=name,
            summary="Made by a test.",
            loader=f"zoo_made.plugin:load_{name.replace('-', '_')}",
            input=spec,
            targets=tuple(targets),
            sizes=SIZES,
            sha256="",
            license="CC0-1.0",
            source="made up",
        )


@hookimpl
def zoo_tasks():
    return [TaskSpec(name="grades", summary="Grades.", task="zoo_made.plugin:Grades", loss="plain")]


@hookimpl
def zoo_losses():
    names = {
        "classification": "cross-entropy",
        "multi-label": "binary-cross-entropy",
        "regression": "squared-error",
        "segmentation": "cross-entropy",
        "sequence": "ctc",
    }
    for task, function in LOSSES.items():
        yield LossSpec(
            name=names.get(task, "plain"),
            summary="Gradient of a loss.",
            loss=f"zoo_made.plugin:{function}",
            task=task,
            framework="made",
        )


@hookimpl
def zoo_trainers():
    return [
        TrainerSpec(
            name="made",
            summary="NumPy gradient descent.",
            factory="zoo_made.plugin:Trainer",
            framework="made",
            recipe_fields=(),
        )
    ]
