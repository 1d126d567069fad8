"""ONNX conventions that every exporter follows: opset, and names of inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.plugins.data_specs import InputSpec, TargetSpec, are_class_images

ONNX_OPSET = 18
"""Version of ONNX's operators in exported files."""
# 18, because onnxruntime has supported it since 1.14 (2023).


def onnx_input(spec: InputSpec) -> str:
    """Return the name of the input of an exported model: ``images``, or ``inputs`` of others."""
    return "images" if spec.kind == "image" else "inputs"


def onnx_outputs(spec: InputSpec, targets: Sequence[TargetSpec]) -> list[str]:
    """Return the names of the outputs: ``outputs``, or ``outputs_head1`` and so on.

    They are ``logits`` of a model that classifies images.
    """
    heads = len(targets)
    name = "logits" if are_class_images(spec, targets) else "outputs"
    return [name] if heads == 1 else [f"{name}_head{head + 1}" for head in range(heads)]
