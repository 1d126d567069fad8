"""The registry index, ``index.json``: published tags and their checksums."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.registry.names import check_tag_name

# Validated by hand, because `zoo list` and every load by name read an index: importing pydantic's
# TypeAdapter takes 8 times the CPU time of `python -c pass`, all of `zoo list` takes 3.2 times
# (user + system, medians of 15 runs; 275, 105 and 33 ms).

SCHEMA = 1

MAX_INDEX = 1 << 24
"""Maximum bytes of an index, enough for about 50,000 tags."""

MAX_FILE = 1 << 34
"""Maximum bytes of a weight file."""

MAX_TEXT_LENGTH = 128
"""Maximum length of the name of a recipe or data set."""


@dataclass(frozen=True)
class PublishedWeights:
    """The index entry of one published set of weights.

    Attributes:
        model: model name, without a tag.
        tag: tag of these weights.
        plugin: distribution that provides the model.
        sha256: checksum of the weight file.
        bytes: size of the weight file.
        card_sha256: checksum of ``card.json``.
        card_bytes: size of ``card.json``.
        plain: whether the config's values equal those in its JSON, with lists as tuples. The same
            version of the plugin then builds the model from them without importing pydantic.
        recipe: name of the recipe.
        dataset: name of the data set.
        parameters: number of trainable parameters.
        accuracy: accuracy on the test split, one number from 0 to 1 per head; empty for weights
            that `metrics` are about.
        license: SPDX expression of the license of the weights; empty in entries that state none.
        metrics: name -> values of the heads, on the test split, for tasks without an accuracy.
        runtimes: runtime -> ``{"sha256": …, "bytes": …}`` of its program.
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
    accuracy: tuple[float, ...] = ()
    license: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    runtimes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.model}.{self.tag}"

    @property
    def checksums(self) -> dict[str, str]:
        """Checksum of each file of the tag that the index states -> what the file is."""
        programs = {file["sha256"]: f"program for {name}" for name, file in self.runtimes.items()}
        return {self.sha256: "weights", self.card_sha256: "card", **programs}

    @property
    def scores(self) -> dict[str, Any]:
        """Scores on the test split by metric: the accuracy, or the other metrics."""
        return {"accuracy": self.accuracy} if self.accuracy else dict(self.metrics)


@dataclass(frozen=True)
class PublishedIndex:
    """The index of a registry.

    Attributes:
        tags: published weights by ``MODEL.TAG``.
        defaults: default tag of each model.
    """

    tags: Mapping[str, PublishedWeights]
    defaults: Mapping[str, str]

    def with_tag(self, published: PublishedWeights, *, default: bool) -> PublishedIndex:
        """Return the index with one more tag; the first tag of a model becomes its default."""
        defaults = {published.model: published.tag} | dict(self.defaults)
        if default:
            defaults[published.model] = published.tag
        return PublishedIndex({**self.tags, published.name: published}, defaults)


EMPTY_INDEX = PublishedIndex({}, {})


def index_json(index: PublishedIndex) -> bytes:
    """Return the content of an index file."""
    # Sorted, so that the file does not depend on the order of publishing.
    models: dict[str, Any] = {}
    for _, published in sorted(index.tags.items()):
        model = models.setdefault(
            published.model, {"default": index.defaults[published.model], "tags": {}}
        )
        facts = vars(published) | {"accuracy": list(published.accuracy)}
        model["tags"][published.tag] = {
            key: facts[key]
            for key in _FIELDS
            # So that the entries of an older registry keep their bytes.
            if facts[key] != _OPTIONAL.get(key)
        }
    return (json.dumps({"schema": SCHEMA, "models": models}, indent=1) + "\n").encode()


