"""Targets: weights to serve, and the name under which they are served."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

LOCAL = "local"
"""Version of weights that no registry has published."""

_ALIAS = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)=(.+)")


@dataclass(frozen=True)
class Asked:
    """A model that the user named.

    Attributes:
        name: name in URLs.
        text: name of published weights, or path.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Target:
    """Weights on this machine that workers load.

    Attributes:
        name: name in URLs.
        version: tag, or `LOCAL`.
        sha256: checksum of the weight file.
        place: folder of a registry, its URL, or path of the weights.
        published: ``MODEL.TAG`` in that registry; empty for a path.
        registry: URL of the registry that the name is from; empty for a path.
    """

    name: str
    version: str
    sha256: str
    place: str
    published: str = ""
    registry: str = ""

    @property
    def model(self) -> str:
        """Name of the published model, without its tag."""
        return self.published.removesuffix(f".{self.version}")

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


def parse_asked(text: str) -> Asked:
    """Return the model that an argument of the command names: ``[NAME=]WEIGHTS``.

    Without a name, weights are served as they are named, without a checksum, and paths without
    their first slash.
    """
    if match := _ALIAS.fullmatch(text):
        return Asked(match[1], match[2])
    name = text.partition("@sha256:")[0]
    # `PurePath` removes "./" and double slashes, which a URL would have to contain, too.
    return Asked(PurePath(name).as_posix().lstrip("./") or name, text)


def is_followed(asked: Asked, target: Target) -> bool:
    """Return whether a name has no tag and no checksum, so that the default tag is served."""
    named = asked.text.partition("@sha256:")
    return bool(target.published) and not named[1] and not named[0].endswith(target.published)
