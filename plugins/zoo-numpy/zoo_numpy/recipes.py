"""Recipes of the NumPy net."""

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    "default": {
        "epochs": 8,
        "batch_size": 128,
        "optimizer": "sgd",
        "lr": 0.2,
        "momentum": 0.9,
        "nesterov": True,
        "schedule": "one-cycle",
        "weight_decay": 1e-4,
        "label_smoothing": 0.05,
        "model": {"hidden": [128], "activation": "relu"},
    },
    # The most that is known to be in it: many epochs of images that are never quite the same, Muon,
    # a moving average of the weights, and predictions over nine views. docs/experiments.md says
    # what was tried.
    "best": {
        "epochs": 50,
        "batch_size": 512,
        "optimizer": "muon",
        "lr": 0.015,
        "schedule": "one-cycle",
        "weight_decay": 0.05,
        "label_smoothing": 0.05,
        "ema": 0.995,
        "rotate": 10.0,
        "shear": 6.0,
        "scale": 0.1,
        "translate": 1.5,
        "elastic": 0.6,
        "views": 9,
        "keep": "last",
        "model": {"hidden": [512, 256], "activation": "relu"},
    },
    # 98 % in the time that importing torch takes.
    "fast": {
        "epochs": 3,
        "batch_size": 128,
        "optimizer": "sgd",
        "lr": 0.2,
        "momentum": 0.9,
        "nesterov": True,
        "schedule": "one-cycle",
        "warmup": 0.3,
        "label_smoothing": 0.05,
        "model": {"hidden": [128], "activation": "relu"},
    },
    # The reference's multi-layer perceptron with 128 hidden units, in its ways: pixels from 0 to 1,
    # the last tenth of the file held out, one order for all epochs, the weights of the last epoch.
    "reference": {
        "epochs": 10,
        "batch_size": 32,
        "optimizer": "sgd",
        "lr": 0.1,
        "normalize": False,
        "held_out": "last",
        "reshuffle": False,
        "keep": "last",
        "model": {"hidden": [128], "activation": "relu"},
    },
}
