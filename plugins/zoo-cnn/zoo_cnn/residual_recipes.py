"""Recipes of the residual convolutional network."""

from typing import Any

from zoo_torch.families.recipes import PHOTO

# Chosen on validation images, as docs/experiments.md describes.
_DIGITS: dict[str, Any] = {
    "epochs": 20,
    "batch_size": 128,
    "optimizer": "muon",
    "lr": 0.02,
    "schedule": "one-cycle",
    "weight_decay": 0.01,
    "ema": 0.998,
    # The last epoch is as good as any, because its weights are an average over steps.
    "keep": "last",
    # Little, because small networks are not able to learn more.
    "rotate": 4.0,
    "shear": 2.8,
    "scale": 0.05,
    "translate": 1.5,
    "views": 5,
    "model": {
        "channels": [16, 24, 32],
        "pooling": [2, 1, 2],
        "residuals": [0, 1, 2],
        "depth": 1,
        "separable": True,
    },
}

RECIPES: dict[str, dict[str, Any]] = {
    # For a good accuracy in little time.
    "default": {**_DIGITS, "epochs": 4, "ema": 0.0, "keep": "best", "views": 1},
    # The best accuracy with fewer than 6,000 parameters: 5,722.
    "best-6k": _DIGITS,
    # The best accuracy with fewer than 575 parameters: 572, because the blocks of a stage have the
    # same kernels.
    "best-575": {
        **_DIGITS,
        "epochs": 40,
        # So small a network is better on images as smooth as those of the training, and warped
        # images are smoother.
        "plain_end": 0.2,
        "views": 9,
        "model": {
            "channels": [6, 8],
            "pooling": [2, 2],
            "residuals": [2, 3],
            "depth": 1,
            "separable": True,
            "shared": True,
        },
    },
    # For photographs, which show things of any size, and up to their borders.
    "photo": PHOTO,
}
