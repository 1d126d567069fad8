"""Search spaces of the multi-layer perceptron."""

from typing import Any

SPACES: dict[str, dict[str, Any]] = {
    "default": {
        # On a logarithmic scale, because factors matter for rates and decays, not differences.
        "lr": {"low": 0.001, "high": 0.03, "log": True},
        "batch_size": {"choices": [64, 128, 256]},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "label_smoothing": {"low": 0.0, "high": 0.1},
        "ema": {"choices": [0.0, 0.99, 0.995]},
        "rotate": {"low": 0.0, "high": 10.0},
        "scale": {"low": 0.0, "high": 0.1},
        "translate": {"low": 0.0, "high": 1.5},
        # Without the size of the hidden layers, because the largest one would nearly always win.
        "model": {
            "dropout": {"low": 0.0, "high": 0.3},
            "activation": {"choices": ["relu", "leaky_relu", "gelu", "silu"]},
        },
    },
    # The reference study: one factor at a time, changed from its baseline.
    "grid": {
        "recipe": "baseline-10",
        "one_at_a_time": True,
        "lr": {"choices": [0.1, 0.01]},
        "batch_size": {"choices": [32, 64]},
        "momentum": {"choices": [0.0, 0.9]},
        "model": {
            "activation": {"choices": ["relu", "leaky_relu"]},
            "hidden": {"choices": [[10], [128]]},
        },
    },
}
