"""Recipes that fit models of several plugins."""

from typing import Any

PHOTO: dict[str, Any] = {
    # As many as fine-tuning guides suggest for a few thousand photos; more examples need fewer.
    "epochs": 30,
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
    "precision": "bfloat16",
    "rotate": 5.0,
    "scale": 0.1,
    "flip": 0.5,
}
"""Recipe for a few examples and weights that were trained on many others."""
