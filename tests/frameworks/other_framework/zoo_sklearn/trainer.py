"""The adapter between zoo's training loop and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.linear_model import SGDClassifier

from zoo_core import Batch, Normalization, Run, Split
from zoo_core.plugin_api import InvalidValueError, uniform
from zoo_sklearn.model import Array, logits

Model = list[SGDClassifier]


class Trainer:
    """The adapter: builds classifiers, performs steps, predicts."""

    def __init__(self, *, device: str = "auto", threads: int | None = None) -> None:
        if device not in ("auto", "cpu"):
            raise InvalidValueError(
                f"there is no device {device!r} for the trainer sklearn",
                hint="Choose auto or cpu.",
            )

    def environment(self) -> dict[str, str | int]:
        return {
            "framework": f"scikit-learn {sklearn.__version__}",
            "numpy": np.__version__,
            "device": "cpu",
        }

    def build(self, builder: Callable[[Any], Model], config: Any, seed: int | None) -> Model:
        model = builder(config)
        for head, classifier in enumerate(model):
            drawn = uniform(classifier.coef_.shape, seed or 0, head)
            classifier.coef_[:] = 0.01 * (2 * drawn - 1)
            classifier.intercept_[:] = 0
        return model

    def start(self, model: Model, run: Run) -> Learner:
        return Learner(model, run)

    def predict(
        self, model: Model, inputs: NDArray[np.uint8], normalization: Normalization
    ) -> list[Array]:
        x = prepare(inputs, normalization)
        with np.errstate(all="ignore"):  # the loop finds values that are not finite
            return [logits(classifier, x) for classifier in model]

    def count_parameters(self, model: Model) -> int:
        return sum(array.size for array in arrays(model).values())

    def get_weights(self, model: Model) -> dict[str, Array]:
        return {name: array.copy() for name, array in arrays(model).items()}

    def set_weights(self, model: Model, weights: dict[str, Array]) -> None:
        for name, array in arrays(model).items():
            array[:] = weights[name]


class Learner:
    """Classifiers in training; the weights are their only state."""

    def __init__(self, model: Model, run: Run) -> None:
        self.model, self.normalization, self.losses = model, run.data.normalization, run.losses
        for classifier in model:
            classifier.set_params(alpha=run.recipe.weight_decay)

    def set_data(self, examples: Split) -> None:
        self.examples = examples

    def step(self, batch: Batch) -> list[Array]:
        x = prepare(self.examples.inputs[batch.rows], self.normalization)
        targets = self.examples.select_targets(batch.rows)
        with np.errstate(all="ignore"):
            before = [logits(classifier, x) for classifier in self.model]
        for classifier, loss, target in zip(self.model, self.losses, targets, strict=True):
            loss(classifier.set_params(eta0=batch.lr), x, target)
        return before

    def get_state(self) -> dict[str, Array]:
        return {name: array.copy() for name, array in arrays(self.model).items()}

    def set_state(self, state: dict[str, Array]) -> None:
        for name, array in arrays(self.model).items():
            array[:] = state[name]

    def to_numpy(self, outputs: Sequence[list[Array]]) -> list[Array]:
        return [np.concatenate(heads) for heads in zip(*outputs, strict=True)]


def arrays(model: Model) -> dict[str, Array]:
    """Return the weights themselves, by name."""
    return {
        f"head{head}.{name.rstrip('_')}": getattr(classifier, name)
        for head, classifier in enumerate(model)
        for name in ("coef_", "intercept_")
    }


def prepare(images: NDArray[np.uint8], normalization: Normalization) -> Array:
    """Return images uint8 ``(N, C, H, W)`` as float32 ``(N, pixels)``, normalized."""
    mean, std = (
        np.array(values, np.float32).reshape(-1, 1, 1)
        for values in (normalization.mean, normalization.std)
    )
    x = (images.astype(np.float32) / np.float32(255) - mean) / std
    return x.reshape(len(images), -1)
