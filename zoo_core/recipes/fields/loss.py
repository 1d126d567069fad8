"""Fields of the loss, and of the measure that epochs are chosen by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel

Weight = Annotated[float, Field(ge=0)]


class LossFields(FrozenModel):
    """The number that a training minimizes, and the one that its epochs are chosen by."""

    loss: str = added("", "name of the loss; empty for the default of each head's task")
    head_weights: tuple[Weight, ...] = added((), "weight of each head's loss; none for equal ones")
    class_weights: Literal["", "balanced"] | tuple[Weight, ...] | dict[str, Weight] = added(
        "",
        "weight of each class in the loss: balanced, for those that make classes count alike; one "
        "number per class; or numbers by the names of classes, 1 for the others",
    )
    focal_gamma: float = added(
        2.0, "exponent of loss focal: the higher, the less do examples count that are easy", ge=0
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of each label that is spread over all classes"
    )
    standardize: bool = added(
        True,
        "train on targets that are numbers in standard deviations from their mean; predictions are "
        "in the data's own units in any case",
    )
    # The test split takes no part in this choice.
    keep: Literal["best", "last"] = Field(
        "best", description="keep the weights of the epoch with the best validation, or of the last"
    )
    choose_by: str = added(
        "",
        "metric of the validation by which the best epoch is chosen, such as balanced_accuracy; "
        "empty for the first measure of the task",
    )


LOSS_FIELDS = frozenset({"label_smoothing", "class_weights", "focal_gamma", "teacher_temperature"})
"""Fields for a loss; a recipe that sets one that no head's loss lists is refused."""

OWNERS: dict[str, Owner] = {
    "focal_gamma": ("loss", ("focal",)),
    "choose_by": ("keep", ("best",)),
}
