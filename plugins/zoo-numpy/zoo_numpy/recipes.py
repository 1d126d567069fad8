"""Recipes of the NumPy net."""

from typing import Any

# For rows of a table, often a few hundred: strong weight decay and dropout. Chosen on validation
# rows, as the recipe of `mlp` (docs/tables.md).
_TABULAR: dict[str, Any] = {
    "epochs": 60,
    "batch_size": 32,
    "optimizer": "adamw",
    "lr": 0.003,
    "schedule": "one-cycle",
    "weight_decay": 1.0,
    "keep": "last",
    "model": {"hidden": [128], "activation": "relu", "dropout": 0.3},
}

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
    # For accuracy: Muon, augmentation, a moving average of the weights and nine views per
    # prediction, chosen on validation images as docs/experiments.md describes.
    "best": {
        "epochs": 50,
        # Large, because the cost of Muon's matrix products depends only on the layers.
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
        # The last epoch is as good as any, because its weights are an average over steps.
        "keep": "last",
        "model": {"hidden": [512, 256], "activation": "relu"},
    },
    # 98 % accuracy in the time that importing torch takes.
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
    # The multi-layer perceptron with 128 hidden units of the reference study, trained as there.
    "reference": {
        "epochs": 10,
        "batch_size": 32,
        "optimizer": "sgd",
        "lr": 0.1,
        "normalize": False,  # pixels from 0 to 1
        "held_out": "last",  # the last tenth of the file is the validation split
        "reshuffle": False,  # the same order in every epoch
        "keep": "last",
        "model": {"hidden": [128], "activation": "relu"},
    },
    "tabular": _TABULAR,
    "default@features": _TABULAR,
}
