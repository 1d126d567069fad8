"""Recipes of the two-headed models."""

from typing import Any

# The reference's ways: pixels from 0 to 1, the last tenth of the file held out, one order for all
# epochs, the weights of the last epoch.
_REFERENCE: dict[str, Any] = {
    "epochs": 30,
    "batch_size": 64,
    "optimizer": "sgd",
    "lr": 0.01,
    "momentum": 0.9,
    "normalize": False,
    "held_out": "last",
    "reshuffle": False,
    "keep": "last",
}

MLP_RECIPES: dict[str, dict[str, Any]] = {
    "default": {
        "epochs": 16,
        "batch_size": 128,
        "optimizer": "adamw",
        "lr": 0.01,
        "schedule": "one-cycle",
        "weight_decay": 0.05,
        "label_smoothing": 0.05,
        "fresh": True,
        "model": {"hidden": [512, 256], "batch_norm": True},
    },
    "best": {
        "epochs": 200,
        "batch_size": 512,
        "optimizer": "muon",
        "lr": 0.012,
        "schedule": "one-cycle",
        "weight_decay": 0.05,
        "label_smoothing": 0.05,
        "ema": 0.995,
        "precision": "bfloat16",
        "fresh": True,
        "rotate": 5.0,
        "shear": 4.0,
        "scale": 0.06,
        "translate": 1.0,
        "views": 5,
        "keep": "last",
        "model": {"hidden": [512, 256], "batch_norm": True},
    },
    "reference": {**_REFERENCE, "model": {"hidden": [64, 64]}},
}

_CNN_DEFAULT: dict[str, Any] = {
    "epochs": 8,
    "batch_size": 128,
    "optimizer": "muon",
    "lr": 0.006,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.05,
    "ema": 0.99,
    "fresh": True,
    "rotate": 4.0,
    "shear": 3.0,
    "scale": 0.05,
    "translate": 1.0,
    "model": {
        "channels": [16, 32],
        "kernel_sizes": [5, 3],
        "batch_norm": True,
        "windows": True,
        "hidden": 128,
        "hidden_activation": "relu",
        "dropout": 0.0,
    },
}

# The most that is known to be in it: many epochs of new pairs that are never quite straight, Muon,
# a moving average of the weights, a normalized hidden layer with dropout, and predictions over five
# views. docs/experiments.md says what was tried.
_CNN_BEST: dict[str, Any] = {
    "epochs": 60,
    "batch_size": 128,
    "optimizer": "muon",
    "lr": 0.006,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "fresh": True,
    "rotate": 6.0,
    "shear": 4.0,
    "scale": 0.06,
    "translate": 0.8,
    "keep": "last",
    "views": 5,
    "model": {
        "channels": [32, 64, 192],
        "kernel_sizes": [5, 3, 3],
        "depths": [1, 2, 1],
        "batch_norm": True,
        "last_pool": False,
        "windows": True,
        "context": True,
        "hidden": 256,
        "hidden_activation": "relu",
        "hidden_norm": True,
        "dropout": 0.2,
    },
}

CNN_RECIPES: dict[str, dict[str, Any]] = {
    "default": _CNN_DEFAULT,
    "best": _CNN_BEST,
    # Better than the reference's thirty epochs, in two.
    "fast": {**_CNN_DEFAULT, "epochs": 2, "precision": "bfloat16"},
    "reference": {
        **_REFERENCE,
        "model": {
            "channels": [32, 64],
            "kernel_sizes": [3, 3],
            "hidden": 128,
            "hidden_activation": "none",
            "dropout": 0.5,
        },
    },
}
