"""Fields of augmentation: random changes of training examples, of images for the most part."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel


class AugmentationFields(FrozenModel):
    """Random changes of training examples, and the views of a prediction."""

    rotate: float = Field(0.0, ge=0, le=180, description="maximum rotation in degrees")
    shear: float = Field(0.0, ge=0, le=45, description="maximum shear in degrees")
    scale: float = Field(0.0, ge=0, lt=1, description="maximum change of scale, as a share")
    translate: float = Field(0.0, ge=0, description="maximum translation in pixels")
    elastic: float = Field(
        0.0, ge=0, description="standard deviation of the elastic distortion in pixels"
    )
    elastic_sigma: float = Field(
        4.0, ge=1, description="smoothing of the elastic distortion in pixels (Gaussian sigma)"
    )
    flip: float = added(0.0, "probability of a horizontal flip, less than 1", ge=0, le=1)
    crop: float = added(
        1.0,
        "minimum area of a random crop, as a share, scaled to the whole image; 1: no crop",
        gt=0,
        le=1,
    )
    brightness: float = added(0.0, "maximum change of brightness, as a share", ge=0, le=1)
    contrast: float = added(0.0, "maximum change of contrast, as a share", ge=0, le=1)
    saturation: float = added(0.0, "maximum change of saturation, as a share", ge=0, le=1)
    hue: float = added(0.0, "maximum change of hue, as a share of the color circle", ge=0, le=0.5)
    randaugment: float = added(
        0.0, "strength of RandAugment's random operations, at most 10; 0: none", ge=0, le=10
    )
    randaugment_ops: int = added(2, "number of RandAugment's operations per image", ge=1, le=10)
    trivialaugment: bool = added(
        False, "TrivialAugment: one random operation of random strength per image"
    )
    erase: float = added(0.0, "probability of erasing a random rectangle of an image", ge=0, le=1)
    mixup: float = added(
        0.0,
        "mix pairs of examples and their losses, in shares of the beta distribution with this "
        "parameter; 0: off",
        ge=0,
    )
    cutmix: float = added(
        0.0,
        "put a rectangle of one image into another and mix their losses, in shares of the beta "
        "distribution with this parameter; with mixup, every second step; 0: off",
        ge=0,
    )
    transforms: tuple[JsonValue, ...] = added(
        (),
        "further random augmentation by the trainer's library, in order: names, or "
        '{"NAME": {"ARGUMENT": value}}; for torch, torchvision.transforms.v2',
    )
    plain_end: float = added(
        0.0, "share of the epochs, at the end, without any augmentation", ge=0, lt=1
    )
    views: Literal[1, 2, 5, 9, 10, 18] = Field(
        1,
        description="views averaged per prediction: the image, and the image shifted by 1 pixel "
        "along the axes (5), or also along the diagonals (9); twice as many, also mirrored",
    )


WARP_FIELDS = frozenset({"rotate", "shear", "scale", "translate", "elastic", "flip", "crop"})
"""Fields of warps: the core draws the positions, the trainer resamples the images."""

DEVICE_FIELDS = frozenset(
    {
        "brightness",
        "contrast",
        "saturation",
        "hue",
        "randaugment",
        "randaugment_ops",
        "trivialaugment",
        "erase",
        "cutmix",
    }
)
"""Fields of other changes of images, all of which the trainer implements on its device."""

MOVING_FIELDS = WARP_FIELDS | {"randaugment", "trivialaugment", "cutmix", "views"}
"""Fields that move pixels, and would leave a target per pixel behind."""

IMAGE_FIELDS = WARP_FIELDS | DEVICE_FIELDS | {"transforms", "views"}
"""Fields for inputs that are images; a recipe that sets one for other inputs is refused."""

AUGMENTATION_FIELDS = WARP_FIELDS | DEVICE_FIELDS | {"transforms", "mixup"}
"""Fields that the trainer implements."""

OWNERS: dict[str, Owner] = {"randaugment_ops": ("randaugment", ())}
