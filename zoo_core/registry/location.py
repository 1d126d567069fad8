"""The location of a registry: a folder, a web server, or any URL that fsspec opens."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from zoo_core.errors import DataError, InvalidValueError, VerificationError, one_line
from zoo_core.filenames import INDEX

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_IPV6 = re.compile(r"\[[^]]*\]")
"""An IPv6 address in a URL, whose colons do not chain URLs."""


class Folder:
    """A registry in a local folder, whose files are read in place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)

    def path(self, name: str) -> Path:
        """Return the path of a file of the registry.

        Raises:
            VerificationError: symbolic links lead out of the registry.
        """
        # Resolved, because a shared folder may contain links to any file that this user may read.
        path = self.root / name
        root = os.path.join(os.path.realpath(self.root), "")  # noqa: PTH118 (for its final slash)
        if not os.path.realpath(path).startswith(root):
            raise VerificationError(
                f"{path} is a link out of the registry {self.root}, to {os.path.realpath(path)}",
                hint="Replace the link with the file.",
            )
        return path

    def read(self, name: str, *, max_bytes: int) -> bytes:
        """Return a file's content, at most `max_bytes`.

        Raises:
            DataError: the file cannot be read, or has more bytes.
        """
        path = self.path(name)
        try:
            if path.exists() and not path.is_file():  # opening a named pipe would block
                raise DataError(f"{path} is not a file")
            with path.open("rb") as file:
                content = file.read(max_bytes + 1)  # one more, to detect a file that is too large
        except OSError as exc:
            problem = f"{path} cannot be read: {exc.strerror}"
            if isinstance(exc, FileNotFoundError) and not self.root.is_dir():
                problem = f"there is no folder {self.root}"
            elif isinstance(exc, FileNotFoundError) and name == INDEX:
                problem = f"{self.root} is not a registry: it has no {INDEX}"
            raise DataError(problem, hint="Check the path.") from exc
        if len(content) > max_bytes:
            raise DataError(f"{path} is too large: expected at most {max_bytes:,} bytes, got more")
        return content


class Remote:
    """A registry at a URL: a web server, or a bucket, a hub, … that fsspec opens."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def download(self, name: str, to: BinaryIO, *, max_bytes: int) -> None:
        """Copy a file of the registry to an open file.

        Args:
            name: relative path with ``/``, such as ``mlp/default/card.json``.
            to: empty file to write to.
            max_bytes: maximum number of bytes to accept.

        Raises:
            DataError: the file cannot be downloaded, or has more bytes.
        """
        # Deferred, because it imports urllib3, and most loads find their files in the cache.
        from zoo_core.system.download import download, refuse_offline

        url = f"{self.url}/{name}"
        if url.lower().startswith(("http://", "https://")):
            download(url, to, max_bytes=max_bytes)
        else:
            refuse_offline(url)
            _copy_from_filesystem(url, to, max_bytes)


Location = Folder | Remote
"""The place of a registry's files."""


def _copy_from_filesystem(url: str, to: BinaryIO, max_bytes: int) -> None:
    import fsspec

    received = 0
    try:
        with fsspec.open(url, "rb") as file:
            while received <= max_bytes and (chunk := file.read(1 << 16)):
                received += len(chunk)
                to.write(chunk)
    except ImportError as exc:  # fsspec's message names the missing package
        raise DataError(f"{url} cannot be read: {exc}", hint="pip install it.") from exc
    except Exception as exc:  # because each protocol's package raises its own types
        raise DataError(f"{url} cannot be read: {one_line(exc)}") from exc
    if received > max_bytes:
        raise DataError(f"{url} is too large: expected at most {max_bytes:,} bytes, got more")


def open_location(url: str) -> Location:
    """Return the location at a folder's path or a URL.

    Raises:
        InvalidValueError: `url` is malformed.
    """
    # Control characters and lone surrogates cannot be printed or encoded in error messages.
    if not url or len(url) > 2000 or any(ord(c) < 32 or "\ud800" <= c <= "\udfff" for c in url):
        raise InvalidValueError(
            f"invalid address of a registry: {url[:80]!r}", hint="Use a folder or a URL."
        )
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if not scheme:
        return Folder(Path(os.path.abspath(os.path.expanduser(url))))  # noqa: PTH100, PTH111
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        if scheme in ("http", "https") and not (parts.hostname and parts.port != 0):
            raise ValueError("it has no host")
    except ValueError as exc:
        raise InvalidValueError(
            f"invalid URL {url!r}: {exc}", hint="Example: https://example.org/registry"
        ) from exc
    if scheme in ("file", "local"):
        return Folder(_path_of(url, parts))
    # fsspec's chains, such as simplecache::s3://…, would write to places of their own.
    if scheme not in ("http", "https") and "::" in _IPV6.sub("", url):
        raise InvalidValueError(
            f"{url!r} chains several URLs, which is not allowed",
            hint="Use the last one alone; zoo has its own cache.",
        )
    return Remote(url)


def _path_of(url: str, parts: SplitResult) -> Path:
    from urllib.parse import unquote

    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or "\0" in path or not path.startswith("/"):
        raise InvalidValueError(
            f"{url!r} is not a folder on this machine", hint="Example: file:///srv/registry"
        )
    return Path(os.path.abspath(path))  # noqa: PTH100
