"""Search space of the number reader."""

from typing import Any

SPACES: dict[str, dict[str, Any]] = {
    "default": {
        # On a logarithmic scale, because factors matter for rates and decays, not differences.
        "lr": {"low": 0.002, "high": 0.03, "log": True},
        "batch_size": {"choices": [32, 64, 128]},
        "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
        "ema": {"choices": [0.0, 0.99, 0.995]},
        "shear": {"low": 0.0, "high": 8.0},
        "scale": {"low": 0.0, "high": 0.1},
        "elastic": {"low": 0.0, "high": 1.0},
        "model": {
            "features": {"choices": [128, 256, 384]},
            "context": {"choices": [0, 3, 5, 7]},
            "dropout": {"low": 0.0, "high": 0.3},
        },
    }
}
