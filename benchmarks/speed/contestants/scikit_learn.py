"""scikit-learn's ``MLPClassifier`` on MNIST.

python -m benchmarks.speed.contestants.scikit_learn EPOCHS BATCH_SIZE HIDDEN {float32,float64}
"""

from __future__ import annotations

import json
import sys
import time
import warnings

from sklearn.neural_network import MLPClassifier

from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog


def main(epochs: int, batch_size: int, hidden: int, dtype: str) -> dict[str, object]:
    warnings.filterwarnings("ignore")  # because so few epochs do not converge
    dataset = load_dataset(installed_catalog().dataset("mnist"))
    train, test = dataset.splits["train"], dataset.splits["test"]
    images = train.inputs[:54_000].reshape(54_000, -1).astype(dtype) / 255
    labels = train.targets[0][:54_000]
    network = MLPClassifier((hidden,), batch_size=batch_size, max_iter=epochs, random_state=0)
    started = time.perf_counter()
    network.fit(images, labels)
    seconds = time.perf_counter() - started
    read = network.predict(test.inputs.reshape(len(test), -1).astype(dtype) / 255)
    accuracy = float((read == test.targets[0]).mean())
    return {
        "seconds": seconds,
        "accuracy": [accuracy],
        "samples_per_second": epochs * 54_000 / seconds,
    }


if __name__ == "__main__":
    _epochs, _batch_size, _hidden, _dtype = sys.argv[1:]
    print(json.dumps(main(int(_epochs), int(_batch_size), int(_hidden), _dtype)))  # noqa: T201
