"""Statistics of familiarity: ``python -m benchmarks.familiarity`` writes them into zoo-mnist."""

from __future__ import annotations

import sys

from safetensors.numpy import save_file

from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog
from zoo_mnist import familiarity

DATASETS = ("mnist", "two-digit-mnist")


def main() -> None:
    """Fit the statistics on the training images of each data set."""
    for name in DATASETS:
        images = load_dataset(installed_catalog().dataset(name)).splits["train"].inputs
        familiarity.FOLDER.mkdir(exist_ok=True)
        path = familiarity.FOLDER / f"{name}.safetensors"
        save_file(familiarity.fit(images), path)
        sys.stderr.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
