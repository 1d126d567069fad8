"""Recipes of the two-headed models."""

from typing import Any

# Training of the reference study.
_REFERENCE: dict[str, Any] = {
    "epochs": 30,
    "batch_size": 64,
    "optimizer": "sgd",
    "lr": 0.01,
    "momentum": 0.9,
    "normalize": False,  # pixels from 0 to 1
    "held_out": "last",  # the last tenth of the file is the validation split
    "reshuffle": False,  # the same order in every epoch
    "keep": "last",
}

# For accuracy: many epochs of new and augmented pairs, Muon, a moving average of the weights and
# five views per prediction, chosen on validation images as docs/experiments.md describes.
_BEST: dict[str, Any] = {
    "optimizer": "muon",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "fresh": True,  # new pairs in every epoch, so that no pair can be memorized
    "shear": 4.0,
    "scale": 0.06,
    "views": 5,
    # The last epoch is as good as any, because its weights are an average over steps.
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
        **_BEST,
        "epochs": 200,
        # Large, because the cost of Muon's matrix products depends only on the layers.
        "batch_size": 512,
        "lr": 0.012,
        "rotate": 5.0,
        "translate": 1.0,
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

CNN_RECIPES: dict[str, dict[str, Any]] = {
    "default": _CNN_DEFAULT,
    "best": {
        **_BEST,
        "epochs": 60,
        "batch_size": 128,
        "lr": 0.006,
        "rotate": 6.0,
        "translate": 0.8,
        "model": {
            "channels": [32, 64, 192],
            "kernel_sizes": [5, 3, 3],
            "depths": [1, 2, 1],
            "batch_norm": True,
            "last_pool": False,  # positions that a pooling blurs matter for overlapping digits
            "windows": True,
            "context": True,
            "hidden": 256,
            "hidden_activation": "relu",
            "hidden_norm": True,
            # The single digits repeat, though not in the same pairs, and were memorized.
            "dropout": 0.2,
        },
    },
    # In two epochs more accurate than `reference` in thirty.
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
