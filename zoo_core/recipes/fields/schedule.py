"""Fields of the learning rate's schedule, and of the number of epochs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel


class ScheduleFields(FrozenModel):
    """The number of epochs, and the learning rate at each step."""

    epochs: int = Field(10, ge=1, description="passes over the training examples")
    lr: float = Field(
        0.1,
        gt=0,
        le=1e38,  # trainers compute in float32, whose largest number is 3.4e38
        description="learning rate; the peak of a schedule",
    )
    schedule: str = Field(
        "constant",
        description="learning rate schedule: constant, cosine, one-cycle, which is cosine with a "
        "warmup of 0.3, polynomial, step, plateau, restarts, cooldown, or one of the trainer",
    )
    warmup: float | None = Field(
        None, ge=0, lt=1, description="share of steps in which lr rises; None: see schedule"
    )
    final_lr: float = added(
        0.0, "learning rate at the end of a schedule that falls, as a share of lr", ge=0, le=1
    )
    lr_power: float = added(1.0, "exponent of schedule polynomial; 1: a straight line", gt=0)
    lr_factor: float = added(
        0.1, "factor of each fall of the learning rate in schedules step and plateau", gt=0, lt=1
    )
    lr_epochs: tuple[Annotated[int, Field(ge=1)], ...] = added(
        (),
        "epochs after which the learning rate of schedule step falls; none for half and three "
        "quarters of the steps",
    )
    lr_patience: int = added(
        3,
        "epochs without a better validation after which lr falls in schedule plateau",
        ge=1,
    )
    cycle: int = added(10, "epochs of the first cycle of schedule restarts", ge=1)
    cycle_factor: float = added(
        1.0, "length of a cycle of schedule restarts, in lengths of the one before", ge=1
    )
    cooldown: float = added(
        0.2,
        "share of the steps at the end in which the learning rate of schedule cooldown falls",
        gt=0,
        le=1,
    )
    patience: int = added(
        0, "epochs without a better validation after which the training ends; 0: never", ge=0
    )
    max_minutes: float | None = added(
        None, "minutes of training after which it ends, with its schedule; None: no limit", gt=0
    )


FALLING = ("cosine", "one-cycle", "polynomial", "restarts", "cooldown")
"""Schedules that fall to `final_lr`."""

SCHEDULES = ("constant", *FALLING, "step", "plateau")
"""Schedules of the core, for every trainer."""

OWNERS: dict[str, Owner] = {
    "final_lr": ("schedule", FALLING),
    "lr_power": ("schedule", ("polynomial",)),
    "lr_factor": ("schedule", ("step", "plateau")),
    "lr_epochs": ("schedule", ("step",)),
    "lr_patience": ("schedule", ("plateau",)),
    "cycle": ("schedule", ("restarts",)),
    "cycle_factor": ("schedule", ("restarts",)),
    "cooldown": ("schedule", ("cooldown",)),
    "patience": ("keep", ("best",)),
}


def check_schedule(recipe: ScheduleFields) -> None:
    """Check that every value of a schedule has the effect that it states.

    Raises:
        ValueError: one does not.
    """
    late = [each for each in recipe.lr_epochs if each >= recipe.epochs]
    if late:
        raise ValueError(
            f"lr_epochs: expected epochs before the last, {recipe.epochs}, got {late[0]} "
            "(let it follow from epochs: --set 'lr_epochs=[]')"
        )
    if recipe.schedule == "cooldown" and (recipe.warmup or 0) + recipe.cooldown > 1:
        raise ValueError(
            f"warmup and cooldown: expected at most 1 together, got {recipe.warmup:g} and "
            f"{recipe.cooldown:g}"
        )
