"""Search spaces of the two-headed models."""

from typing import Any

_BOTH: dict[str, Any] = {
    # On a logarithmic scale, because factors matter for rates and decays, not differences.
    "lr": {"low": 0.001, "high": 0.03, "log": True},
    "batch_size": {"choices": [64, 128, 256]},
    "weight_decay": {"low": 0.001, "high": 1.0, "log": True},
    "label_smoothing": {"low": 0.0, "high": 0.1},
    "ema": {"choices": [0.0, 0.99, 0.995]},
    "rotate": {"low": 0.0, "high": 10.0},
    "shear": {"low": 0.0, "high": 8.0},
    "scale": {"low": 0.0, "high": 0.1},
    "translate": {"low": 0.0, "high": 1.5},
    "model": {"dropout": {"low": 0.0, "high": 0.3}},
}

MLP_SPACES: dict[str, dict[str, Any]] = {"default": _BOTH}

CNN_SPACES: dict[str, dict[str, Any]] = {
    "default": {**_BOTH, "optimizer": {"choices": ["adamw", "muon"]}},
}
