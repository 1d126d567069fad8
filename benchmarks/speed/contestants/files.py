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
        from zoo_core.cli.prediction.batch import InputBatch
        from zoo_core.cli.prediction.output import text_lines
        from zoo_core.cli.prediction.verdicts import verdicts
        from zoo_core.data.images.batches import find_files, read_batches
        from zoo_core.data.images.processor import model_processor
        from zoo_core.installation.installed import installed_catalog

        pretrained = zoo.load(weights[0])
        facts, catalog = pretrained.card.dataset, installed_catalog()
        processor = model_processor(catalog, pretrained.input, facts.name, facts.pixel_ranges)
        pretrained.predict(np.zeros((1, *pretrained.input_shape), np.uint8))
        start = time.perf_counter()
        files, _ = find_files(Path(folder))
        for batch in read_batches(files, processor):
            found = pretrained.predict(batch.images)
            judged = [*verdicts(InputBatch(batch.names, batch.images, images=batch), found)]
            read = text_lines(batch.names, found, pretrained.tasks, judged, force=False)
            lines = "\n".join(read)
    else:
        start = time.perf_counter()
        files = sorted(Path(folder).iterdir())
        for file in files:
            with Image.open(file) as image:
                np.asarray(image)
    seconds = time.perf_counter() - start
    print(json.dumps({"files": seconds, "files_per_second": len(files) / seconds}))  # noqa: T201
