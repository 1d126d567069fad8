"""Choice of the layers to quantize, by the accuracy on validation examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import (
    HeadChanges,
    InvalidValueError,
    QuantizedProgram,
    VerificationError,
    count_changes,
)
from zoo_onnx.program import refer_to_weights
from zoo_onnx.quantization.compact import compact, tensors
from zoo_onnx.quantization.graph import load_program
from zoo_onnx.quantization.simplify import simplify
from zoo_onnx.quantization.static import LAYERS, METHOD, quantize

if TYPE_CHECKING:
    from onnx import ModelProto

    from zoo_core.plugin_api import ParentProgram

TOLERANCE = 1e-3
"""Maximum difference of a simplified program, as a share of the largest output."""


def quantize_parent(parent: ParentProgram, examples: int, max_loss: float) -> QuantizedProgram:
    """Return the quantized program of a parent.

    All layers are quantized, unless the accuracy on the validation examples then falls by more than
    the limit; in that case the last layer, or the first and the last, are left as they are.

    Args:
        parent: the published program.
        examples: number of training examples to calibrate on.
        max_loss: maximum share of correct answers that a head may lose.

    Raises:
        InvalidValueError: the program has no layer that can be quantized.
    """
    inputs = calibration_inputs(parent, examples)
    model = _simplified(parent, inputs)
    best: tuple[float, QuantizedProgram] | None = None
    for floats in _candidates(model):
        program = _program(model, inputs, floats)
        lost = max(head.lost for head in _validate(parent, program))
        if lost <= max_loss:
            return program
        if best is None or lost < best[0]:
            best = lost, program
    assert best is not None
    return best[1]


def calibration_inputs(parent: ParentProgram, examples: int) -> NDArray[np.generic]:
    """Return training examples at equal distances, none of which is for validation or tests."""
    data = parent.data
    rows = np.sort(data.train_rows)
    # At equal distances, because files are often sorted by class.
    places = np.linspace(0, len(rows) - 1, min(examples, len(rows))).astype(np.int64)
    return np.asarray(data.train.inputs[rows[places]])


def _simplified(parent: ParentProgram, inputs: NDArray[np.generic]) -> ModelProto:
    """Return the parent's program in the form to quantize, whose outputs are compared with it."""
    model = simplify(load_program(parent.content, parent.weights))
    program = QuantizedProgram({}, _writer(model), "", "", 0)
    predictors = (parent.pretrained.predictor, program.open(parent).predictor)
    expected, actual = (each.outputs(inputs[:100]) for each in predictors)
    for head, other in zip(expected, actual, strict=True):
        if not np.abs(head - other).max() <= TOLERANCE * np.abs(head).max():
            raise VerificationError(
                f"{parent.name} cannot be quantized: its simplified program has other "
                f"outputs: expected a difference of at most {TOLERANCE:g} of the largest one",
                hint="Report it with the name of the weights.",
            )
    return model


def _candidates(model: ModelProto) -> Iterator[tuple[str, ...]]:
    """Yield names of layers to leave as they are, from none to the first and the last."""
    layers = [node.name for node in model.graph.node if node.op_type in LAYERS]
    if not layers:
        raise InvalidValueError(
            f"the program has no layer to quantize: expected one of {', '.join(LAYERS)}"
        )
    yield ()
    if len(layers) > 2:
        yield (layers[-1],)
        yield (layers[0], layers[-1])


def _program(
    model: ModelProto, inputs: NDArray[np.generic], floats: Sequence[str]
) -> QuantizedProgram:
    import onnxruntime

    small = compact(quantize(model, inputs, floats=floats))
    return QuantizedProgram(
        tensors=tensors(small),
        write=_writer(small),
        method=METHOD,
        tool=f"onnxruntime {onnxruntime.__version__}",
        examples=len(inputs),
        floats=tuple(floats),
    )


def _writer(model: ModelProto) -> Callable[[bytes], bytes]:
    """Return the function of a weight file's content that returns a program with references."""

    def write(weights: bytes) -> bytes:
        program = type(model)()
        program.CopyFrom(model)
        refer_to_weights(program, weights)
        content: bytes = program.SerializeToString(deterministic=True)
        return content

    return write


def _validate(parent: ParentProgram, program: QuantizedProgram) -> tuple[HeadChanges, ...]:
    opened = program.open(parent)
    return count_changes(
        parent.pretrained.predictor,
        opened.predictor,
        parent.data.validation,
        opened.tasks,
    )
