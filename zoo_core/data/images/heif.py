"""HEIC files, as phones write them, which Pillow reads with the package pillow-heif only."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import IO

from zoo_core.errors import UnavailableError

SUFFIXES = frozenset({".heic", ".heif", ".hif"})
"""Suffixes of HEIC files, in lower case."""

INSTALL = "pip install pillow-heif"
"""Command that makes HEIC files readable."""

_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Brands in the first bytes of a HEIC file."""


def is_installed() -> bool:
    """Return whether HEIC files can be read."""
    return find_spec("pillow_heif") is not None


def register_if_heif(file: Path | IO[bytes]) -> bool:
    """Register the decoder if a file is HEIC, because its import takes 0.1 s; return whether it is.

    Raises:
        UnavailableError: the file is HEIC, and pillow-heif is not installed.
    """
    if not _is_heif(file):
        return False
    try:
        from pillow_heif import register_heif_opener
    except ImportError as exc:
        raise UnavailableError("HEIC files need the package pillow-heif", hint=INSTALL) from exc
    register_heif_opener()
    return True


def _is_heif(file: Path | IO[bytes]) -> bool:
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return _is_heif(opened)
    file.seek(0)
    header = file.read(12)
    file.seek(0)
    return header[4:8] == b"ftyp" and header[8:] in _BRANDS
