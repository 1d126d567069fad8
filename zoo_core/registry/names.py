"""Names of published weights: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``.

A model's name may have a slash of its own, as ``timm/resnet10t`` has. Whether what stands before a
slash is a registry or belongs to the model, the name alone does not say: it has several readings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from zoo_core.errors import InvalidValueError
from zoo_core.plugins.specs import MAX_NAME_LENGTH

MAX_LENGTH = 1000
"""Characters of a whole name, more than its parts may have."""

_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""What is a device on Windows, in any folder, and can be no folder there."""

_MODEL = r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)?"
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

    def readings(self) -> tuple[WeightsName, ...]:
        """Return this name, and the one in which the model's name has the slash before it."""
        registry, _, family = self.registry.rpartition("/")
        model = f"{family}/{self.model}"
        if not family or not re.fullmatch(_MODEL, model):
            return (self,)
        return self, replace(self, registry=registry, model=model)


def parse_name(text: str) -> WeightsName | None:
    """Take a name apart; None where it cannot be one, and may be a path.

    As much as can be is taken for the registry; see `WeightsName.readings` for the rest.
    """
    match = _NAME.fullmatch(text) if len(text) < MAX_LENGTH else None
    if match is None:
        return None
    parts = [match["tag"] or "", *match["model"].split("/")]
    if len(match["registry"] or "") > 2 * MAX_NAME_LENGTH or any(
        len(part) > MAX_NAME_LENGTH for part in parts
    ):
        return None
    return WeightsName(**{part: value or "" for part, value in match.groupdict().items()})


def check_tag_name(text: str) -> WeightsName:
    """Take apart the name to publish under, which has a model, a tag and nothing else.

    Raises:
        InvalidValueError: it is not ``MODEL.TAG``.
    """
    parsed = parse_name(text)
    name = parsed.readings()[-1] if parsed else None
    if name is None or name.registry or name.sha256 or not name.tag or _is_device(name):
        raise InvalidValueError(
            f"weights are published as MODEL.TAG, got {text[:200]!r}",
            hint=f"Lower-case letters, digits, '-' and '_', up to {MAX_NAME_LENGTH} a part; "
            "a tag may have single dots; no device of Windows (con, nul, …). "
            "For instance: --as cnn.mine",
        )
    return name


def _is_device(name: WeightsName) -> bool:
    return any(_DEVICE.fullmatch(folder) for folder in (*name.model.split("/"), name.tag))
