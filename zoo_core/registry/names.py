"""Names of published weights: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zoo_core.errors import InvalidValueError

LONGEST = 64
"""Characters of a model's name, a tag, or the name of a registry that is added, at most."""

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""What is a device on Windows, in any folder, and can be no folder there."""

_MODEL = r"[a-z0-9][a-z0-9_-]*"
_TAG = r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*"
_REGISTRY = r"[a-z0-9][a-z0-9_.-]*(?:/[a-z0-9][a-z0-9_-]*)?"
_NAME = re.compile(
    rf"(?:(?P<registry>{_REGISTRY})/)?(?P<model>{_MODEL})(?:\.(?P<tag>{_TAG}))?"
    r"(?:@sha256:(?P<sha256>[0-9a-f]{8,64}))?"
)


@dataclass(frozen=True)
class WeightsName:
    """A name, taken apart; what it does not say is empty.

    Attributes:
        registry: as `zoo registry list` calls it.
        model: up to the first dot.
        tag: of one published set of weights; empty for the default one.
        sha256: the first 8 to 64 digits of the file's checksum, to hold the weights to.
    """

    registry: str
    model: str
    tag: str
    sha256: str


def parse_name(text: str) -> WeightsName | None:
    """Take a name apart; None where it cannot be one, and may be a path."""
    match = _NAME.fullmatch(text)
    limits = {"registry": 2 * LONGEST, "model": LONGEST, "tag": LONGEST}
    if match is None or any(len(match[part] or "") > most for part, most in limits.items()):
        return None
    return WeightsName(**{part: value or "" for part, value in match.groupdict().items()})


def check_tag_name(text: str) -> WeightsName:
    """Take apart the name to publish under, which has a model, a tag and nothing else.

    Raises:
        InvalidValueError: it is not ``MODEL.TAG``.
    """
    name = parse_name(text)
    if name is None or name.registry or name.sha256 or not name.tag or _is_device(name):
        raise InvalidValueError(
            f"weights are published as MODEL.TAG, got {text[:200]!r}",
            hint=f"Lower-case letters, digits, '-' and '_', up to {LONGEST} a part; a tag may have "
            "single dots; no device of Windows (con, nul, …). For instance: --as cnn.mine",
        )
    return name


def _is_device(name: WeightsName) -> bool:
    return any(_DEVICE.fullmatch(folder) for folder in (name.model, name.tag))
