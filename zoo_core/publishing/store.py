"""The transactional write of a tag to a registry's folder.

Under a lock: the files are written into ``.publishing``, with a note of where they belong; their
folder takes its place by one rename; then the index names it. What a killed publisher left is taken
back by the next one, which finds the note: what the index does not name was never published.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.filenames import INDEX
from zoo_core.registry.index import (
    EMPTY_INDEX,
    PublishedIndex,
    PublishedWeights,
    index_json,
    read_index,
)
from zoo_core.registry.location import Folder
from zoo_core.registry.names import check_tag_name
from zoo_core.registry.registry import Registry
from zoo_core.system.atomic_files import remove_stale_temporaries, sync_folder, write_atomic

STAGING_DIR = ".publishing"
LOCK = ".lock"
LOCK_TIMEOUT = 600
"""Seconds that a publisher waits for another one."""


def add_tag(
    location: Folder, published: PublishedWeights, files: Mapping[str, bytes], *, default: bool
) -> None:
    """Add a tag and its files.

    Raises:
        InvalidValueError: the name is taken.
        DataError: the registry cannot be read or written; it is as it was.
    """
    root = location.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _registry_lock(root):
            index = _index(location)
            _roll_back(root, index)
            if published.name in index.tags:
                raise InvalidValueError(
                    f"{published.name} is published already in {root}, and no tag is replaced",
                    hint="A new version is a new tag.",
                )
            content = index_json(index.with_tag(published, default=default))
            read_index(content, f"{root}/{INDEX}")  # as everybody else will have to
            target = location.path(f"{published.model}/{published.tag}")
            if target.exists():
                raise InvalidValueError(
                    f"{target} is there already, and the index does not know it",
                    hint="See what it is, and move it away.",
                )
            try:
                _stage(root, published.name, files)
                target.parent.mkdir(parents=True, exist_ok=True)
                (root / STAGING_DIR / "files").rename(target)
                sync_folder(target.parent)
                write_atomic(root / INDEX, content)
            finally:
                _roll_back(root, _index(location))
    except OSError as exc:
        raise DataError(
            f"the registry {root} cannot be written: {exc.strerror or exc}",
            hint="It is as it was.",
        ) from exc


def _stage(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    stage = root / STAGING_DIR
    stage.mkdir()
    write_atomic(stage / "name", name.encode())
    (stage / "files").mkdir()
    for file, content in files.items():
        with (stage / "files" / file).open("xb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    sync_folder(stage / "files")
    sync_folder(stage)


def _roll_back(root: Path, index: PublishedIndex) -> None:
    """Undo what a publisher that was killed or failed had done; nobody else is at it."""
    remove_stale_temporaries(root)
    stage = root / STAGING_DIR
    if not stage.is_dir() or stage.is_symlink():
        return
    with contextlib.suppress(OSError, InvalidValueError, UnicodeDecodeError):
        name = check_tag_name((stage / "name").read_text("utf-8"))
        target = root / name.model / name.tag
        if f"{name.model}.{name.tag}" not in index.tags and not (stage / "files").exists():
            shutil.rmtree(target)
        with contextlib.suppress(OSError):
            for folder in target.relative_to(root).parents[:-1]:
                (root / folder).rmdir()  # where it holds no other tag
    shutil.rmtree(stage)


def _index(location: Folder) -> PublishedIndex:
    if not (location.root / INDEX).exists():
        return EMPTY_INDEX
    return Registry("", location).index()


@contextlib.contextmanager
def _registry_lock(root: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(root / LOCK, timeout=LOCK_TIMEOUT):
            yield
    except Timeout as exc:
        raise DataError(
            f"another process has been publishing in {root} for {LOCK_TIMEOUT} s",
            hint="Try again when it is done.",
        ) from exc
