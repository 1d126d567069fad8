"""Addresses of data sets, the text after ``folder:``: ``photos?size=64&channels=1``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_core.plugin_api import (
    InvalidValueError,
    PixelRanges,
    encodable,
    join_names,
    parse_address_options,
    parse_range,
    shell_command,
)

COMMON_OPTIONS = ("size", "channels", "range", "on_damaged")
"""Names of the options that every source has."""

ON_DAMAGED = ("refuse", "skip")
"""Values of the option for damaged images; the first is the default."""

# At most four digits, so that a typo fails here and not by allocating huge arrays.
_SIZE = re.compile(r"([1-9][0-9]{0,3})(?:x([1-9][0-9]{0,3}))?")


@dataclass(frozen=True)
class Address:
    """A parsed address.

    Attributes:
        source: name of the source, such as ``folder``.
        text: the address as the user wrote it.
        place: the address without options.
        size: height and width to resize images to; None to keep the one size that all have.
        channels: 1 for gray, 3 for color; None to infer it from the images.
        ranges: range of deep pixels; None to measure it over the training images.
        skips_damaged: True to leave damaged images out, False to refuse them.
        options: values of the source's own options.
    """

    source: str
    text: str
    place: str
    size: tuple[int, int] | None
    channels: int | None
    ranges: PixelRanges | None
    skips_damaged: bool
    options: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.source}:{self.text}"

    def with_option(self, option: str) -> str:
        """Return the name with one more option, quoted for a shell."""
        # A final "?" already separates the place from an empty list of options.
        separator = "&" if self._options_text else "" if "?" in self.text else "?"
        return shell_command(f"{self.name}{separator}{option}")

    def at(self, path: Path) -> str:
        """Return the address with another place, and the same options."""
        separator = "?" if self._options_text or "?" in str(path) else ""
        return f"{path}{separator}{self._options_text}"

    @property
    def _options_text(self) -> str:
        return self.text.rpartition("?")[2] if "?" in self.text else ""


def parse_address(source: str, address: str, options: Collection[str] = ()) -> Address:
    """Parse an address, ``PLACE?KEY=VALUE&KEY=VALUE``.

    Args:
        source: name of the source.
        address: the address. Options follow its last ``?``, so a place that contains a ``?`` needs
            another one after it.
        options: names of the source's own options.

    Raises:
        InvalidValueError: the place is empty, or an option is unknown, repeated or malformed.
    """
    name = f"{source}:{address}"
    if encodable(address) != address:
        raise InvalidValueError(
            f"expected the name of a data set in UTF-8, got '{encodable(name)}'",
            hint="Rename the file or folder.",
        )
    place, rest = address, ""
    if "?" in address:
        place, _, rest = address.rpartition("?")
    if not place:
        raise InvalidValueError(f"data set {name!r} has no place before the '?'")
    given = parse_address_options(name, rest, (*COMMON_OPTIONS, *options))
    size, channels = _size(given.pop("size", None)), _channels(given.pop("channels", None))
    text = given.pop("range", None)
    ranges = None if text is None else parse_range(text)
    skips_damaged = _skips_damaged(given.pop("on_damaged", ON_DAMAGED[0]))
    return Address(source, address, place, size, channels, ranges, skips_damaged, given)


def _size(value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    if not (found := _SIZE.fullmatch(value)):
        raise InvalidValueError(
            f"expected size to be height x width from 1 to 9999 pixels, such as 64x48, or 64 for "
            f"both, got {value!r}"
        )
    height, width = found[1], found[2] or found[1]
    return int(height), int(width)


def _skips_damaged(value: str) -> bool:
    if value not in ON_DAMAGED:
        raise InvalidValueError(
            f"expected on_damaged to be one of {join_names(ON_DAMAGED)}, got {value!r}"
        )
    return value == "skip"


def _channels(value: str | None) -> int | None:
    if value not in (None, "1", "3"):
        raise InvalidValueError(f"expected channels to be 1 (gray) or 3 (color), got {value!r}")
    return None if value is None else int(value)
