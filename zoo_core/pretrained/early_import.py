"""Import of a framework while a large weight file is read and hashed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zoo_core.errors import ZooError
from zoo_core.frameworks.runtime import is_imported
from zoo_core.pretrained.runtime_choice import AUTO
from zoo_core.weights.hashed_read import LARGE

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.registry.index import PublishedWeights


@contextlib.contextmanager
def early_import(catalog: Catalog, published: PublishedWeights, runtime: str) -> Iterator[None]:
    """Import the framework of published weights in a thread during the block, if both take long.

    An error of the import is left to the caller, who imports it again.

    Args:
        catalog: installed plugins.
        published: the weights.
        runtime: see `zoo_core.pretrained.load.load_pretrained`.
    """
    task = _import_task(catalog, published, runtime) if published.bytes >= LARGE else None
    if task is None:
        yield
        return
    import threading  # small files do not need it

    thread = threading.Thread(target=task, name="zoo-import")
    thread.start()
    try:
        yield
    finally:
        # Also after an error, because an interpreter must not exit during an import.
        thread.join()


def _import_task(
    catalog: Catalog, published: PublishedWeights, runtime: str
) -> Callable[[], None] | None:
    """Return the function that imports a framework; None if it is imported or will not be used."""
    model = catalog.entries("models").get(published.model)
    trainers = catalog.entries("trainers")
    trainer = trainers.get(model.spec.trainer) if model else None
    if model is None or trainer is None or is_imported(trainer):
        return None
    # Programs for installed runtimes, which predict in place of the framework.
    programs = catalog.entries("runtimes").keys() & published.runtimes.keys()
    if runtime in programs or (programs and runtime == AUTO):
        return None

    def task() -> None:
        with contextlib.suppress(ZooError):
            trainer.resolve(trainer.spec.factory)

    return task
