"""Recipes that all models of a library share."""

from typing import Any

# A start for any architecture: AdamW needs less tuning per model than SGD.
_DEFAULT: dict[str, Any] = {
    "epochs": 5,
    "batch_size": 128,
    "optimizer": "adamw",
    "lr": 0.001,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "precision": "bfloat16",
}

FINETUNE: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 32,
    "optimizer": "adamw",
    # A tenth of that from random weights, so that what they know is not lost before the new head
    # has learned anything.
    "lr": 0.0002,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "precision": "bfloat16",
    "rotate": 5.0,
    "scale": 0.1,
    "flip": 0.5,
}
"""Recipe for a few examples and weights that were trained on many others."""

RECIPES: dict[str, dict[str, Any]] = {"default": _DEFAULT}
"""Recipes of a model without pretrained weights."""

PRETRAINED_RECIPES: dict[str, dict[str, Any]] = {
    **RECIPES,
    "finetune": {**FINETUNE, "pretrained": True},
}
"""Recipes of a model with pretrained weights."""
