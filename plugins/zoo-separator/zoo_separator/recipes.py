"""Recipes of the U-Net."""

from typing import Any

# Without warps, because the masks would not move with the images. New pairs in every epoch take
# their place: no pair is seen twice.
_DEFAULT: dict[str, Any] = {
    "epochs": 6,
    "batch_size": 64,
    "optimizer": "muon",
    "lr": 0.02,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "ema": 0.99,
    "precision": "bfloat16",
    "fresh": True,
    # The last epoch is as good as any, because its weights are an average over steps.
    "keep": "last",
    "model": {"channels": [16, 32, 64, 128]},
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "fast": {**_DEFAULT, "epochs": 1, "model": {"channels": [16, 32, 64]}},
}
