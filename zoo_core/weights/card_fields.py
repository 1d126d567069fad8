"""Fields of cards that are stdlib classes elsewhere, and their JSON form."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    WrapSerializer,
)

from zoo_core.data.normalization import Normalization
from zoo_core.metrics.calibration import Calibration
from zoo_core.metrics.scores import Scores
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, input_of, plain, target_of


def _without_empty(
    normalization: Normalization, serialize: SerializerFunctionWrapHandler
) -> dict[str, Any]:
    values: dict[str, Any] = serialize(normalization)
    return {key: each for key, each in values.items() if each or key in {"mean", "std"}}


# Stdlib classes, because loading and predicting use them without pydantic.
ScoresField = Annotated[
    Scores,
    PlainValidator(lambda each: each if isinstance(each, Scores) else Scores.from_json(each)),
    PlainSerializer(Scores.to_json),
]
InputField = Annotated[
    InputSpec,
    PlainValidator(lambda each: each if isinstance(each, InputSpec) else input_of(each)),
    PlainSerializer(plain),
]
TargetField = Annotated[
    TargetSpec,
    PlainValidator(lambda each: each if isinstance(each, TargetSpec) else target_of(each)),
    PlainSerializer(plain),
]
CalibrationField = Annotated[
    Calibration,
    PlainValidator(
        lambda each: each if isinstance(each, Calibration) else Calibration.from_json(each)
    ),
    PlainSerializer(Calibration.to_json),
]
NormalizationField = Annotated[Normalization, WrapSerializer(_without_empty)]
