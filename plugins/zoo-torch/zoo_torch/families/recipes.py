"""Recipes for every model of a library."""

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    "default": {
        "epochs": 5,
        "batch_size": 128,
        "optimizer": "adamw",
        "lr": 0.001,
        "schedule": "one-cycle",
        "weight_decay": 0.05,
        "label_smoothing": 0.1,
        "precision": "bfloat16",
    },
}
