"""Recipes of the multi-layer perceptron."""

from typing import Any

# The baseline of the reference study; its other recipes change one or two fields.
_BASELINE: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "sgd",
    "lr": 0.1,
    "normalize": False,  # pixels from 0 to 1
    "held_out": "last",  # the last tenth of the file is the validation split
    "reshuffle": False,  # the same order in every epoch
    "keep": "last",
    "model": {"hidden": [10], "activation": "relu"},
}

# For accuracy: many epochs of augmented images, Muon, and nine views per prediction, chosen on
# validation images as docs/experiments.md describes.
_BEST: dict[str, Any] = {
    "epochs": 100,
    "optimizer": "muon",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    # Views help most here, because dense layers have no translation invariance of their own.
    "views": 9,
    "keep": "last",
}

# For rows of a table, often a few hundred: strong weight decay and dropout. Chosen on validation
# rows within the training folds of four data sets (docs/tables.md); the last epoch, because so few
# validation rows choose an epoch by chance.
_TABULAR: dict[str, Any] = {
    "epochs": 60,
    "batch_size": 32,
    "optimizer": "adamw",
    "lr": 0.003,
    "schedule": "one-cycle",
    "weight_decay": 3.0,
    "keep": "last",
    "model": {"hidden": [128], "activation": "silu", "dropout": 0.3},
}

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
        # Large, because the cost of Muon's matrix products depends only on the layers.
        "batch_size": 512,
        "lr": 0.004,
        "ema": 0.995,
        "precision": "bfloat16",
        "rotate": 10.0,
        "shear": 6.0,
        "scale": 0.1,
        "translate": 1.5,
        "elastic": 0.6,
        # Not cnn.best, which is more accurate but was trained with label smoothing: its
        # probabilities of the wrong classes hardly differ.
        "teacher": "residual-cnn.best-6k",
        "teacher_temperature": 4.0,
        "model": {"hidden": [320, 320, 320, 320], "activation": "silu"},
    },
    "best-128": {
        **_BEST,
        "batch_size": 128,
        "lr": 0.01,
        "ema": 0.995,
        "rotate": 6.0,
        "shear": 3.0,
        "scale": 0.08,
        "translate": 1.2,
        "model": {"hidden": [128], "activation": "silu"},
    },
    # Little augmentation, because ten units cannot learn the variety of strongly moved images.
    "best-10": {
        **_BEST,
        "batch_size": 128,
        "lr": 0.02,
        "weight_decay": 0.0,  # because ten units underfit without it, too
        "ema": 0.998,
        "rotate": 4.0,
        "shear": 2.0,
        "scale": 0.04,
        "translate": 0.8,
        "teacher": "residual-cnn.best-6k",
        "teacher_temperature": 2.0,
        "model": {"hidden": [10], "activation": "gelu"},
    },
    "baseline-10": _BASELINE,
    "batch64-10": {**_BASELINE, "batch_size": 64},
    "baseline-128": {**_BASELINE, "model": {"hidden": [128], "activation": "relu"}},
    "leaky-128": {**_BASELINE, "model": {"hidden": [128], "activation": "leaky_relu"}},
    "tabular": _TABULAR,
    "default@features": _TABULAR,
    # 1,440 small images: augmentation instead of strong weight decay.
    "default@digits-8x8": {
        "epochs": 60,
        "batch_size": 32,
        "optimizer": "adamw",
        "lr": 0.01,
        "schedule": "one-cycle",
        "weight_decay": 0.1,
        "rotate": 8.0,
        "scale": 0.08,
        "translate": 0.5,
        "keep": "last",
        "model": {"hidden": [128], "activation": "silu", "dropout": 0.1},
    },
}
