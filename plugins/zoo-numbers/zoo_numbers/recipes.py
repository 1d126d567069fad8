"""Recipes of the number reader."""

from typing import Any

# For a good accuracy within ten minutes on two cores.
_DEFAULT: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 64,
    "optimizer": "muon",
    "lr": 0.006,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.01,
    "ema": 0.995,
    "precision": "bfloat16",
    "fresh": True,  # new numbers in every epoch, so that no string can be memorized
    # Neither rotation nor scaling: both move the ends of a long image by more pixels than there are
    # next to the first digit, and the data set's digits have many sizes and slants already.
    "shear": 4.0,
    "elastic": 0.5,
    # The last epoch is as good as any, because its weights are an average over steps.
    "keep": "last",
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    # For accuracy: more epochs, and the mean over five shifts of an image. A larger network
    # took two and a half times as long and was hardly more accurate.
    "best": {**_DEFAULT, "epochs": 24, "views": 5},
    # Without distortion, because one epoch repeats no string and hardly any digit.
    "fast": {**_DEFAULT, "epochs": 1, "shear": 0.0, "elastic": 0.0},
}
