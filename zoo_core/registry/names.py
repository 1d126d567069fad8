"""Names of published weights: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``."""

from __future__ import annotations

import re
from typing import NamedTuple

from zoo_core.errors import InvalidValueError
from zoo_core.plugins.specs import MAX_NAME_LENGTH

MAX_LENGTH = 1000
"""Maximum length of a name, which bounds the time of the regular expression."""

# Windows reserves these names in every folder, with any suffix, so they are never published: a
# registry must work on every system.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")

# Lower case alone, because models and tags become folders, and some file systems ignore case.
_MODEL = r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)?"
_TAG = r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*"
_REGISTRY = r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_-]*)?"
_NAME = re.compile(
    rf"(?:(?P<registry>{_REGISTRY})/)?(?P<model>{_MODEL})(?:\.(?P<tag>{_TAG}))?"
    r"(?:@sha256:(?P<sha256>.*))?"
)


class WeightsName(NamedTuple):
    """The parts of a name; absent ones are empty.

    Attributes:
        registry: name of the registry in `zoo registry list`.
        model: model name, up to the first dot.
        tag: tag of one published set of weights; empty for the default tag.
        sha256: first 8 to 64 digits of the expected checksum.
    """

    registry: str
    model: str
    tag: str
    sha256: str

    def readings(self) -> tuple[WeightsName, ...]:
        """Return this name, and the one in which the part before the slash belongs to the model."""
        # In "timm/resnet10t", "timm" may be a registry or the family of the model: both are tried.
        registry, _, family = self.registry.rpartition("/")
        model = f"{family}/{self.model}"
        if not family or not re.fullmatch(_MODEL, model):
            return (self,)
        return self, self._replace(registry=registry, model=model)


def parse_name(text: str) -> WeightsName | None:
    """Split a name into its parts; return None for text that can only be a path.

    The registry gets the longest possible part; see `WeightsName.readings` for the alternative.

    Raises:
        InvalidValueError: the checksum is not 8 to 64 hexadecimal digits.
    """
    match = _NAME.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None:
        return None
    if (digits := match["sha256"]) is not None and not re.fullmatch("[0-9a-f]{8,64}", digits):
        problem = f"invalid checksum in {text[:200]!r}: expected 8 to 64 hexadecimal digits"
        raise InvalidValueError(f"{problem} in lower case, got {digits[:200]!r}")
    parts = [match["tag"] or "", *match["model"].split("/")]
    if len(match["registry"] or "") > 2 * MAX_NAME_LENGTH or any(
        len(part) > MAX_NAME_LENGTH for part in parts
    ):
        return None
    return WeightsName(**{part: value or "" for part, value in match.groupdict().items()})


def check_tag_name(text: str) -> WeightsName:
    """Split the name to publish under, which must be MODEL.TAG.

    Raises:
        InvalidValueError: `text` is not ``MODEL.TAG``.
    """
    parsed = parse_name(text)
    # The last reading has the longest model name, because a published name has no registry.
    name = parsed.readings()[-1] if parsed else None
    if name is None or name.registry or name.sha256 or not name.tag or _is_device(name):
        raise InvalidValueError(
            f"invalid name to publish under: expected MODEL.TAG, got {text[:200]!r}",
            hint="Use lower-case letters, digits, '-' and '_', at most "
            f"{MAX_NAME_LENGTH} characters per part; a tag may contain dots, but not two in a row; "
            "Windows device names (con, nul, …) are reserved. "
            "Example: --as cnn.mine",
        )
    return name


def _is_device(name: WeightsName) -> bool:
    return any(_DEVICE.fullmatch(folder) for folder in (*name.model.split("/"), name.tag))
