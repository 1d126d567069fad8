"""Load data sets of Hugging Face with the library `datasets`: no retries, no output."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from zoo_core.plugin_api import (
    DataError,
    PluginError,
    UnavailableError,
    is_set,
    one_line,
    shell_command,
)
from zoo_images.cached_dataset import UNKNOWN_LICENSE

HUB_TIMEOUT = 5
"""Seconds within which the Hub must answer."""

README = "README.md"


def fetch(place: str, config: str | None) -> Mapping[str, Any]:
    """Return the splits of a data set, each a `datasets.Dataset`.

    Args:
        place: folder, or name on the Hugging Face Hub.
        config: name of a configuration; None if the data set has only one.

    Raises:
        DataError: the data set cannot be loaded.
        UnavailableError: the Hub cannot be reached, and the data set is not cached.
        PluginError: the package `datasets` is not installed.
    """
    check_installed()
    return _load(place, config, "") if local_folder(place) else _from_hub(place, config)


def check_installed() -> None:
    """Check that the package `datasets` is installed, without its import, which takes a second.

    Raises:
        PluginError: it is not installed.
    """
    if importlib.util.find_spec("datasets") is None:
        raise PluginError(
            "data sets of Hugging Face require the package datasets, which is not installed",
            hint="Run `pip install 'zoo-images[hf]'` to install it.",
        )


def _library() -> Callable[..., Mapping[str, Any]]:
    from datasets import load_dataset

    load: Callable[..., Mapping[str, Any]] = load_dataset
    return load


# Cached, because the data set that is loaded must be the one that was described, even if the Hub
# gets a new version in between.
@cache
def _from_hub(place: str, config: str | None) -> Mapping[str, Any]:
    return _load(place, config, _offline_reason())


def _load(place: str, config: str | None, offline: str) -> Mapping[str, Any]:
    """Load a data set; with a reason to be offline, from files on this machine alone."""
    try:
        with _quietly(), _offline_mode() if offline else contextlib.nullcontext():
            if (folder := local_folder(place)) is None:
                return _library()(place, config)
            # The library identifies local files by path and time, so its own copy may be of an
            # earlier content: zoo's copy, of the content, makes another one unnecessary.
            return _library()(str(folder), config, download_mode="force_redownload")
    except Exception as exc:  # because network, files and parsers raise types of their own
        if offline:
            raise UnavailableError(
                # Without the library's text, which names a variable of its own as the cause.
                f"data set hf:{place} is not cached, and {offline}",
                hint="Download it once with network access.",
            ) from exc
        raise DataError(
            f"data set hf:{place} cannot be loaded: {one_line(exc)}",
            hint=f"To select a configuration, write {shell_command(f'hf:{place}?config=NAME')}",
        ) from exc


def local_folder(place: str) -> Path | None:
    """Return the folder at `place`, or None for a name on the Hub.

    Raises:
        DataError: `place` is the path of a folder that does not exist.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or place.startswith("."):
        raise DataError(f"folder {path.absolute()} does not exist")
    return None


def license_of(place: str) -> str:
    """Return the SPDX expression of a data set's license, from its README.md."""
    import huggingface_hub as hub

    folder = local_folder(place)
    readme = (
        folder / README
        if folder
        else hub.try_to_load_from_cache(place, README, repo_type="dataset")
    )
    if not isinstance(readme, str | Path) or not Path(readme).is_file():
        return UNKNOWN_LICENSE
    # A text or a list; the Hub accepts values that are not SPDX identifiers, such as "other".
    stated = (hub.metadata_load(readme) or {}).get("license")
    try:
        return canonicalize_license_expression(
            " AND ".join(stated) if isinstance(stated, list) else str(stated)
        )
    except InvalidLicenseExpression:
        return UNKNOWN_LICENSE


def _offline_reason() -> str:
    """Return why the Hub cannot be used, or an empty text if it answers."""
    if is_set("ZOO_OFFLINE"):
        return "ZOO_OFFLINE is set"
    from huggingface_hub import constants, get_session

    # Probed first, because `datasets` retries an unreachable Hub for half a minute.
    try:
        get_session().head(constants.ENDPOINT, timeout=HUB_TIMEOUT)
    except Exception:  # the type depends on the version's HTTP client
        return f"{constants.ENDPOINT} does not answer"
    return ""


@contextlib.contextmanager
def _offline_mode() -> Iterator[None]:
    """Make Hugging Face's libraries use files on this machine alone, during the block."""
    import datasets.config
    import huggingface_hub.constants

    # Both have a constant, which was set from the environment when they were imported.
    switches: tuple[Any, ...] = (datasets.config, huggingface_hub.constants)
    before = [module.HF_HUB_OFFLINE for module in switches]
    try:
        for module in switches:
            module.HF_HUB_OFFLINE = True
        yield
    finally:
        for module, was in zip(switches, before, strict=True):
            module.HF_HUB_OFFLINE = was


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep standard output free, and progress bars on terminals, during the block."""
    import datasets

    # Otherwise its bars fill logs with lines.
    hidden = not sys.stderr.isatty() and not datasets.are_progress_bars_disabled()
    if hidden:
        datasets.disable_progress_bars()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for --json
            yield
    finally:
        if hidden:
            datasets.enable_progress_bars()
