"""Load the models of a worker, each with the runtime and threads of `zoo predict`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from zoo_core.plugin_api import (
    Catalog,
    FoundWeights,
    installed_catalog,
    load_pretrained,
    open_registry,
)
from zoo_serve.targets import Target
from zoo_serve.worker.served import Served


def load_models(options: Mapping[str, Any]) -> dict[str, Served]:
    """Return the models by name.

    Args:
        options: targets, device, runtime and threads, as the front sends them.

    Raises:
        ZooError: loading failed; see `zoo_core.pretrained.load.load_pretrained`.
    """
    catalog = installed_catalog()
    targets = [Target(**values) for values in options["targets"]]
    found = [(target, _find(target)) for target in targets]
    # Those with a program come first, because `auto` prefers a framework that another model has
    # imported, and `zoo predict` has imported none.
    found.sort(key=lambda each: not _has_program(each[1]))
    models = [_load(catalog, target, place, options) for target, place in found]
    if all(model.is_batchable for model in models):
        # Threads of NumPy that wait for work would take time from the other processes.
        threadpool_limits(1, user_api="blas")
    return {model.name: model for model in models}


def _find(target: Target) -> FoundWeights | Path:
    if not target.published:
        return Path(target.place)
    registry = open_registry(target.place)
    return FoundWeights(registry, registry.index().tags[target.published])


def _has_program(found: FoundWeights | Path) -> bool:
    return isinstance(found, FoundWeights) and bool(found.published.runtimes)


def _load(
    catalog: Catalog, target: Target, found: FoundWeights | Path, options: Mapping[str, Any]
) -> Served:
    def load(threads: int | None) -> Served:
        pretrained = load_pretrained(
            catalog, found, device=options["device"], runtime=options["runtime"], threads=threads
        )
        return Served(target.name, target.version, catalog, pretrained)

    # A program gives the same bits with one thread, and one image is too little work to share. The
    # number of threads of a framework decides about the last bits, so it is that of `zoo predict`.
    if _has_program(found) and (served := load(1)).is_batchable:
        return served
    return load(options["threads"])
