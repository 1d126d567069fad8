"""Recipes of the multi-layer perceptron.

The four of the reference study follow its ways: pixels from 0 to 1, the last tenth of the file held
out, one order for all epochs, the weights of the last epoch. Each names what it changes.
"""

from typing import Any

_BASELINE: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "sgd",
    "lr": 0.1,
    "normalize": False,
    "held_out": "last",
    "reshuffle": False,
    "keep": "last",
    "model": {"hidden": [10], "activation": "relu"},
}

# The most that is known to be in a width: many epochs of images that are never quite the same,
# Muon, a moving average of the weights, and predictions over nine views. docs/experiments.md says
# what was tried.
_BEST: dict[str, Any] = {
    "optimizer": "muon",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "views": 9,
    "keep": "last",
}
_MILD: dict[str, Any] = {"rotate": 6.0, "shear": 3.0, "scale": 0.08, "translate": 1.2}

RECIPES: dict[str, dict[str, Any]] = {
    "default": {
        "epochs": 8,
        "batch_size": 128,
        "optimizer": "adamw",
        "lr": 0.006,
        "schedule": "one-cycle",
        "weight_decay": 0.1,
        "model": {"hidden": [128], "activation": "relu", "dropout": 0.1},
    },
    # The accuracy of the reference's ten epochs with 128 hidden units, in three.
    "fast": {
        "epochs": 3,
        "batch_size": 512,
        "optimizer": "sgd",
        "lr": 0.4,
        "momentum": 0.9,
        "nesterov": True,
        "schedule": "one-cycle",
        "warmup": 0.4,
        "precision": "bfloat16",
        "model": {"hidden": [128], "activation": "relu"},
    },
    "default-10": {
        "epochs": 20,
        "batch_size": 128,
        "optimizer": "muon",
        "lr": 0.02,
        "schedule": "one-cycle",
        "weight_decay": 0.05,
        "model": {"hidden": [10], "activation": "leaky_relu"},
    },
    "best": {
        **_BEST,
        "epochs": 100,
        "batch_size": 512,
        "lr": 0.015,
        "label_smoothing": 0.05,
        "ema": 0.995,
        "precision": "bfloat16",
        "rotate": 10.0,
        "shear": 6.0,
        "scale": 0.1,
        "translate": 1.5,
        "elastic": 0.6,
        "model": {"hidden": [512, 256], "activation": "silu"},
    },
    "best-128": {
        **_BEST,
        **_MILD,
        "epochs": 100,
        "batch_size": 128,
        "lr": 0.01,
        "ema": 0.995,
        "model": {"hidden": [128], "activation": "silu"},
    },
    # Ten units have no room for images that are moved much.
    "best-10": {
        **_BEST,
        "epochs": 100,
        "batch_size": 128,
        "lr": 0.02,
        "rotate": 3.0,
        "shear": 2.0,
        "scale": 0.04,
        "translate": 0.5,
        "model": {"hidden": [10], "activation": "silu"},
    },
    "baseline-10": _BASELINE,
    "batch64-10": {**_BASELINE, "batch_size": 64},
    "baseline-128": {**_BASELINE, "model": {"hidden": [128], "activation": "relu"}},
    "leaky-128": {**_BASELINE, "model": {"hidden": [128], "activation": "leaky_relu"}},
}
