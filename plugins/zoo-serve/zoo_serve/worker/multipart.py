"""Files of a multipart/form-data body."""

from __future__ import annotations

import re
from email.message import Message
from typing import NamedTuple

from zoo_serve.worker.replies import RefusedError

MAX_FILES = 64
"""Maximum number of files, as many as `zoo predict` predicts in its first batch."""


class File(NamedTuple):
    """A file of a body.

    Attributes:
        name: its name; ``-`` if it has none.
        content_type: its content type; empty if it has none.
        content: its content.
    """

    name: str
    content_type: str
    content: bytes


def read_files(content_type: str, body: bytes) -> list[File]:
    """Return the files of a multipart body; other fields of the form are ignored.

    Raises:
        RefusedError: the body is malformed, has no file, or too many.
    """
    # By hand, because the parser of `email` is for text: it is slow and splits lines.
    boundary = _parameters(content_type, "content-type").get("boundary", "")
    if not boundary:
        raise RefusedError(400, "expected multipart/form-data with a boundary, got none")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))
    if len(parts) < 3 or not parts[-1].startswith(b"--"):
        raise RefusedError(400, "expected a complete multipart body, got one without its end")
    files = [file for part in parts[1:-1] if (file := _file(part))]
    if not 0 < len(files) <= MAX_FILES:
        raise RefusedError(400, f"expected 1 to {MAX_FILES} files, got {len(files)}")
    return files


def _file(part: bytes) -> File | None:
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator:
        raise RefusedError(400, "expected an empty line after the headers of each part")
    lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")]
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    disposition = _parameters(headers.get("content-disposition", ""), "content-disposition")
    if "filename" not in disposition:
        return None
    # Without folders, which some clients send, and without control characters.
    name = re.split(r"[/\\]", disposition["filename"])[-1]
    return File(
        "".join(filter(str.isprintable, name)) or "-", headers.get("content-type", ""), content
    )


def _parameters(value: str, header: str) -> dict[str, str]:
    message = Message()
    message[header] = re.sub(r"[\r\n]", " ", value)
    found = message.get_params([], header)
    return {name.lower(): text for name, text in found if isinstance(text, str)}
