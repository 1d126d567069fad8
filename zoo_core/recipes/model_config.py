"""The base class of model configs."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from zoo_core.recipes.nested_models import lax_models
from zoo_core.recipes.validation import FrozenModel
from zoo_core.text import counted

Size = Annotated[int, Field(ge=1)]


def _as_sequence(value: Any) -> Any:
    # A tuple, because `validate` is strict: after a validator in Python, pydantic refuses a list.
    if not isinstance(value, int | list | tuple):
        raise ValueError("integers, such as 128 or [256, 64]")
    return (value,) if isinstance(value, int) else tuple(value)


Sizes = Annotated[tuple[Size, ...], BeforeValidator(_as_sequence)]
"""One size per layer; a single number is one layer."""

Counts = Annotated[tuple[Annotated[int, Field(ge=0)], ...], BeforeValidator(_as_sequence)]
"""One number, possibly 0, per block; a single number is one block."""


def check_one_number_per_block(channels: Sizes, name: str, numbers: Sizes | Counts) -> None:
    """Check that a field has one number per block of a convolutional network.

    Args:
        channels: channels per block.
        name: name of the field.
        numbers: value of the field.

    Raises:
        ValueError: there are more or fewer numbers than blocks.
    """
    if len(numbers) != len(channels):
        raise ValueError(
            f"expected {counted(len(channels), 'number')} in model.{name}, one per block of "
            f"model.channels, got {len(numbers)}"
        )


ALIASES = {"classes": "outputs"}
"""Key in the JSON of the first models' configs, whose heads were all for classes -> attribute."""


class ModelConfig(FrozenModel):
    """The config of a model; a subclass adds the model's own fields."""

    # Canonical JSON has neither infinity nor NaN, and the config is written into weight files.
    model_config = ConfigDict(allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True)

    # `resolve_config` fills in these from the data set.
    input_shape: tuple[Size, ...] = Field(
        default=(1, 28, 28),
        description="shape of an input, such as channels, height and width of an image",
    )
    outputs: tuple[Size, ...] = Field(
        default=(10,),
        min_length=1,
        # See `ALIASES`. Not `alias`, which would be the name in `help`.
        validation_alias=AliasChoices("classes", "outputs"),
        serialization_alias="classes",
        description="number of outputs of each head: its classes, labels, values or symbols",
    )
    tasks: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda tasks: not tasks,
        description="task of each head; none if all are for classes of images",
    )
    vocabulary_size: int = Field(
        default=0,
        ge=0,
        exclude_if=lambda size: not size,
        description="number of different tokens of an input, if it has tokens",
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        # Here, because a misspelled key of such a model would change nothing, unnoticed.
        if lax := lax_models(cls):
            raise TypeError(
                f"{cls.__name__}: {', '.join(lax)} would ignore unknown keys; derive it from "
                "zoo_core.plugin_api.FrozenModel, or set extra='forbid' in its model_config"
            )
