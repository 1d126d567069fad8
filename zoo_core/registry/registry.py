"""A registry: its index, and the files of its tags."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from zoo_core.errors import VerificationError
from zoo_core.filenames import INDEX, WEIGHTS
from zoo_core.registry.index import MAX_INDEX, PublishedIndex, PublishedWeights, read_index
from zoo_core.registry.location import Folder, Location
from zoo_core.system.atomic_files import atomic_writer
from zoo_core.system.paths import home_write_error, zoo_home

ADDED = "added"
"""The source of registries that no plugin brings."""


@dataclass(frozen=True)
class Registry:
    """Published weights, and what they are called.

    Attributes:
        name: what may stand before a name, as in ``zoo/mlp.default``.
        location: where it lies.
        source: the distribution that brings it, or ``added`` by the user.
    """

    name: str
    location: Location
    source: str = ADDED

    def index(self, *, refresh: bool = False) -> PublishedIndex:
        """Return what it has published; of a registry elsewhere, as it was when last asked.

        Args:
            refresh: ask it again.

        Raises:
            DataError: it cannot be read.
            VerificationError: what it gives is no index.
        """
        if isinstance(self.location, Folder):
            content = self.location.read(INDEX, max_bytes=MAX_INDEX)
            return read_index(content, f"{self.location.url}/{INDEX}")
        path = self._kept_index()
        try:
            if path.exists() and not refresh:
                with contextlib.suppress(VerificationError):  # damaged here: it is asked for again
                    return read_index(path.read_bytes(), str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_writer(path) as file:
                self.location.download(INDEX, file, max_bytes=MAX_INDEX)
                file.seek(0)
                return read_index(file.read(), f"{self.location.url}/{INDEX}")
        except OSError as exc:
            raise home_write_error(f"{self.location.url}/{INDEX}", exc) from exc

    def published(self, *, refresh: bool = False) -> list[FoundWeights]:
        """Return all that it has published, by name; see `index`."""
        return [
            FoundWeights(self, each) for _, each in sorted(self.index(refresh=refresh).tags.items())
        ]

    def path(self, published: PublishedWeights, file: str = WEIGHTS) -> Path:
        """Return where a tag's weights or card lie on this machine, fetching them if need be.

        Raises:
            DataError: they cannot be fetched.
            VerificationError: what was fetched is not what the index says.
        """
        name = f"{published.model}/{published.tag}/{file}"
        if isinstance(self.location, Folder):
            return self.location.path(name)
        sha256, size = (
            (published.sha256, published.bytes)
            if file == WEIGHTS
            else (published.card_sha256, published.card_bytes)
        )
        from zoo_core.registry import cache  # which what lies on this machine does without

        return cache.fetch(
            sha256,
            size,
            lambda to: self.location.download(name, to, max_bytes=size),
            what=f"{self.location.url}/{name}",
        )

    def forget(self) -> None:
        """Forget what it had published when last asked."""
        self._kept_index().unlink(missing_ok=True)

    def _kept_index(self) -> Path:
        name = hashlib.sha256(self.location.url.encode()).hexdigest()
        return Path(zoo_home()) / "registries" / f"{name}.json"


@dataclass(frozen=True)
class FoundWeights:
    """Published weights, and the registry that has them."""

    registry: Registry
    published: PublishedWeights

    @property
    def name(self) -> str:
        """``MODEL.TAG@sha256:HEX``, which names these bytes and no others."""
        return f"{self.published.name}@sha256:{self.published.sha256}"

    @property
    def qualified_name(self) -> str:
        return f"{self.registry.name}/{self.published.name}"
