"""Recipes of the convolutional network."""

from typing import Any

from zoo_torch.families.recipes import PHOTO

# For a good accuracy in little time: six epochs, moderate augmentation.
_DEFAULT: dict[str, Any] = {
    "epochs": 6,
    "batch_size": 128,
    "optimizer": "adamw",
    "lr": 0.01,
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "rotate": 8.0,
    "shear": 5.0,
    "scale": 0.08,
    "translate": 1.5,
    "model": {
        "channels": [16, 48],
        "kernel_sizes": [5, 3],
        "batch_norm": True,
        "hidden": 256,
        "hidden_activation": "relu",
        "dropout": 0.0,
    },
}

# For accuracy: many epochs of augmented images, Muon, and a moving average of the weights, chosen
# on validation images as docs/experiments.md describes.
_BEST: dict[str, Any] = {
    "epochs": 40,
    "batch_size": 128,
    "optimizer": "muon",
    "schedule": "one-cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.05,
    "ema": 0.995,
    "precision": "bfloat16",
    "rotate": 10.0,
    "shear": 6.0,
    "scale": 0.1,
    "translate": 1.5,
    # The last epoch is as good as any, because its weights are an average over steps.
    "keep": "last",
}

_FIVE_CONVOLUTIONS: dict[str, Any] = {
    "channels": [32, 64, 128],
    "kernel_sizes": [3, 3, 3],
    "depths": [2, 2, 1],
    "batch_norm": True,
    # The mean over the image in place of a hidden layer, which would have most of the parameters.
    "global_pool": True,
    "hidden": 0,
    "dropout": 0.0,
}

# Clothes may be mirrored, unlike digits, and are photographed upright.
_CLOTHES: dict[str, Any] = {
    "dataset": "fashion-mnist",
    "lr": 0.006,
    "rotate": 3.0,
    "shear": 2.0,
    "scale": 0.05,
    "flip": 0.5,
}

# Two digits on top of each other: new pairs in every epoch, of digits that no validation image has.
# No warps: the pairs alone keep the accuracy on training and on validation images alike, and warped
# pairs are harder to learn.
_PAIRS: dict[str, Any] = {
    **_BEST,
    "dataset": "multi-mnist",
    "lr": 0.01,
    "label_smoothing": 0.0,
    "fresh": True,
    "held_out": "last",
    "rotate": 0.0,
    "shear": 0.0,
    "scale": 0.0,
    "translate": 0.0,
    "model": {
        "channels": [32, 64, 128, 256],
        "kernel_sizes": [3, 3, 3, 3],
        "depths": [1, 2, 2, 2],
        "batch_norm": True,
        "padding": True,
        "hidden": 256,
        "hidden_activation": "relu",
        "dropout": 0.0,
    },
}

RECIPES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "best": {
        **_BEST,
        "lr": 0.006,
        "elastic": 0.6,
        "model": _FIVE_CONVOLUTIONS,
    },
    "default@fashion-mnist": {
        **_BEST,
        **_CLOTHES,
        "epochs": 10,
        "model": _FIVE_CONVOLUTIONS,
    },
    # With a sixth convolution, and with padding, because clothes extend to the borders of images.
    "best@fashion-mnist": {
        **_BEST,
        **_CLOTHES,
        "epochs": 20,
        "views": 5,
        "model": {**_FIVE_CONVOLUTIONS, "depths": [2, 2, 2], "padding": True},
    },
    "default@multi-mnist": {
        **_PAIRS,
        "epochs": 8,
        # Small, because few epochs have few steps.
        "batch_size": 64,
        "ema": 0.99,
        "model": {**_PAIRS["model"], "channels": [24, 48, 96, 192]},
    },
    "best@multi-mnist": {
        **_PAIRS,
        "epochs": 12,
        "ema": 0.998,
        "views": 5,
    },
    # The best accuracy with fewer than 10,000 parameters: 9,970.
    "best-10k": {
        **_BEST,
        "epochs": 100,
        "lr": 0.02,
        "views": 5,
        "model": {
            **_FIVE_CONVOLUTIONS,
            "channels": [8, 16, 18],
            "depths": [2, 2, 2],
            "padding": True,
        },
    },
    # Begins with the weights for digits, for other images of one channel.
    "finetune": {
        **_BEST,
        "epochs": 10,
        "batch_size": 32,  # for few examples
        "lr": 0.002,
        "initial": "cnn.best",
        "model": _FIVE_CONVOLUTIONS,
    },
    # For photographs, which show things of any size, and up to their borders.
    "photo": {
        **PHOTO,
        "model": {**_FIVE_CONVOLUTIONS, "padding": True},
    },
    # A single epoch, in bfloat16 on processors that have it.
    "fast": {**_DEFAULT, "epochs": 1, "precision": "bfloat16"},
    # The network of the reference study, trained as there.
    "reference": {
        "epochs": 10,
        "batch_size": 32,
        "optimizer": "sgd",
        "lr": 0.01,
        "momentum": 0.9,
        "nesterov": True,
        "normalize": False,  # pixels from 0 to 1
        "held_out": "last",  # the last tenth of the file is the validation split
        "reshuffle": False,  # the same order in every epoch
        "keep": "last",
        "model": {
            "channels": [32, 64],
            "kernel_sizes": [3, 3],
            "hidden": 128,
            "hidden_activation": "none",
            "dropout": 0.5,
        },
    },
}
