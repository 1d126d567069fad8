"""Speed of decoding image files: ``python -m benchmarks.speed.contestants.files FOLDER [WEIGHTS]``.

Without weights, the files are only decoded. With weights, the time includes everything that `zoo
predict` does after loading them.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

if __name__ == "__main__":
    folder, *weights = sys.argv[1:]
    if weights:
        import zoo_core as zoo
        from zoo_core.cli.prediction_output import prediction_lines
        from zoo_core.data.images.batches import find_files, read_batches
        from zoo_core.data.images.processor import processor_for
        from zoo_core.installation.installed import installed_catalog

        pretrained = zoo.load(weights[0])
        shape, facts = pretrained.input_shape, pretrained.card.dataset
        processor = processor_for(installed_catalog(), facts.name, shape, facts.pixel_ranges)
        pretrained.predict(np.zeros((1, *shape), np.uint8))
        start = time.perf_counter()
        files, _ = find_files(Path(folder))
        for batch in read_batches(files, processor):
            read = prediction_lines(batch, pretrained.predict(batch.images), facts.classes)
            lines = "\n".join(map(str, read))
    else:
        start = time.perf_counter()
        files = sorted(Path(folder).iterdir())
        for file in files:
            with Image.open(file) as image:
                np.asarray(image)
    seconds = time.perf_counter() - start
    print(json.dumps({"files": seconds, "files_per_second": len(files) / seconds}))  # noqa: T201
