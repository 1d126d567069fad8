"""Modules for other programs: ONNX, and torch's own exported programs.

What is written takes images and gives zoo's logits: the normalization, if wanted, and the mean over
the views of an image are part of it (`zoo_torch.exporting.standalone`).
"""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.export import Dim, ExportedProgram

from zoo_core import Pretrained
from zoo_torch.exporting.standalone import Standalone

OPSET = 18
"""Of ONNX: runtimes since 2023 know it."""


def export_onnx(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a model as one ONNX file.

    Its input is ``images``; its outputs are ``logits``, or ``logits_head1`` and so on.

    Args:
        pretrained: the model; it stays as it is.
        path: of the file.
        normalization: whether the input is uint8 ``(N, C, H, W)``, or what normalization makes of
            it: float32.
    """
    import onnxscript  # noqa: F401 (said to be missing here, and not somewhere in torch)

    program = _program(pretrained, normalization)
    heads = len(pretrained.card.dataset.classes)
    names = ["logits"] if heads == 1 else [f"logits_head{head}" for head in range(1, heads + 1)]
    with _quiet():
        written = torch.onnx.export(
            program,
            input_names=["images"],
            output_names=names,
            dynamic_shapes={"images": {0: "N"}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
        assert written is not None
        for node in written.model.graph:
            node.metadata_props.clear()  # names of torch's passes: twice a small model's weights
        written.save(path, external_data=False)


def export_program(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    """Write a model as a program for `torch.export.load`, which gives a tuple: one tensor a head.

    Args:
        pretrained: the model; it stays as it is.
        path: of the file.
        normalization: see `export_onnx`.
    """
    program = _program(pretrained, normalization)
    with path.open("wb") as file:
        torch.export.save(program, file)


def _program(pretrained: Pretrained, normalization: bool) -> ExportedProgram:
    """Return a model's copy on the CPU as a program for any number of images."""
    model = copy.deepcopy(pretrained.model).to("cpu", memory_format=torch.contiguous_format)
    shape = pretrained.input_shape
    alone = Standalone(
        model, pretrained.normalization, shape, pretrained.views, prepares=normalization
    )
    # Of one image, torch would believe that there is never more than one.
    images = torch.zeros(2, *shape, dtype=torch.uint8 if normalization else torch.float32)
    with torch.no_grad():
        program = torch.export.export(
            alone.eval(), (images,), dynamic_shapes={"images": {0: Dim("N", min=1)}}
        )
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it names the folders of whoever exports
    return program


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself that torchvision, of which no model here knows, is not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
