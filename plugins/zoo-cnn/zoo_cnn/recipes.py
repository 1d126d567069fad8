"""Recipes of the convolutional network."""

from typing import Any

_DEFAULT: dict[str, Any] = {
    "epochs": 6,
    "batch_size": 128,
    "optimizer": "adamw",
    "lr": 0.01,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "rotate": 8.0,
    "shear": 5.0,
    "scale": 0.08,
    "translate": 1.5,
    "model": {
        "channels": [16, 48],
        "kernel_sizes": [5, 3],
        "batch_norm": True,
        "hidden": 256,
        "hidden_activation": "relu",
        "dropout": 0.0,
    },
}

# The most that is known to be in it: many epochs of images that are never quite the same, Muon, and
# a moving average of the weights. docs/experiments.md says what was tried.
_BEST: dict[str, Any] = {
    "epochs": 40,
    "batch_size": 128,
    "optimizer": "muon",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "rotate": 10.0,
    "shear": 6.0,
    "scale": 0.1,
    "translate": 1.5,
    "keep": "last",
}

_FIVE_CONVOLUTIONS: dict[str, Any] = {
    "channels": [32, 64, 128],
    "kernel_sizes": [3, 3, 3],
    "depths": [2, 2, 1],
    "batch_norm": True,
    "global_pool": True,
    "hidden": 0,
    "dropout": 0.0,
}

# Clothes are mirrored where digits are not, and lie straighter.
_CLOTHES: dict[str, Any] = {
    "dataset": "fashion-mnist",
    "lr": 0.006,
    "rotate": 3.0,
    "shear": 2.0,
    "scale": 0.05,
    "flip": 0.5,
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "best": {
        **_BEST,
        "lr": 0.006,
        "elastic": 0.6,
        "model": _FIVE_CONVOLUTIONS,
    },
    "default@fashion-mnist": {
        **_BEST,
        **_CLOTHES,
        "epochs": 10,
        "model": _FIVE_CONVOLUTIONS,
    },
    # Six, with a rim around the images, as clothes fill them.
    "best@fashion-mnist": {
        **_BEST,
        **_CLOTHES,
        "epochs": 20,
        "views": 5,
        "model": {**_FIVE_CONVOLUTIONS, "depths": [2, 2, 2], "padding": True},
    },
    # 9,970 parameters.
    "best-10k": {
        **_BEST,
        "epochs": 100,
        "lr": 0.02,
        "views": 5,
        "model": {
            "channels": [8, 16, 18],
            "kernel_sizes": [3, 3, 3],
            "depths": [2, 2, 2],
            "padding": True,
            "batch_norm": True,
            "global_pool": True,
            "hidden": 0,
            "dropout": 0.0,
        },
    },
    # A single epoch.
    "fast": {**_DEFAULT, "epochs": 1, "precision": "bfloat16"},
    # The reference's ways: pixels from 0 to 1, the last tenth of the file held out, one order for
    # all epochs, the weights of the last epoch.
    "reference": {
        "epochs": 10,
        "batch_size": 32,
        "optimizer": "sgd",
        "lr": 0.01,
        "momentum": 0.9,
        "nesterov": True,
        "normalize": False,
        "held_out": "last",
        "reshuffle": False,
        "keep": "last",
        "model": {
            "channels": [32, 64],
            "kernel_sizes": [3, 3],
            "hidden": 128,
            "hidden_activation": "none",
            "dropout": 0.5,
        },
    },
}
