"""Time of the first load by name: ``python -m benchmarks.speed.contestants.load MODEL FRAMEWORK``.

The framework is imported beforehand; zoo is not, because its import is part of the time.
"""

import importlib
import json
import sys
import time

if __name__ == "__main__":
    model, framework = sys.argv[1:]
    importlib.import_module(framework)
    start = time.perf_counter()
    import zoo_core as zoo

    zoo.load(model)
    print(json.dumps({"load": 1000 * (time.perf_counter() - start)}))  # noqa: T201
