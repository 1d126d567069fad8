"""Recipes that all models of a library share."""

from typing import Any

from zoo_torch.recipes import FINETUNE, PHOTO

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

RECIPES: dict[str, dict[str, Any]] = {"default": _DEFAULT, "photo": PHOTO}
"""Recipes of a model without pretrained weights."""

PRETRAINED_RECIPES: dict[str, dict[str, Any]] = {
    **RECIPES,
    "finetune": {**FINETUNE, "pretrained": True},
}
"""Recipes of a model with pretrained weights."""
