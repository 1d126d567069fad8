"""Recipes that all models of a library share, and those that fit other models, too."""

from typing import Any

PHOTO: dict[str, Any] = {
    # The fewest of "ResNet strikes back" (Wightman et al. 2021): with mixed pairs and random
    # operations, a network needs many steps before it is better than without.
    "epochs": 100,
    # Small, because a folder of photos may hold a few hundred.
    "batch_size": 32,
    # Those of the recipe `default` of the families: AdamW needs less tuning per model than SGD.
    "optimizer": "adamw",
    "lr": 0.001,
    "weight_decay": 0.05,
    "precision": "bfloat16",
    # Cosine with a short warmup, label smoothing, flips, TrivialAugment, and the probability of
    # erasing, and the shares of mixing: torchvision's recipe of 2021 for ImageNet (Vryniotis, "How
    # to train state-of-the-art models using TorchVision's latest primitives").
    "schedule": "cosine",
    "warmup": 0.05,
    "label_smoothing": 0.1,
    "flip": 0.5,
    "trivialaugment": True,
    "erase": 0.1,
    "mixup": 0.2,
    "cutmix": 1.0,
    # fastai's default, in place of ImageNet's 0.08: so small a part of a photo need not show its
    # class, and few epochs cannot make up for it.
    "crop": 0.35,
    # An average over about 200 steps, which is a few epochs of some hundred photos.
    "ema": 0.995,
}
"""Recipe for photographs: from a few hundred to some ten thousand, trained from random weights."""

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
    # The first layers know edges and colors, which all photos have: they change least.
    "layer_decay": 0.75,
    "precision": "bfloat16",
    "crop": 0.35,
    "flip": 0.5,
}
"""Recipe for a few examples and weights that were trained on many others."""

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