def read_index(content: bytes, where: str) -> PublishedIndex:
    """Parse and validate an index.

    Args:
        content: content of the file.
        where: address of the file, for errors.

    Raises:
        VerificationError: the index is malformed, or one of its entries is.
    """
    try:
        index = json.loads(content)
        schema = index["schema"]
        if schema != SCHEMA:
            raise ValueError(f"unsupported schema: expected {SCHEMA}, got {schema!r}")
        tags: dict[str, PublishedWeights] = {}
        defaults: dict[str, str] = {}
        for model, facts in index["models"].items():
            of_model = [_read(model, tag, entry) for tag, entry in facts["tags"].items()]
            tags |= {published.name: published for published in of_model}
            if facts["default"] not in facts["tags"]:
                raise ValueError(f"unknown default tag of {model!r}: {facts['default']!r}")
            defaults[model] = facts["default"]
    # An index comes from any server, so any JSON is possible: TypeError and AttributeError for
    # other types, RecursionError for deep nesting.
    except (
        InvalidValueError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as exc:
        reason = f"missing key {exc}" if isinstance(exc, KeyError) else str(exc)
        raise VerificationError(
            f"{where} is not a valid registry index: {reason[:200]}",
            hint="Report it to the registry's maintainer.",
        ) from exc
    return PublishedIndex(tags, defaults)


def _read(model: str, tag: str, entry: Any) -> PublishedWeights:
    name = f"{model}.{tag}"
    if check_tag_name(name).model != model:
        raise ValueError(f"invalid name {name!r}")
    entry = _OPTIONAL | entry
    for key, (kind, is_valid) in _FIELDS.items():
        value = entry[key]
        if type(value) is not kind or not is_valid(value):  # not isinstance, because True is an int
            raise ValueError(f"invalid {key} of {name}: {value!r:.80}")
    values = {key: entry[key] for key in _FIELDS}
    return PublishedWeights(model, tag, **values | {"accuracy": tuple(values["accuracy"])})


def _is_printable(text: str) -> bool:
    # Recipes and data sets are printed, and must not control a terminal.
    return text.isprintable() and 0 < len(text) <= MAX_TEXT_LENGTH


def _are_metrics(values: dict[str, Any]) -> bool:
    # Names are printed; numbers may be anything but NaN.
    return all(
        _is_printable(name)
        and type(numbers) is list
        and all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
        for name, numbers in values.items()
    )


def _are_files(values: dict[str, Any]) -> bool:
    return all(
        _is_printable(name)
        and file.keys() == {"sha256", "bytes"}
        and type(file["sha256"]) is str
        and _SHA256.fullmatch(file["sha256"])
        and type(file["bytes"]) is int
        and 0 < file["bytes"] <= MAX_FILE
        for name, file in values.items()
    )


def _are_shares(values: list[Any]) -> bool:
    return all(type(value) is float and 0 <= value <= 1 for value in values)  # not NaN


_SHA256 = re.compile(r"[0-9a-f]{64}")

_FIELDS: dict[str, tuple[type, Callable[[Any], object]]] = {
    "plugin": (str, re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?").fullmatch),
    "sha256": (str, _SHA256.fullmatch),
    # A safetensors file begins with 8 bytes for the length of its header.
    "bytes": (int, range(9, MAX_FILE + 1).__contains__),
    "card_sha256": (str, _SHA256.fullmatch),
    "card_bytes": (int, range(1, MAX_INDEX + 1).__contains__),
    "plain": (bool, lambda _: True),
    "recipe": (str, _is_printable),
    "dataset": (str, _is_printable),
    "parameters": (int, lambda _: True),
    "accuracy": (list, _are_shares),
    # Only its characters are checked, because parsing a license takes longer than the whole index.
    "license": (str, re.compile(r"[A-Za-z0-9.+() -]{0,512}").fullmatch),
    "metrics": (dict, _are_metrics),
    "runtimes": (dict, _are_files),
}
"""Keys of an entry in their order in the file, each with its type and a check of its value."""

_OPTIONAL: dict[str, Any] = {"accuracy": [], "license": "", "metrics": {}, "runtimes": {}}
"""Keys that an entry may lack, each with its default."""
