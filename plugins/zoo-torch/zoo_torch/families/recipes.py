"""Recipes that all models of a library share."""

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    # A start for any architecture: AdamW needs less tuning per model than SGD.
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
