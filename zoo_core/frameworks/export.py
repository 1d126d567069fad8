"""ONNX conventions that every exporter follows: opset, and names of inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core.plugins.data_specs import are_class_images

if TYPE_CHECKING:
    from zoo_core.pretrained.model import Pretrained

ONNX_OPSET = 18
"""Version of ONNX's operators in exported files."""
# 18, because onnxruntime has supported it since 1.14 (2023).


def onnx_input(pretrained: Pretrained) -> str:
    """Return the name of the input of an exported model: ``images``, or ``inputs`` of others."""
    return "images" if pretrained.input.kind == "image" else "inputs"


def onnx_outputs(pretrained: Pretrained) -> list[str]:
    """Return the names of the outputs: ``outputs``, or ``outputs_head1`` and so on.

    They are ``logits`` of a model that classifies images.
    """
    heads = len(pretrained.targets)
    name = "logits" if are_class_images(pretrained.input, pretrained.targets) else "outputs"
    return [name] if heads == 1 else [f"{name}_head{head + 1}" for head in range(heads)]
