"""Recipes of the number reader."""

from typing import Any

# For a good accuracy within ten minutes on two cores.
_DEFAULT: dict[str, Any] = {
    "epochs": 11,
    "batch_size": 64,
    "optimizer": "muon",
    "lr": 0.006,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "fresh": True,  # new numbers in every epoch, so that no string can be memorized
    # The last epoch is as good as any, because its weights are an average over steps.
    "keep": "last",
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    # For accuracy: more convolutions, more epochs, and images that are distorted, because the same
    # 54,000 digits occur a hundred times each.
    "best": {
        **_DEFAULT,
        "epochs": 30,
        "rotate": 1.0,
        "shear": 4.0,
        "scale": 0.06,
        "elastic": 0.5,
        "model": {"stem": 32, "depths": [2, 2, 2], "dropout": 0.1},
    },
    "fast": {**_DEFAULT, "epochs": 1},
}
