"""Asking the library `datasets` for a data set: quietly, and quickly where nobody answers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from zoo_core.plugin_api import DataError, PluginError, UnavailableError, is_set, one_line
from zoo_images.cached_dataset import UNKNOWN_LICENSE

HUB_TIMEOUT = 5
"""Seconds within which the Hub has to answer; by itself, the library tries for half a minute."""

README = "README.md"


def fetch(place: str, config: str | None) -> Mapping[str, Any]:
    """Return the splits of a data set, each a `datasets.Dataset`.

    The Hub is asked once in a process, so that what was described is what is loaded.

    Args:
        place: a folder, or a name on the Hugging Face Hub.
        config: which of its configurations; None where it has one.

    Raises:
        DataError: it cannot be had; an `UnavailableError` where nobody could be asked.
        PluginError: `datasets` is not installed.
    """
    _library()
    return _load(place, config, "") if local_folder(place) else _from_hub(place, config)


def _library() -> Callable[..., Mapping[str, Any]]:
    try:
        from datasets import load_dataset
    except ImportError as exc:
        raise PluginError(
            "data sets of Hugging Face need the package datasets, which is not installed",
            hint="Install it: pip install 'zoo-images[hf]'",
        ) from exc
    load: Callable[..., Mapping[str, Any]] = load_dataset
    return load


@cache
def _from_hub(place: str, config: str | None) -> Mapping[str, Any]:
    return _load(place, config, _silence())


def _load(place: str, config: str | None, silence: str) -> Mapping[str, Any]:
    """Load a data set; where there is a reason for silence, from this machine alone."""
    try:
        with _quietly(), _offline_mode() if silence else contextlib.nullcontext():
            return _library()(str(Path(place).expanduser()), config)
    except Exception as exc:  # a network's, a file's, a parser's: of any kind
        if silence:
            raise UnavailableError(
                f"data set hf:{place} cannot be had, as {silence}: {one_line(exc)}",
                hint="What was fetched before needs no network.",
            ) from exc
        raise DataError(
            f"data set hf:{place} cannot be had: {one_line(exc)}",
            hint=f"One of several configurations is named so: hf:{place}?config=NAME",
        ) from exc


def local_folder(place: str) -> Path | None:
    """Return the folder that a place is; None where it is a name on the Hub.

    Raises:
        DataError: it can only be a folder, and is not there.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return path
    if path.is_absolute() or place.startswith("."):
        raise DataError(f"there is no folder {path.absolute()}")
    return None


def license_of(place: str) -> str:
    """Return the SPDX identifier that README.md of a data set that was fetched says."""
    import huggingface_hub as hub

    folder = local_folder(place)
    readme = (
        folder / README
        if folder
        else hub.try_to_load_from_cache(place, README, repo_type="dataset")
    )
    if not isinstance(readme, str | Path) or not Path(readme).is_file():
        return UNKNOWN_LICENSE
    stated = (hub.metadata_load(readme) or {}).get("license")
    try:
        return canonicalize_license_expression(
            " AND ".join(stated) if isinstance(stated, list) else str(stated)
        )
    except InvalidLicenseExpression:
        return UNKNOWN_LICENSE


def _silence() -> str:
    """Return why the Hub is not asked; nothing where it answers."""
    if is_set("ZOO_OFFLINE"):
        return "ZOO_OFFLINE is set"
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=HUB_TIMEOUT)
    except Exception:  # whatever its client raises
        return f"{constants.ENDPOINT} does not answer"
    return ""


@contextlib.contextmanager
def _offline_mode() -> Iterator[None]:
    """Have Hugging Face's libraries look at what is on this machine alone."""
    import datasets.config
    import huggingface_hub.constants

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
    """Keep what they print from standard output, and their bars to terminals."""
    import datasets

    hidden = not sys.stderr.isatty() and not datasets.are_progress_bars_disabled()
    if hidden:
        datasets.disable_progress_bars()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if hidden:
            datasets.enable_progress_bars()
