"""Recipes: complete, typed descriptions of a training."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, model_validator

from zoo_core.recipes.validation import FrozenModel

REJECT = 0.01
"""Default of `Recipe.reject`, which weights from before the field have, too."""


class SearchSummary(FrozenModel):
    """The search that found a recipe, and its cost."""

    study: str
    trial: int
    """Number of the trial with this recipe."""
    validation: float
    """Accuracy on the validation split, the mean of heads and seeds."""
    trials: int
    """Number of finished trials, including those stopped early."""
    stopped_early: int
    epochs: int
    """Total epochs of all trials."""
    seconds: float
    """Total seconds of all trials."""


class Recipe(FrozenModel):
    """All values that a training depends on, except for the machine.

    The trainer implements the fields in `TRAINER_FIELDS`, the losses implement those in
    `LOSS_FIELDS`, and the core all others.
    """

    # A field that is newer than published weights has an `exclude_if`, because a recipe is written
    # into the weight file, and repeating an old training must write the same bytes.

    # Canonical JSON has neither infinity nor NaN. Other fields are those of a trainer, which
    # `with_trainer_fields` checks: a recipe on a card is read without that trainer.
    model_config = ConfigDict(allow_inf_nan=False, extra="allow")

    dataset: str = Field(description="name of the data set")
    trainer: str = Field(description="name of the trainer")
    epochs: int = Field(10, ge=1, description="passes over the training examples")
    batch_size: int = Field(128, ge=1, description="examples per step")
    optimizer: str = Field("sgd", description="optimizer: sgd, adamw, muon, or one of the trainer")
    lr: float = Field(
        0.1,
        gt=0,
        le=1e38,  # trainers compute in float32, whose largest number is 3.4e38
        description="learning rate; the peak of a schedule",
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of sgd")
    nesterov: bool = Field(False, description="Nesterov momentum of sgd")
    weight_decay: float = Field(0.0, ge=0, description="L2 penalty for sgd, decoupled for others")
    schedule: str = Field(
        "constant",
        description="learning rate schedule: constant, cosine, one-cycle, which is cosine with a "
        "warmup of 0.3, or one of the trainer",
    )
    warmup: float | None = Field(
        None, ge=0, lt=1, description="share of steps in which lr rises; None: see schedule"
    )
    loss: str = Field(
        "",
        exclude_if=lambda loss: not loss,
        description="name of the loss; empty for the default of each head's task",
    )
    head_weights: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        (),
        exclude_if=lambda weights: not weights,
        description="weight of each head's loss; none for equal ones",
    )
    standardize: bool = Field(
        True,
        exclude_if=lambda standardize: standardize,
        description="train on targets that are numbers in standard deviations from their mean; "
        "predictions are in the data's own units in any case",
    )
    missing: Literal["refuse", "mean"] = Field(
        "refuse",
        exclude_if=lambda missing: missing == "refuse",
        description="missing numbers of an input: refuse, or fill with the mean of the training "
        "rows",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of each label that is spread over all classes"
    )
    ema: float = Field(
        0.0, ge=0, lt=1, description="decay of the moving average of the weights; 0: no average"
    )
    # A field and not an option of the command, because it changes the weights.
    precision: str = Field(
        "float32",
        description="precision of a step: float32, bfloat16, which is float32 on devices without "
        "it, or one of the trainer",
    )
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
    flip: float = Field(
        0.0,
        ge=0,
        le=1,
        exclude_if=lambda flip: not flip,
        description="probability of a horizontal flip, less than 1",
    )
    transforms: tuple[JsonValue, ...] = Field(
        (),
        exclude_if=lambda transforms: not transforms,
        description="further random augmentation by the trainer's library, in order: names, or "
        '{"NAME": {"ARGUMENT": value}}; for torch, torchvision.transforms.v2',
    )
    pretrained: bool = Field(
        False,
        exclude_if=lambda pretrained: not pretrained,
        description="start from the pretrained weights of the model's plugin, with their "
        "normalization",
    )
    fresh: bool = Field(
        False, description="compose new training images every epoch, if the data set can"
    )
    views: Literal[1, 5, 9] = Field(
        1,
        description="views averaged per prediction: the image, and the image shifted by 1 pixel "
        "along the axes (5), or also along the diagonals (9)",
    )
    normalize: bool = Field(
        True,
        description="normalize by the mean and std of the pretrained weights, or else of the data "
        "set; false: pixels / 255, and other inputs as they are",
    )
    reshuffle: bool = Field(True, description="shuffle the examples every epoch; else once")
    shuffle: bool = Field(
        True,
        exclude_if=lambda shuffle: shuffle,
        description="shuffle the training examples; false: the order of the data set",
    )
    # The test split takes no part in this choice.
    keep: Literal["best", "last"] = Field(
        "best", description="keep the weights of the epoch with the best validation, or of the last"
    )
    reject: float = Field(
        REJECT,
        ge=0,
        lt=1,
        exclude_if=lambda reject: reject == REJECT,
        description="share of validation examples whose predictions may be refused as unsure, from "
        "which the limit of accepted ones follows; 0: refuse none",
    )
    validation: float = Field(
        0.1, gt=0, lt=1, description="share of the training examples held out"
    )
    held_out: Literal["random", "last"] = Field(
        "random", description="choice of the examples held out: random, or the last in the file"
    )
    # Separate from `seed`, so that models of several seeds hold out the same examples and can be
    # compared or averaged on them.
    split_seed: int = Field(0, ge=0, description="seed of the random choice of examples held out")
    seed: int = Field(0, ge=0, lt=2**63, description="seed of weights, order and augmentation")
    model: dict[str, JsonValue] = Field({}, description="the model's own config")

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        if self.optimizer in {"adamw", "muon"} and (self.momentum or self.nesterov):
            # Refused rather than ignored: the user would believe that the values had an effect.
            raise ValueError(f"momentum and nesterov require sgd, got optimizer {self.optimizer}")
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov requires a momentum greater than 0, got 0")
        return self

    def json_values(self) -> dict[str, Any]:
        """Return every field as a JSON value, also those that a dump excludes."""
        # `model_dump` omits the fields with an `exclude_if`.
        defaults = {name: field.default for name, field in type(self).model_fields.items()}
        return defaults | self.model_dump(mode="json")

    def changed_from_default(self, field: str) -> bool:
        """Return whether a field differs from its default."""
        default = type(self).model_fields[field].default
        return bool(getattr(self, field) != default)


WARP_FIELDS = frozenset({"rotate", "shear", "scale", "translate", "elastic", "flip"})
"""Fields of warps: the core draws the positions, the trainer resamples the images."""

IMAGE_FIELDS = WARP_FIELDS | {"transforms", "views"}
"""Fields for inputs that are images; a recipe that sets one for other inputs is refused."""

TRAINER_FIELDS = WARP_FIELDS | {
    "optimizer",
    "momentum",
    "nesterov",
    "weight_decay",
    "ema",
    "precision",
    "transforms",
}
"""Fields for the trainer; a recipe that sets one that its spec does not list is refused."""

LOSS_FIELDS = frozenset({"label_smoothing"})
"""Fields for a loss; a recipe that sets one that no head's loss lists is refused."""

CHOICES = {
    "optimizer": ("sgd", "adamw", "muon"),
    "schedule": ("constant", "cosine", "one-cycle"),
    "precision": ("float32", "bfloat16"),
}
"""Field -> names of which a trainer implements all, unless its spec lists others."""
