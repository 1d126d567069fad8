"""Search spaces of the convolutional networks."""

from typing import Any

SPACES: dict[str, dict[str, Any]] = {
    "default": {
        # On a logarithmic scale, because factors matter for rates and decays, not differences.
        "lr": {"low": 0.001, "high": 0.03, "log": True},
        "batch_size": {"choices": [64, 128, 256]},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "label_smoothing": {"low": 0.0, "high": 0.2},
        "ema": {"choices": [0.0, 0.99, 0.995]},
        "rotate": {"low": 0.0, "high": 15.0},
        "shear": {"low": 0.0, "high": 10.0},
        "scale": {"low": 0.0, "high": 0.15},
        "translate": {"low": 0.0, "high": 2.5},
        "model": {"dropout": {"low": 0.0, "high": 0.5}},
    },
}

RESIDUAL_SPACES: dict[str, dict[str, Any]] = {
    "default": {
        "lr": {"low": 0.005, "high": 0.08, "log": True},
        "batch_size": {"choices": [64, 128, 256]},
        "weight_decay": {"low": 0.001, "high": 0.1, "log": True},
        "label_smoothing": {"low": 0.0, "high": 0.2},
        "ema": {"choices": [0.0, 0.99, 0.998]},
        "rotate": {"low": 0.0, "high": 15.0},
        "shear": {"low": 0.0, "high": 10.0},
        "scale": {"low": 0.0, "high": 0.15},
        "translate": {"low": 0.0, "high": 2.5},
        "model": {"depth": {"choices": [1, 2]}},
    },
}
