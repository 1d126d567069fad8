"""ONNX conventions that every exporter follows: opset, and names of inputs and outputs."""

ONNX_OPSET = 18
"""Version of ONNX's operators in exported files."""
# 18, because onnxruntime has supported it since 1.14 (2023).

ONNX_INPUT = "images"
"""Name of the input of an exported model."""


def onnx_outputs(heads: int) -> list[str]:
    """Return the names of the outputs: ``logits``, or ``logits_head1`` and so on."""
    return ["logits"] if heads == 1 else [f"logits_head{head + 1}" for head in range(heads)]
