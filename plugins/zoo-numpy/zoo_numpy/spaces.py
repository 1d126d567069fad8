"""Search spaces of the NumPy net."""

from typing import Any

SPACES: dict[str, dict[str, Any]] = {
    "default": {
        # Around the recipe `default`: SGD with momentum tolerates larger rates than AdamW.
        "lr": {"low": 0.05, "high": 0.5, "log": True},
        "batch_size": {"choices": [64, 128, 256]},
        "momentum": {"low": 0.8, "high": 0.95},
        "weight_decay": {"low": 1e-5, "high": 1e-2, "log": True},
        "label_smoothing": {"low": 0.0, "high": 0.1},
        "model": {
            "dropout": {"low": 0.0, "high": 0.3},
            "activation": {"choices": ["relu", "leaky_relu", "tanh"]},
        },
    },
}
