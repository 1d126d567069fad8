"""Fields of the weights that a training starts from, and of the teacher that it learns from."""

from __future__ import annotations

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel


class StartFields(FrozenModel):
    """Weights of earlier trainings: those to start from, and those of a teacher."""

    pretrained: bool = added(
        False,
        "start from the pretrained weights of the model's plugin, with their normalization",
    )
    initial: str = added(
        "",
        "weights to start from, with their normalization: a published name such as cnn.best, a "
        "run's folder, a .safetensors file, or a model whose plugin has pretrained weights",
    )
    teacher: str = added(
        "",
        "trained model whose outputs are learned beside the targets: a published name, or a run's "
        "folder",
    )
    teacher_temperature: float = added(
        1.0, "temperature of the probabilities of teacher and model", gt=0, le=100
    )
    teacher_share: float = added(
        0.5, "share of the loss that is the distance from the teacher", gt=0, le=1
    )


TEACHER_FIELDS = frozenset({"teacher", "teacher_share"})
"""Fields of a teacher, which the trainer implements; losses implement its temperature."""

OWNERS: dict[str, Owner] = {
    "teacher_temperature": ("teacher", ()),
    "teacher_share": ("teacher", ()),
}
