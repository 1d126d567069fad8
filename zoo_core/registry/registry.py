"""A registry: its index, and the files of its tags."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zoo_core.errors import VerificationError
from zoo_core.filenames import CARD, INDEX, WEIGHTS
from zoo_core.registry.index import (
    EMPTY_INDEX,
    MAX_INDEX,
    PublishedIndex,
    PublishedWeights,
    read_index,
)
from zoo_core.registry.location import Folder, Location
from zoo_core.system.paths import write_error, zoo_home

ADDED = "added"
"""Source of the registries that the user added."""


@dataclass(frozen=True)
class Registry:
    """A registry of published weights.

    Attributes:
        name: prefix of names, such as ``zoo`` in ``zoo/mlp.default``.
        location: folder, web server or other place of the files.
        source: distribution that provides the registry, or ``added`` by the user.
    """

    name: str
    location: Location
    source: str = ADDED

    def index(self, *, refresh: bool = False) -> PublishedIndex:
        """Return the index of the published tags; a remote one is cached.

        Args:
            refresh: download the index even if it is cached.

        Raises:
            DataError: the index cannot be read.
            VerificationError: the index is malformed.
        """
        if isinstance(self.location, Folder):
            content = self.location.read(INDEX, max_bytes=MAX_INDEX)
            return read_index(content, f"{self.location.url}/{INDEX}")
        from zoo_core.system.atomic_files import atomic_writer  # for remote ones only

        path = self._cached_index()
        try:
            # A tag is never replaced, so an old index stays right; it only lacks newer tags.
            if path.exists() and not refresh:
                with contextlib.suppress(VerificationError):  # damaged: download it again
                    return read_index(path.read_bytes(), str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_writer(path) as file:
                self.location.download(INDEX, file, max_bytes=MAX_INDEX)
                file.seek(0)
                # Inside the block, because a malformed index must not replace a valid one.
                return read_index(file.read(), f"{self.location.url}/{INDEX}")
        except OSError as exc:
            raise write_error(f"{self.location.url}/{INDEX}", path, exc) from exc

    def local_index(self) -> PublishedIndex:
        """Return the index on this machine, without network access; an empty one if it is missing.

        Raises:
            DataError: the index cannot be read.
            VerificationError: the index is malformed.
        """
        if isinstance(self.location, Folder):
            return self.index()
        try:
            return read_index(self.index_path.read_bytes(), str(self.index_path))
        except OSError:
            return EMPTY_INDEX

    @property
    def index_path(self) -> Path:
        """Path of the index on this machine; the file need not exist."""
        if isinstance(self.location, Folder):
            return self.location.root / INDEX
        return self._cached_index()

    def published(self, *, refresh: bool = False) -> list[FoundWeights]:
        """Return all published weights, sorted by name; see `index`."""
        return [
            FoundWeights(self, each) for _, each in sorted(self.index(refresh=refresh).tags.items())
        ]

    def path(
        self, published: PublishedWeights, file: str = WEIGHTS, *, sha256: str = "", size: int = 0
    ) -> Path:
        """Return the local path of a tag's file, downloaded if necessary.

        Args:
            published: the tag.
            file: name of the file.
            sha256: checksum of a file other than weights and card.
            size: its size in bytes.

        Raises:
            DataError: the file cannot be downloaded.
            VerificationError: the download does not match the index.
        """
        # Derived from model and tag, because an index must not choose paths.
        name = f"{published.model}/{published.tag}/{file}"
        location = self.location
        if isinstance(location, Folder):
            return location.path(name)
        stated = {
            WEIGHTS: (published.sha256, published.bytes),
            CARD: (published.card_sha256, published.card_bytes),
        }
        sha256, size = stated.get(file, (sha256, size))
        from zoo_core.registry import cache  # deferred, because local registries do without it

        return cache.fetch(
            sha256,
            size,
            lambda to: location.download(name, to, max_bytes=size),
            what=f"{location.url}/{name}",
        )

    def forget(self) -> None:
        """Remove the cached index."""
        self._cached_index().unlink(missing_ok=True)

    def _cached_index(self) -> Path:
        # Named by the URL's hash, because a URL has characters that file names cannot have.
        name = hashlib.sha256(self.location.url.encode()).hexdigest()
        return Path(zoo_home()) / "registries" / f"{name}.json"


class FoundWeights(NamedTuple):
    """Published weights and their registry."""

    registry: Registry
    published: PublishedWeights

    @property
    def name(self) -> str:
        """Name that identifies exactly these bytes: ``MODEL.TAG@sha256:HEX``."""
        return f"{self.published.name}@sha256:{self.published.sha256}"

    @property
    def qualified_name(self) -> str:
        return f"{self.registry.name}/{self.published.name}"
