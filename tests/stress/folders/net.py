"""The truth about scores: a net's outputs, computed without zoo from the tensors in its file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from tests.stress.folders.samples import Sample


@dataclass(frozen=True)
class Truth:
    """A score as it has to be."""

    correct: int
    total: int
    loss: float

    def matches(self, correct: int, total: int, loss: float) -> bool:
        return (correct, total) == (self.correct, self.total) and math.isclose(
            loss, self.loss, rel_tol=1e-3, abs_tol=2e-4
        )

    def __str__(self) -> str:
        return f"{self.correct} of {self.total}, loss {self.loss:.4f}"


class Net:
    """A trained net of one hidden layer, as its weight file states it."""

    def __init__(self, weights: Path) -> None:
        content = weights.read_bytes()
        size = int.from_bytes(content[:8], "little")
        self.stated = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["zoo"])
        self.classes: list[str] = self.stated["dataset"]["classes"][0]
        self.tensors = load_file(weights)

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the logits of images ``(N, H, W)`` or ``(N, H, W, C)``."""
        stated = self.stated["normalization"]
        pixels = images.reshape(*images.shape[:3], -1) / 255
        inputs = np.moveaxis((pixels - stated["mean"]) / stated["std"], -1, 1)
        first, second = (
            (self.tensors[f"{layer}.weight"].astype(float).T, self.tensors[f"{layer}.bias"])
            for layer in (0, 2)
        )
        hidden = np.maximum(inputs.reshape(len(images), -1) @ first[0] + first[1], 0)
        result: NDArray[np.float64] = hidden @ second[0] + second[1]
        return result

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the calibrated probability of each class."""
        (temperature,) = self.stated["calibration"]["temperatures"]
        return np.exp(self.log_probabilities(images, temperature))

    def log_probabilities(
        self, images: NDArray[np.uint8], temperature: float = 1.0
    ) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each class."""
        logits = self.logits(images) / temperature
        logits -= logits.max(axis=1, keepdims=True)
        result: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return result

    def score(self, samples: Iterable[Sample]) -> Truth | None:
        """Return the score on images; None without any, or if a class is not of the net."""
        chosen = list(samples)
        if not chosen or any(each.label not in self.classes for each in chosen):
            return None
        labels = [self.classes.index(each.label) for each in chosen]
        logs = self.log_probabilities(self.as_array(chosen))
        loss = -logs[np.arange(len(labels)), labels].mean()
        return Truth(int((logs.argmax(axis=1) == labels).sum()), len(labels), float(loss))

    def as_array(self, samples: Sequence[Sample]) -> NDArray[np.uint8]:
        channels, height, width = self.stated["config"]["input_shape"]
        flat = np.frombuffer(b"".join(each.pixels for each in samples), np.uint8)
        return flat.reshape(-1, height, width, channels)
