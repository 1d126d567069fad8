"""The address behind ``folder:`` and ``hf:``, for instance ``photos?size=64&channels=1``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from zoo_core.plugin_api import InvalidValueError, did_you_mean, join_names

FORM_OPTIONS = ("size", "channels")
"""The options that decide the form of images."""

_SIZE = re.compile(r"([1-9][0-9]{0,3})(?:x([1-9][0-9]{0,3}))?")


@dataclass(frozen=True)
class ImageForm:
    """What images are made.

    Attributes:
        size: height and width; None to take them as they are.
        channels: 1 for gray, 3 for color; None to see what they are.
    """

    size: tuple[int, int] | None
    channels: int | None


@dataclass(frozen=True)
class Address:
    """A place, and how what is there is wanted.

    Attributes:
        source: whose address it is.
        text: of the address, as the user gave it.
        place: the address without options.
        form: of the images.
        options: the other options.
    """

    source: str
    text: str
    place: str
    form: ImageForm
    options: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.source}:{self.text}"

    def with_option(self, option: str) -> str:
        """Return the name with one option more, for a user to type."""
        separator = "&" if "=" in self.text else "" if self.text.endswith("?") else "?"
        return f"{self.name}{separator}{option}"


def parse_address(source: str, address: str, options: Collection[str] = ()) -> Address:
    """Part an address into place and options, ``PLACE?KEY=VALUE&KEY=VALUE``.

    Args:
        source: whose address it is.
        address: what follows its last ``?`` are the options; a place with one needs another.
        options: that there are, beside those of the form.

    Raises:
        InvalidValueError: there is no place, an option is not known or comes twice, or its value is
            not allowed.
    """
    name = f"{source}:{address}"
    place, rest = address, ""
    if "?" in address:
        place, _, rest = address.rpartition("?")
    if not place:
        raise InvalidValueError(f"data set {name!r} does not say where it is before the '?'")
    known = (*FORM_OPTIONS, *options)
    given: dict[str, str] = {}
    for part in rest.split("&") if rest else ():
        key, _, value = part.partition("=")
        if key not in known:
            hint = f"{did_you_mean(key, known)} Options there are: {join_names(known)}."
            raise InvalidValueError(f"data set {name!r} has no option {key!r}", hint=hint.strip())
        if not value or key in given:
            exc = f"the option {key!r} twice" if key in given else f"no value for {key!r}"
            raise InvalidValueError(f"data set {name!r} gives {exc}", hint="Say KEY=VALUE once.")
        given[key] = value
    form = ImageForm(_size(given.pop("size", None)), _channels(given.pop("channels", None)))
    return Address(source, address, place, form, given)


def _size(value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    if not (found := _SIZE.fullmatch(value)):
        raise InvalidValueError(
            f"size is height x width in pixels from 1 to 9999, such as 64x48, or 64 for both, "
            f"got {value!r}"
        )
    height, width = found[1], found[2] or found[1]
    return int(height), int(width)


def _channels(value: str | None) -> int | None:
    if value not in (None, "1", "3"):
        raise InvalidValueError(f"channels is 1 (gray) or 3 (color), got {value!r}")
    return None if value is None else int(value)
