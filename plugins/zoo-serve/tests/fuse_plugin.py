"""A plugin for tests: nets that die, hang or fail at certain numbers, of features and of tokens."""

import os
import signal
import time

import numpy as np

from zoo_core import (
    ArrayDataset,
    Column,
    DatasetSpec,
    InputSpec,
    ModelSpec,
    Split,
    TargetSpec,
    hookimpl,
)
from zoo_numpy.layers import Dense
from zoo_numpy.net import Net

DEATH, SLEEP, ERROR = 666, 777, 888
SECONDS = 60

NUMBERS = InputSpec(kind="features", shape=(2,), columns=(Column(name="a"), Column(name="b")))
WORDS = InputSpec(kind="tokens", shape=(3,), vocabulary=("<pad>", "<unknown>", "good", "bad"))
SUM = TargetSpec(task="regression", name="sum")
MOOD = TargetSpec(task="classification", classes=("bad", "good"))

RECIPES = {
    "default": {"epochs": 1, "batch_size": 4, "optimizer": "sgd", "lr": 0.001, "normalize": False}
}


class Fuse:
    def __init__(self, config):
        features = int(np.prod(config.input_shape))
        self._net = Net([Dense(features, sum(config.outputs))], config.outputs)
        self.parameters, self.initialize = self._net.parameters, self._net.initialize
        self.backward = self._net.backward

    def forward(self, x, seed=None):
        if (x == DEATH).any():
            os.kill(os.getpid(), signal.SIGKILL)
        if (x == SLEEP).any():
            time.sleep(SECONDS)
        if (x == ERROR).any():
            raise RuntimeError("made to fail")
        return self._net.forward(x.astype(np.float32), seed)


def load_numbers():
    inputs = np.arange(24, dtype=np.float32).reshape(12, 2) / 10
    split = Split(inputs, (inputs.sum(axis=1),))
    return ArrayDataset({"train": split, "test": split}, (SUM,), input=NUMBERS)


def load_words():
    inputs = np.array([[2, 0, 0], [3, 0, 0], [2, 2, 0], [3, 1, 3]] * 6)
    split = Split(inputs, (np.array([1, 0, 1, 0] * 6),))
    return ArrayDataset({"train": split, "test": split}, (MOOD,), input=WORDS)


def _model(name, dataset, kind, task):
    return ModelSpec(
        name=name,
        summary="Made for tests.",
        builder="zoo_fuse.plugin:Fuse",
        config="zoo_core:ModelConfig",
        recipes="zoo_fuse.plugin:RECIPES",
        trainer="numpy",
        dataset=dataset,
        tasks=(task,),
        inputs=(kind,),
        license="MIT",
    )


def _dataset(name, loader, spec, target, size):
    return DatasetSpec(
        name=name,
        summary="Made for tests.",
        loader=f"zoo_fuse.plugin:{loader}",
        input=spec,
        targets=(target,),
        sizes={"train": size, "test": size},
        sha256="",
        license="CC0-1.0",
        source="made",
    )


@hookimpl
def zoo_models():
    return [
        _model("fuse", "fuse-numbers", "features", "regression"),
        _model("mood", "fuse-words", "tokens", "classification"),
    ]


@hookimpl
def zoo_datasets():
    return [
        _dataset("fuse-numbers", "load_numbers", NUMBERS, SUM, 12),
        _dataset("fuse-words", "load_words", WORDS, MOOD, 24),
    ]
