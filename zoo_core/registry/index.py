"""The registry index, ``index.json``: published tags and their checksums.

Read on every load by name, so it is checked by hand: importing pydantic would take ten times as
long as all the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.registry.names import check_tag_name

SCHEMA = 1

MAX_INDEX = 1 << 24
"""Bytes of an index that are read at most: some fifty thousand tags."""

MAX_FILE = 1 << 34
"""Bytes of a weight file, at most."""

MAX_TEXT_LENGTH = 128
"""Characters of a recipe's or data set's name, at most."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")


@dataclass(frozen=True)
class PublishedWeights:
    """One published set of weights, as the index has it.

    Attributes:
        model: its name, without a tag.
        tag: its own.
        plugin: the distribution that offers the model.
        sha256: of the weight file.
        bytes: of the weight file.
        card_sha256: of ``card.json``.
        card_bytes: of ``card.json``.
        plain: whether the values of the model's config are those of its JSON, lists as tuples: then
            a model is built of them without the config's class, by the same version of the plugin.
        recipe: its name.
        dataset: its name.
        parameters: how many the model learned.
        accuracy: on the test split, one number a head, from 0 to 1.
    """

    model: str
    tag: str
    plugin: str
    sha256: str
    bytes: int
    card_sha256: str
    card_bytes: int
    plain: bool
    recipe: str
    dataset: str
    parameters: int
    accuracy: tuple[float, ...]

    @property
    def name(self) -> str:
        return f"{self.model}.{self.tag}"


@dataclass(frozen=True)
class PublishedIndex:
    """What a registry has published.

    Attributes:
        tags: ``model.tag`` -> what is published under it.
        defaults: model -> the tag that its bare name stands for.
    """

    tags: Mapping[str, PublishedWeights]
    defaults: Mapping[str, str]

    def with_tag(self, published: PublishedWeights, *, default: bool) -> PublishedIndex:
        """Return the index with one more tag; a model's first is its default."""
        defaults = {published.model: published.tag} | dict(self.defaults)
        if default:
            defaults[published.model] = published.tag
        return PublishedIndex({**self.tags, published.name: published}, defaults)


EMPTY_INDEX = PublishedIndex({}, {})


def index_json(index: PublishedIndex) -> bytes:
    """Return an index as the bytes of its file."""
    models: dict[str, Any] = {}
    for _, published in sorted(index.tags.items()):
        model = models.setdefault(
            published.model, {"default": index.defaults[published.model], "tags": {}}
        )
        facts = asdict(published)
        model["tags"][published.tag] = {key: facts[key] for key in _KINDS}
    return (json.dumps({"schema": SCHEMA, "models": models}, indent=1) + "\n").encode()


def read_index(content: bytes, where: str) -> PublishedIndex:
    """Read and check an index.

    Args:
        content: of the file.
        where: it was read, for errors.

    Raises:
        VerificationError: it is not an index, or one of its entries is not what it must be.
    """
    try:
        index = json.loads(content)
        schema = index["schema"]
        if schema != SCHEMA:
            raise ValueError(f"its schema is {schema!r}, this version of zoo reads {SCHEMA}")
        tags: dict[str, PublishedWeights] = {}
        defaults: dict[str, str] = {}
        for model, facts in index["models"].items():
            of_model = [_read(model, tag, entry) for tag, entry in facts["tags"].items()]
            tags |= {published.name: published for published in of_model}
            if facts["default"] not in facts["tags"]:
                raise ValueError(f"the default of {model!r} is no tag of its")
            defaults[model] = facts["default"]
    except (
        InvalidValueError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as exc:
        reason = f"it lacks {exc}" if isinstance(exc, KeyError) else str(exc)
        raise VerificationError(
            f"{where} is not a readable index of a registry: {reason[:200]}",
            hint="Ask whoever publishes there, or: zoo registry list",
        ) from exc
    return PublishedIndex(tags, defaults)


def _read(model: str, tag: str, entry: Any) -> PublishedWeights:
    name = f"{model}.{tag}"
    if check_tag_name(name).model != model:
        raise ValueError(f"{name!r} is no name")
    published = PublishedWeights(
        model=model,
        tag=tag,
        **{k: entry[k] for k in _KINDS if k != "accuracy"},
        accuracy=tuple(entry["accuracy"]),
    )
    for key, kind in _KINDS.items():
        value = getattr(published, key)
        if type(value) is not kind:
            raise ValueError(f"{key} of {name} is {value!r}")
    for key in ("sha256", "card_sha256"):
        if not _SHA256.fullmatch(getattr(published, key)):
            raise ValueError(f"{key} of {name} is {getattr(published, key)[:80]!r}")
    if not 8 < published.bytes <= MAX_FILE or not 0 < published.card_bytes <= MAX_INDEX:
        raise ValueError(f"{name} has {published.bytes} bytes, its card {published.card_bytes}")
    for key in ("recipe", "dataset"):  # which are printed
        value = getattr(published, key)
        if not (value.isprintable() and 0 < len(value) <= MAX_TEXT_LENGTH):
            raise ValueError(f"{key} of {name} is {value[:80]!r}")
    if not _DISTRIBUTION.fullmatch(published.plugin):
        raise ValueError(f"plugin of {name} is {published.plugin[:80]!r}")
    if not all(type(share) is float and 0 <= share <= 1 for share in published.accuracy):
        raise ValueError(f"accuracy of {name} is {published.accuracy!r}")
    return published


_TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool, "tuple[float, ...]": tuple}
_KINDS = {
    f.name: _TYPES[str(f.type)] for f in fields(PublishedWeights) if f.name not in ("model", "tag")
}
