"""How the convolutional network is trained."""

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    "default": {},
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
