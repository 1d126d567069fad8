"""How the two-headed models are trained."""

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
    "default": {},
    "reference": {**_REFERENCE, "model": {"hidden": [64, 64]}},
}

CNN_RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
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
