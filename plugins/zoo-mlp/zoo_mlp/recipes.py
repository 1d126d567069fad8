"""How the multi-layer perceptron is trained.

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
    "baseline-10": _BASELINE,
    "batch64-10": {**_BASELINE, "batch_size": 64},
    "baseline-128": {**_BASELINE, "model": {"hidden": [128], "activation": "relu"}},
    "leaky-128": {**_BASELINE, "model": {"hidden": [128], "activation": "leaky_relu"}},
}
