"""Models nested in a config must refuse unknown keys."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, with_config
from typing_extensions import TypedDict

from zoo_core import ModelConfig
from zoo_core.plugin_api import FrozenModel
from zoo_core.recipes.nested_models import lax_models


class Lax(BaseModel):
    width: int = 1


class Strict(FrozenModel):
    width: int = 1


class Outer(FrozenModel):
    inner: Lax = Lax()


@dataclass
class LaxRecord:
    width: int = 1


@with_config(ConfigDict(extra="forbid"))
@dataclass
class StrictRecord:
    width: int = 1


class LaxDict(TypedDict):
    width: int


@with_config(ConfigDict(extra="forbid"))
class StrictDict(TypedDict):
    width: int


@pytest.mark.parametrize(
    ("annotation", "lax"),
    [
        (Lax, ["Lax"]),
        (Lax | None, ["Lax"]),
        (tuple[Lax, ...], ["Lax"]),
        (dict[str, list[Lax]], ["Lax"]),
        (Annotated[Strict | Lax, Field(union_mode="smart")], ["Lax"]),
        (Outer, ["Lax"]),
        (LaxRecord, ["LaxRecord"]),
        (LaxDict, ["LaxDict"]),
        (Strict, []),
        (StrictRecord, []),
        (StrictDict, []),
        (dict[str, int], []),
        (Literal["a"] | tuple[int, ...], []),
    ],
)
def test_lax_models_are_those_that_ignore_unknown_keys(annotation, lax):
    class Whole(BaseModel):
        part: annotation

    assert lax_models(Whole) == lax


@pytest.mark.parametrize("annotation", [StrictRecord, StrictDict, Strict])
def test_models_that_are_not_lax_refuse_unknown_keys(annotation):
    class Whole(BaseModel):
        part: annotation

    with pytest.raises(ValidationError, match="wdith"):
        Whole.model_validate({"part": {"width": 2, "wdith": 3}})


def test_config_with_lax_model_cannot_be_defined():
    with pytest.raises(TypeError, match=r"Config: Lax would ignore unknown keys; .*FrozenModel"):

        class Config(ModelConfig):
            block: Lax = Lax()


def test_config_with_strict_model_can_be_defined():
    class Config(ModelConfig):
        block: Strict = Strict()

    assert Config().block.width == 1
