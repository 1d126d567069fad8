"""Watch the registries of served names: moved default tags, and withdrawn ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from zoo_core import ZooError
from zoo_core.plugin_api import Folder, open_registry, print_lines
from zoo_serve.front.models import Model, Models

INTERVAL = 2.0
"""Seconds between checks of a registry in a folder, each of which is one call of `stat`."""

REMOTE_INTERVAL = 60.0
"""Seconds between downloads of the index of a remote registry."""

RETRY = 30.0
"""Minimum seconds before weights that could not be loaded are tried again."""

Update = Callable[[list[tuple[Model, str]]], Awaitable[None]]
"""Function that loads models with other tags: pairs of a model and a tag."""


@dataclass
class _Watched:
    """A registry, and the index that was last seen.

    Attributes:
        stamp: identity of the index's file, or time of its download.
        failed: time at which loading weights failed; 0 for never.
    """

    stamp: object = None
    failed: float = 0.0


class Watcher:
    """A watcher of the registries of some models.

    Args:
        models: the models.
        update: loads models with other tags, and raises `ZooError` if that fails.
    """

    def __init__(self, models: Models, update: Update) -> None:
        self._models, self._update = models, update
        self._watched = {url: _Watched() for url in sorted(self._urls())}

    def _urls(self) -> set[str]:
        return {model.target.registry for model in self._models} - {""}

    async def run(self) -> None:
        """Check all registries until the task is cancelled."""
        while True:
            for url, watched in self._watched.items():
                await self._check(url, watched)
            await asyncio.sleep(INTERVAL)

    async def _check(self, url: str, watched: _Watched) -> None:
        stamp = await asyncio.to_thread(_stamp, url)
        is_failed = watched.failed and time.monotonic() - watched.failed > RETRY
        # None: the registry has gone; the loaded models are served without it.
        if stamp is None or (stamp == watched.stamp and not is_failed):
            return
        watched.stamp = stamp
        try:
            moved = self._compare(url, await asyncio.to_thread(_read_tags, url))
            if moved:
                await self._update(moved)
            watched.failed = 0.0
        except (ZooError, OSError) as exc:
            if not watched.failed:  # once, because a server may be down for days
                problem = f"zoo: {url}: the served weights stay as they are: {exc}"
                print_lines(problem, err=True)
            watched.failed = time.monotonic()

    def _compare(self, url: str, tags: _Tags) -> list[tuple[Model, str]]:
        """Mark withdrawn models, and return those with other weights, with their tags."""
        moved = []
        for model in self._of(url):
            target = model.target
            tag = tags.defaults.get(target.model) if model.is_followed else target.version
            sha256 = tags.checksums.get(f"{target.model}.{tag}")
            model.withdrawn = "" if sha256 else _withdrawn(model)
            if sha256 and tag and sha256 != target.sha256:
                moved.append((model, tag))
        return moved

    def _of(self, url: str) -> Iterable[Model]:
        return [model for model in self._models if model.target.registry == url]


@dataclass(frozen=True)
class _Tags:
    """The tags of a registry.

    Attributes:
        defaults: default tag by model.
        checksums: sha256 of the weights by ``MODEL.TAG``.
    """

    defaults: dict[str, str]
    checksums: dict[str, str]


def _stamp(url: str) -> object:
    """Return the identity of a registry's index; None if it cannot be reached."""
    registry = open_registry(url)
    if not isinstance(registry.location, Folder):
        return int(time.monotonic() / REMOTE_INTERVAL)
    try:
        facts = registry.index_path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _read_tags(url: str) -> _Tags:
    index = open_registry(url).index(refresh=True)
    return _Tags(dict(index.defaults), {name: each.sha256 for name, each in index.tags.items()})


def _withdrawn(model: Model) -> str:
    return (
        f"{model.asked.name} has been withdrawn: its registry does not publish it any more. "
        "Choose another tag: zoo list weights."
    )
