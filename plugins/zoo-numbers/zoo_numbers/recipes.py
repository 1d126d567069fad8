"""Recipes of the number reader."""

from typing import Any

_DEFAULT: dict[str, Any] = {
    "epochs": 12,
    "batch_size": 64,
    "optimizer": "muon",
    "lr": 0.006,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "fresh": True,
    "keep": "last",
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "fast": {**_DEFAULT, "epochs": 2},
}
