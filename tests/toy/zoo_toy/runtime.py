"""A runtime for the toy model, whose programs name the model and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from zoo_core import Pretrained
from zoo_core.plugin_api import VerificationError

PROGRAM = b"softmax\n"


def export(pretrained: Pretrained, path: Path, *, normalization: bool) -> None:
    assert normalization
    path.write_bytes(PROGRAM)


def write(pretrained: Pretrained, weights: bytes, exporter: Any) -> bytes:
    path = Path(f"{id(pretrained)}.program")
    exporter(pretrained, path, normalization=True)
    content = path.read_bytes()
    path.unlink()
    return content


class ToyPredictor:
    def __init__(self, weights: bytes | memoryview) -> None:
        content = bytes(weights)
        self.weights = [*load(content).values()]
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        self.normalization = json.loads(header["__metadata__"]["zoo"])["normalization"]

    def outputs(self, inputs: NDArray[Any]) -> list[NDArray[Any]]:
        pixels = inputs.reshape(len(inputs), -1).astype(np.float32) / np.float32(255)
        mean, std = (np.float32(self.normalization[key][0]) for key in ("mean", "std"))
        return [((pixels - mean) / std) @ weight for weight in self.weights]


def open_program(
    program: bytes, weights: bytes | memoryview, *, threads: int | None = None
) -> ToyPredictor:
    if program != PROGRAM:
        raise VerificationError(f"expected the program {PROGRAM!r}, got {program!r}")
    return ToyPredictor(weights)
