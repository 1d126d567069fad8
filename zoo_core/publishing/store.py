"""The transactional write of a tag to a registry's folder.

Under a lock, the files are written to ``.publishing`` with the name of their tag, the folder is
renamed to its place, and then the index is replaced. The index is what commits: if a publisher is
killed before, the next one finds ``.publishing`` and rolls back.
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
"""Maximum seconds to wait for another publisher."""


def add_tag(
    location: Folder, published: PublishedWeights, files: Mapping[str, bytes], *, default: bool
) -> None:
    """Add a tag and its files.

    Raises:
        InvalidValueError: the name is taken.
        DataError: the registry cannot be read or written; it is unchanged.
    """
    root = location.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _registry_lock(root):
            index = _index(location)
            # First, because a killed publisher may have left files of the very tag to add.
            _roll_back(root, index)
            if published.name in index.tags:
                raise InvalidValueError(
                    f"{published.name} is already published in {root}, and tags are never replaced",
                    hint="Publish under a new tag.",
                )
            content = index_json(index.with_tag(published, default=default))
            # Before anything is written: an index that users' versions refuse would break all tags.
            read_index(content, f"{root}/{INDEX}")
            target = location.path(f"{published.model}/{published.tag}")
            if target.exists():
                raise InvalidValueError(
                    f"{target} exists, but is not in the index",
                    hint="Look at it, and move it away.",
                )
            try:
                _stage(root, published.name, files)
                target.parent.mkdir(parents=True, exist_ok=True)
                (root / STAGING_DIR / "files").rename(target)
                sync_folder(target.parent)
                write_atomic(root / INDEX, content)
            finally:
                # With the index on disk, because it decides whether the write was committed. After
                # a success only the staging folder is left to remove.
                _roll_back(root, _index(location))
    except OSError as exc:
        raise DataError(
            f"the registry {root} cannot be written: {exc.strerror or exc}",
            hint="The registry is unchanged.",
        ) from exc


def _stage(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    stage = root / STAGING_DIR
    stage.mkdir()
    # Before the files, because a rollback needs to know where they belong.
    write_atomic(stage / "name", name.encode())
    (stage / "files").mkdir()
    for file, content in files.items():
        with (stage / "files" / file).open("xb") as opened:
            opened.write(content)
            # Else the rename could reach the disk before the content, and a power failure would
            # leave empty files with published checksums.
            opened.flush()
            os.fsync(opened.fileno())
    sync_folder(stage / "files")
    sync_folder(stage)


def _roll_back(root: Path, index: PublishedIndex) -> None:
    """Undo the uncommitted write of a publisher that failed or was killed.

    The caller has the registry's lock.
    """
    remove_stale_temporaries(root)
    stage = root / STAGING_DIR
    # Not through a symbolic link: what is removed below must be inside the registry.
    if not stage.is_dir() or stage.is_symlink():
        return
    # A name that was not written whole belongs to a write that had not moved its files yet.
    with contextlib.suppress(OSError, InvalidValueError, UnicodeDecodeError):
        name = check_tag_name((stage / "name").read_text("utf-8"))
        target = root / name.model / name.tag
        # Without the staged files, the folder at the target is the one that was renamed; with
        # them, it was there before.
        if f"{name.model}.{name.tag}" not in index.tags and not (stage / "files").exists():
            shutil.rmtree(target)
        with contextlib.suppress(OSError):
            for folder in target.relative_to(root).parents[:-1]:
                (root / folder).rmdir()  # fails, as intended, if it has another tag
    shutil.rmtree(stage)


def _index(location: Folder) -> PublishedIndex:
    if not (location.root / INDEX).exists():
        return EMPTY_INDEX
    return Registry("", location).index()


@contextlib.contextmanager
def _registry_lock(root: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # not needed by `zoo verify`, which imports this module

    try:
        with FileLock(root / LOCK, timeout=LOCK_TIMEOUT):
            yield
    except Timeout as exc:
        raise DataError(
            f"another process has been publishing to {root} for {LOCK_TIMEOUT} s",
            hint="Try again when it is finished.",
        ) from exc
