"""The location of a registry: a folder, a web server, or any URL that fsspec opens."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from zoo_core.errors import DataError, InvalidValueError, VerificationError, one_line
from zoo_core.system.environment import is_set

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_BRACKETS = re.compile(r"\[[^]]*\]")
"""An IPv6 address in a URL."""


class Location(Protocol):
    """Where a registry's files lie."""

    @property
    def url(self) -> str: ...

    def download(self, name: str, to: BinaryIO, *, max_bytes: int) -> None:
        """Write the file of a name, such as ``mlp/default/card.json``, to an open one.

        Args:
            name: relative, with ``/``.
            to: where it goes.
            max_bytes: bytes that are taken at most; where there are more, it fails.

        Raises:
            DataError: it cannot be read.
        """


class Folder:
    """A registry on this machine, which is read in place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def path(self, name: str) -> Path:
        """Return where the file of a name lies.

        Raises:
            VerificationError: links lead out of the registry.
        """
        path = self.root / name
        root = os.path.join(os.path.realpath(self.root), "")  # noqa: PTH118 (with a slash behind)
        if not os.path.realpath(path).startswith(root):
            raise VerificationError(
                f"{path} leads out of the registry {self.root}, to {os.path.realpath(path)}",
                hint="Files of a registry lie in its folder; remove the link.",
            )
        return path

    def read(self, name: str, *, max_bytes: int) -> bytes:
        """Return a file's content; see `Location.download`."""
        path = self.path(name)
        try:
            if path.exists() and not path.is_file():  # a named pipe would be waited for
                raise DataError(f"{path} is not a file")
            with path.open("rb") as file:
                content = file.read(max_bytes + 1)
        except OSError as exc:
            raise DataError(f"{path} cannot be read: {exc.strerror}") from exc
        if len(content) > max_bytes:
            raise DataError(f"{path} has more than the {max_bytes:,} bytes that are due at most")
        return content

    def download(self, name: str, to: BinaryIO, *, max_bytes: int) -> None:
        to.write(self.read(name, max_bytes=max_bytes))


class Web:
    """A registry on a web server."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def download(self, name: str, to: BinaryIO, *, max_bytes: int) -> None:
        from zoo_core.system.download import download

        _refuse_offline(f"{self.url}/{name}")
        download(f"{self.url}/{name}", to, max_bytes=max_bytes)


class Filesystem:
    """A registry at any other URL: a bucket, a hub, …, with the package that fsspec wants."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def download(self, name: str, to: BinaryIO, *, max_bytes: int) -> None:
        import fsspec

        url = f"{self.url}/{name}"
        _refuse_offline(url)
        try:
            with fsspec.open(url, "rb") as file:
                taken = 0
                while piece := file.read(1 << 16):
                    taken += len(piece)
                    if taken > max_bytes:
                        break
                    to.write(piece)
        except ImportError as exc:
            raise DataError(f"{url} cannot be read: {exc}", hint="pip install it.") from exc
        except Exception as exc:  # whatever the package of that protocol raises
            raise DataError(f"{url} cannot be read: {one_line(exc)}") from exc
        if taken > max_bytes:
            raise DataError(f"{url} gives more than the {max_bytes:,} bytes that are due at most")


def _refuse_offline(url: str) -> None:
    if is_set("ZOO_OFFLINE"):
        raise DataError(
            f"{url} is not asked for, as ZOO_OFFLINE is set",
            hint="What was fetched before can be loaded; unset ZOO_OFFLINE to fetch more.",
        )


def open_location(url: str) -> Location:
    """Return the location that a folder's path or a URL names.

    Raises:
        InvalidValueError: it is none.
    """
    if not url or len(url) > 2000 or any(ord(c) < 32 or "\ud800" <= c <= "\udfff" for c in url):
        raise InvalidValueError(
            f"{url[:80]!r} is no address of a registry", hint="Name a folder or a URL."
        )
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if not scheme:
        return Folder(Path(os.path.abspath(os.path.expanduser(url))))  # noqa: PTH100, PTH111
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        if scheme in ("http", "https") and not (parts.hostname and parts.port != 0):
            raise ValueError("it names no host")
    except ValueError as exc:
        raise InvalidValueError(
            f"{url!r} is no URL: {exc}", hint="For instance: https://example.org/registry"
        ) from exc
    if scheme in ("file", "local"):
        return Folder(_path_of(url, parts))
    if scheme in ("http", "https"):
        return Web(url)
    if "::" in _BRACKETS.sub("", url):
        raise InvalidValueError(
            f"{url!r} is several URLs in one, which is not allowed",
            hint="What is fetched is kept anyway; name where it comes from.",
        )
    return Filesystem(url)


def _path_of(url: str, parts: SplitResult) -> Path:
    from urllib.parse import unquote

    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or "\0" in path or not path.startswith("/"):
        raise InvalidValueError(
            f"{url!r} names no folder of this machine", hint="For instance: file:///srv/registry"
        )
    return Path(os.path.abspath(path))  # noqa: PTH100
