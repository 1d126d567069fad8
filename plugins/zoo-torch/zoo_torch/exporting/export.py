"""Export of modules to ONNX and to torch's exported programs.

Exported models map inputs to zoo's outputs, in the units of the targets: normalization, if
requested, and the mean over the views of an image are part of them
(`zoo_torch.exporting.standalone`).
"""

from __future__ import annotations

import contextlib
import copy
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch.export import Dim, ExportedProgram

from zoo_core import Pretrained
from zoo_core.plugin_api import ONNX_OPSET, onnx_input, onnx_outputs
from zoo_torch.exporting.standalone import Standalone, StandaloneForImages


def export_onnx(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a model to an ONNX file.

    Args:
        pretrained: model with its weights, which are not changed.
        path: file to write.
        normalization: whether the exported model normalizes its input, such as uint8 pixels
            ``(N, C, H, W)``, or gets normalized float32 numbers.
    """
    from onnxscript import optimizer

    program = _program(pretrained, normalization)
    with _quiet():
        written = torch.onnx.export(
            program,
            input_names=[onnx_input(pretrained.input)],
            output_names=onnx_outputs(pretrained.input, pretrained.targets),
            dynamic_shapes=({0: "N"},),
            opset_version=ONNX_OPSET,
            dynamo=True,
            optimize=False,
            verbose=False,
        )
        assert written is not None
        # Constants alone, because torch's own optimization would merge convolutions with batch
        # normalizations: parameters remain those of the weight file, to the bit.
        optimizer.fold_constants(written.model, onnx_shape_inference=True)
        optimizer.remove_unused_nodes(written.model)
        for node in written.model.graph:
            # Names of torch's compiler passes, twice the size of a small model's weights.
            node.metadata_props.clear()
        written.save(path, external_data=False)  # one file, with the weights inside


def export_program(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a model to a file for `torch.export.load`; its output is a tuple, a tensor per head.

    Args:
        pretrained: model with its weights, which are not changed.
        path: file to write.
        normalization: see `export_onnx`.
    """
    program = _program(pretrained, normalization)
    with path.open("wb") as file:
        torch.export.save(program, file)


def _program(pretrained: Pretrained, normalization: bool) -> ExportedProgram:
    """Return a copy of a model on the CPU as a program for any number of examples."""
    model = copy.deepcopy(pretrained.model).to("cpu", memory_format=torch.contiguous_format)
    module = StandaloneForImages if pretrained.input.kind == "image" else Standalone
    alone = module(model, pretrained, prepares=normalization)
    dtype = np.dtype(pretrained.input.dtype)
    if not normalization and dtype.kind != "i":  # tokens are the same numbers in any case
        dtype = np.dtype(np.float32)
    # Two examples, because torch specializes a program to a batch of 1 if there is 1.
    inputs = torch.from_numpy(np.zeros((2, *pretrained.input_shape), dtype))
    with torch.no_grad(), warnings.catch_warnings():
        # The packed weights of a recurrent layer, which cuDNN needs and a program does not.
        warnings.filterwarnings("ignore", "The tensor attributes", UserWarning)
        program = torch.export.export(
            alone.eval(), (inputs,), dynamic_shapes=({0: Dim("N", min=1)},)
        )
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it contains paths of the exporting machine
    return program


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the warning that torchvision, which no exported model needs, is not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
