"""The front process: it starts the workers, serves until a signal arrives, and ends them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from zoo_core.plugin_api import InvalidValueError
from zoo_serve.front.computing.batching import Dispatcher
from zoo_serve.front.computing.pool import Pool
from zoo_serve.front.http.app import App
from zoo_serve.front.http.pages import Pages
from zoo_serve.front.http.server import Server
from zoo_serve.front.metrics import Metrics
from zoo_serve.front.models import Model, Models
from zoo_serve.front.snapshots import take_snapshot
from zoo_serve.front.watching import Watcher
from zoo_serve.settings import Settings
from zoo_serve.targets import Asked


async def serve_models(
    bound: socket.socket,
    asked: Sequence[Asked],
    settings: Settings,
    folder: Path,
    *,
    on_ready: Callable[[Models], None],
) -> None:
    """Serve models until a signal arrives.

    Args:
        bound: listening socket.
        asked: the models.
        settings: options.
        folder: empty folder for the files of the weights.
        on_ready: called when all models are loaded.

    Raises:
        ZooError: a model cannot be loaded.
    """
    if twice := [each.name for each in asked if [one.name for one in asked].count(each.name) > 1]:
        raise InvalidValueError(
            f"two models have the name {twice[0]!r}", hint="Name one of them: NAME=WEIGHTS."
        )
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    # Until uvicorn handles signals, because the default handler would leave the folder behind.
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    taken = await asyncio.gather(
        *(take_snapshot(each, settings.registry, folder) for each in asked)
    )
    models = Models([Model(each, target) for each, target in zip(asked, taken, strict=True)])
    metrics = Metrics()
    dispatcher = Dispatcher(settings, metrics)
    metrics.queue.set_function(lambda: len(dispatcher))
    pool = Pool(settings, dispatcher, metrics)
    try:
        models.update(models.targets, await pool.start(models.targets))
        with _watching(models, pool, metrics, folder):
            server = _make_server(settings, models, dispatcher, metrics, pool)
            loop.remove_signal_handler(signal.SIGTERM)
            on_ready(models)
            await server.serve(sockets=[bound])
    finally:
        await pool.stop()


def _make_server(
    settings: Settings, models: Models, dispatcher: Dispatcher, metrics: Metrics, pool: Pool
) -> Server:
    def is_ready() -> bool:
        return bool(pool.ready) and not server.is_draining

    pages = Pages(models, metrics, is_ready, token=bool(settings.token)).app()
    server = Server(App(settings, models, dispatcher, metrics, pages), settings)
    return server


@contextlib.contextmanager
def _watching(models: Models, pool: Pool, metrics: Metrics, folder: Path) -> Iterator[None]:
    """Replace models whose default tag moves, during the block."""

    async def update(moved: list[tuple[Model, str]]) -> None:
        targets = {model.asked.name: model.target for model in models}
        replaced = [model.target.place for model, _ in moved]
        for model, tag in moved:
            exact = Asked(model.asked.name, f"{model.target.model}.{tag}")
            targets[exact.name] = await take_snapshot(exact, model.target.registry, folder)
        models.update([*targets.values()], await pool.replace([*targets.values()]))
        for model, _ in moved:
            metrics.swaps.labels(model.asked.name).inc()
        for place in replaced:
            if Path(place).is_relative_to(folder):  # not the address of a remote registry
                await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    task = asyncio.create_task(Watcher(models, update).run())
    try:
        yield
    finally:
        task.cancel()
