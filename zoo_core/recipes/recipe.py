"""Recipes: complete, typed descriptions of a training."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from zoo_core.recipes.validation import FrozenModel


class SearchSummary(FrozenModel):
    """How a recipe was found: by which search, and what that took."""

    study: str
    trial: int
    """Whose recipe it is."""
    validation: float
    """What chose it: its accuracy on the validation split, the mean of heads and seeds."""
    trials: int
    """Finished by then, those that were stopped early among them."""
    stopped_early: int
    epochs: int
    """That all of them were trained."""
    seconds: float
    """Likewise."""


class Recipe(FrozenModel):
    """Everything that decides a training, but for the machine that it runs on.

    The fields in `TRAINER_FIELDS` are followed by the trainer, the others by the core.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    dataset: str = Field(description="name of the data set")
    trainer: str = Field(description="name of the trainer")
    epochs: int = Field(10, ge=1, description="passes over the training images")
    batch_size: int = Field(128, ge=1, description="images a step")
    optimizer: Literal["sgd", "adamw", "muon"] = Field("sgd", description="of the steps")
    lr: float = Field(
        0.1,
        gt=0,
        le=1e38,  # what a float32 holds
        description="learning rate; the peak, where a schedule moves it",
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="of sgd")
    nesterov: bool = Field(False, description="Nesterov's momentum, of sgd")
    weight_decay: float = Field(0.0, ge=0, description="L2 for sgd, else decoupled")
    schedule: Literal["constant", "cosine", "one-cycle"] = Field(
        "constant",
        description="of the learning rate; one-cycle is cosine with a warm-up of 0.3",
    )
    warmup: float | None = Field(
        None, ge=0, lt=1, description="share of the steps in which lr rises; None: the schedule's"
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of each label that is spread over all classes"
    )
    ema: float = Field(
        0.0, ge=0, lt=1, description="decay of the moving average of the weights that is kept"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="of the products in a step; bfloat16 where the device has it, else float32",
    )
    rotate: float = Field(0.0, ge=0, le=180, description="degrees that images are turned, at most")
    shear: float = Field(0.0, ge=0, le=45, description="degrees that they are slanted, at most")
    scale: float = Field(0.0, ge=0, lt=1, description="share that they grow or shrink, at most")
    translate: float = Field(0.0, ge=0, description="pixels that they are moved, at most")
    elastic: float = Field(
        0.0, ge=0, description="pixels that their parts are moved (standard deviation)"
    )
    elastic_sigma: float = Field(
        4.0, ge=1, description="pixels over which the elastic movement is smooth"
    )
    flip: float = Field(
        0.0,
        ge=0,
        le=1,
        exclude_if=lambda flip: not flip,  # as older weights have it
        description="share of the images that are mirrored, left to right",
    )
    transforms: tuple[JsonValue, ...] = Field(
        (),
        exclude_if=lambda transforms: not transforms,
        description="further augmentation by the trainer's library, in order: names, or "
        '{"NAME": {"ARGUMENT": value}}; for torch, torchvision.transforms.v2',
    )
    pretrained: bool = Field(
        False,
        exclude_if=lambda pretrained: not pretrained,
        description="begin with the weights that the model's plugin has from elsewhere",
    )
    fresh: bool = Field(
        False, description="compose new training images every epoch, where the data set can"
    )
    views: Literal[1, 5, 9] = Field(
        1,
        description="images that a prediction is the mean of: the image, and it moved by a pixel "
        "along the axes (5), or along the diagonals too (9)",
    )
    normalize: bool = Field(
        True, description="take the data set's mean off and divide by its std; else pixels / 255"
    )
    reshuffle: bool = Field(
        True, description="a new order of the images every epoch; else one for all epochs"
    )
    keep: Literal["best", "last"] = Field(
        "best", description="the weights of the epoch that is best on validation, or of the last"
    )
    validation: float = Field(0.1, gt=0, lt=1, description="share of the training images held out")
    held_out: Literal["random", "last"] = Field(
        "random", description="which images are held out: drawn at random, or the last in the file"
    )
    split_seed: int = Field(0, ge=0, description="of the images drawn to be held out")
    seed: int = Field(0, ge=0, lt=2**63, description="of weights, order and whatever is random")
    model: dict[str, JsonValue] = Field({}, description="the model's own config")

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        if self.optimizer != "sgd" and (self.momentum or self.nesterov):
            raise ValueError(f"momentum and nesterov are of sgd, the optimizer is {self.optimizer}")
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    def json_values(self) -> dict[str, Any]:
        """Return every field as JSON has it, those too that a dump leaves out."""
        defaults = {name: field.default for name, field in type(self).model_fields.items()}
        return defaults | self.model_dump(mode="json")

    def changed_from_default(self, field: str) -> bool:
        """Say whether a field has another value than it has when nothing is said of it."""
        default = type(self).model_fields[field].default
        return bool(getattr(self, field) != default)


WARP_FIELDS = frozenset({"rotate", "shear", "scale", "translate", "elastic", "flip"})
"""Those that ask for images to be warped, which the core draws and the trainer does."""

TRAINER_FIELDS = WARP_FIELDS | {
    "optimizer",
    "momentum",
    "nesterov",
    "weight_decay",
    "label_smoothing",
    "ema",
    "precision",
    "transforms",
}
"""Those that a trainer follows, if it says so in its spec; the core follows the others."""
