"""Recipes: complete, typed descriptions of a training."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, JsonValue, model_validator

from zoo_core.recipes.fields import augmentation, data, loss, schedule, start, step
from zoo_core.recipes.fields.added import added, check_owners
from zoo_core.recipes.fields.augmentation import AUGMENTATION_FIELDS, AugmentationFields
from zoo_core.recipes.fields.data import DataFields
from zoo_core.recipes.fields.loss import LossFields
from zoo_core.recipes.fields.schedule import SCHEDULES, ScheduleFields
from zoo_core.recipes.fields.start import TEACHER_FIELDS, StartFields
from zoo_core.recipes.fields.step import NO_MOMENTUM, STEP_FIELDS, StepFields
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


class Recipe(
    # In the reverse of the order in which pydantic lists their fields.
    AugmentationFields,
    LossFields,
    ScheduleFields,
    StepFields,
    StartFields,
    DataFields,
):
    """All values that a training depends on, except for the machine.

    The trainer implements the fields in `TRAINER_FIELDS`, the losses implement those in
    `zoo_core.recipes.fields.loss.LOSS_FIELDS`, and the core all others.
    """

    # Canonical JSON has neither infinity nor NaN. Other fields are those of a trainer, which
    # `with_trainer_fields` checks: a recipe on a card is read without that trainer.
    model_config = ConfigDict(allow_inf_nan=False, extra="allow")

    reject: float = added(
        REJECT,
        "share of validation examples whose predictions may be refused as unsure, from which the "
        "limit of accepted ones follows; 0: refuse none",
        ge=0,
        lt=1,
    )
    seed: int = Field(0, ge=0, lt=2**63, description="seed of weights, order and augmentation")
    model: dict[str, JsonValue] = Field({}, description="the model's own config")

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        # Refused rather than ignored: the user would believe that the values had an effect.
        for group in (data, start, step, schedule, loss, augmentation):
            check_owners(self, group.OWNERS)
        schedule.check_schedule(self)
        if self.pretrained and self.initial:
            raise ValueError(
                f"pretrained and initial exclude one another, got initial {self.initial}; with "
                "it, set pretrained=false"
            )
        if self.optimizer in NO_MOMENTUM and (self.momentum or self.nesterov):
            raise ValueError(f"momentum and nesterov require sgd, got optimizer {self.optimizer}")
        if self.nesterov and self.optimizer == "rmsprop":
            raise ValueError("nesterov requires sgd, got optimizer rmsprop")
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

    @property
    def is_augmented(self) -> bool:
        """True if a field of augmentation is set."""
        return any(map(self.changed_from_default, AUGMENTATION_FIELDS))


TRAINER_FIELDS = STEP_FIELDS | AUGMENTATION_FIELDS | TEACHER_FIELDS
"""Fields for the trainer; a recipe that sets one that its spec does not list is refused."""

CHOICES = {
    "optimizer": ("sgd", "adamw", "muon"),
    "schedule": SCHEDULES,
    "precision": ("float32", "bfloat16"),
}
"""Field -> names of which a trainer implements all, unless its spec lists others."""
