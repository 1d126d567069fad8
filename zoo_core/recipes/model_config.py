"""The base class of model configs."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from zoo_core.recipes.validation import FrozenModel

Size = Annotated[int, Field(ge=1)]


def _as_sequence(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, int) else value


Sizes = Annotated[tuple[Size, ...], BeforeValidator(_as_sequence)]
"""One size a layer; a single number stands for a single layer."""


def one_number_a_block(channels: Sizes, name: str, numbers: Sizes) -> None:
    """See that a field has a number for each block of a convolutional network.

    Args:
        channels: of the blocks.
        name: of the field.
        numbers: its value.

    Raises:
        ValueError: it has more or fewer.
    """
    if len(numbers) != len(channels):
        raise ValueError(
            f"model.{name} has {len(numbers)} numbers "
            f"for the {len(channels)} blocks of model.channels"
        )


class ModelConfig(FrozenModel):
    """A model's config: immutable, and strict about its keys.

    A model adds its own fields in a subclass; these two are filled in from the data set.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    input_shape: tuple[Size, Size, Size] = Field(
        default=(1, 28, 28), description="channels, height and width of an image"
    )
    classes: tuple[Size, ...] = Field(
        default=(10,), min_length=1, description="number of classes of each head"
    )
