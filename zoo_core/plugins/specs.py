"""Specs of what a plugin offers: plain values and import strings, no live objects.

A spec is cheap to make and to keep in an index; whatever is heavy (a framework, a data set)
stands behind an import string ``"package.module:attribute"``, followed when it is needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

MAX_NAME_LENGTH = 64
"""Maximum length of a part of a model's name, of a tag, or of the name of an added registry."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_.-]*)?")
_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What every spec has: a name and a sentence."""

    name: str
    """Lower-case letters, digits, ``-`` and ``_``; no dot, which separates a model from a tag."""
    summary: str
    """One sentence for `zoo list`."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type is str and not isinstance(value, str):
                raise TypeError(f"{self._what()}: {each.name} must be a string, got {value!r}")
        self._check_name()

    def _check_name(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self._what()}: a name has lower-case letters, digits, '-' and '_', "
                "starts with a letter or digit, and has no dot"
            )

    def _what(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _check_imports(self, *attributes: str) -> None:
        for attribute in attributes:
            self._check_import(attribute, getattr(self, attribute))

    def _check_import(self, attribute: str, value: object) -> None:
        if not isinstance(value, str) or not _IMPORT.fullmatch(value):
            raise ValueError(
                f"{self._what()}: {attribute} must be an import string like "
                f"'package.module:name', got {value!r}"
            )


@dataclass(frozen=True, kw_only=True)
class ModelSpec(Spec):
    """A model: how it is built, and how it is trained unless told otherwise."""

    builder: str
    """Import string of ``(config) -> model``, the framework's own object."""
    config: str
    """Import string of its `zoo_core.ModelConfig` class."""
    recipes: str
    """Import string of ``{recipe name: {recipe field: value}}``; ``default`` must be there."""
    trainer: str
    """Name of the trainer that trains it, for instance ``torch``."""
    dataset: str
    """Name of the data set that it is trained on by default."""
    heads: int | None = 1
    """How many labels it gives an image; None for as many as the data set has."""
    license: str
    """SPDX identifier of the license that its trained weights are under."""
    task: str = "image-classification"
    """What it is for; a model is trained on data sets for the same."""
    spaces: str = ""
    """Import string of ``{search space name: {key: range or value}}``, for a search for recipes."""
    parameters: int | None = None
    """How many numbers its default config learns; None where nobody counted them."""
    pretrained: str = ""
    """Import string of ``(config) -> PretrainedWeights``: third-party weights that
    a training may begin with (the recipe's ``pretrained``)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        optional = [name for name in ("spaces", "pretrained") if getattr(self, name)]
        self._check_imports("builder", "config", "recipes", *optional)


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(Spec):
    """A data set: where it comes from, what is in it, and the checksum of its content."""

    loader: str
    """Import string of ``() -> ArrayDataset``; where there is an `address`, it is its argument."""
    shape: tuple[int, int, int]
    """Channels, height and width of an image."""
    classes: tuple[int, ...]
    """Number of classes of each head."""
    sizes: Mapping[str, int]
    """Number of images in each split, ``train`` and ``test`` among them."""
    sha256: str
    """Checksum of its content, as `ArrayDataset.sha256` gives it; verified on every load. Empty
    where the plugin's author could not know it; what was trained is then known by its card."""
    license: str
    """SPDX identifier of the license that the data are under."""
    source: str
    """Who made it and where it is from."""
    composable: bool = False
    """Whether new training images can be composed of it every epoch (`ArrayDataset.compose`)."""
    reader: str = ""
    """Import string of ``(uint8 (C, H, W)) -> uint8 of the set's shape``, which makes a photo or a
    drawing an image such as the set's; without it, a photo is fitted into the shape, whole."""
    task: str = "image-classification"
    """What it is for."""
    address: str = ""
    """Where a source (`SourceSpec`) found it; its name is then ``SOURCE:ADDRESS``."""

    def _check_name(self) -> None:
        if not self.address:
            super()._check_name()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_imports("loader", *(["reader"] if self.reader else []))
        if not {"train", "test"} <= set(self.sizes):
            raise ValueError(f"{self._what()}: sizes must name the splits train and test")
        object.__setattr__(self, "sizes", MappingProxyType(dict(self.sizes)))


@dataclass(frozen=True, kw_only=True)
class SourceSpec(Spec):
    """Where data sets come from that no plugin knows beforehand, such as a user's own folder."""

    describe: str
    """Import string of ``(address) -> DatasetSpec``, for the data set ``NAME:ADDRESS``."""
    address: str
    """What an address is, in a word or two: ``PATH`` for instance."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_imports("describe")


@dataclass(frozen=True, kw_only=True)
class TrainerSpec(Spec):
    """A trainer: the adapter for a framework."""

    factory: str
    """Import string of ``(*, device, threads) -> Trainer``."""
    framework: str
    """Name of the distribution that it adapts, for instance ``torch``."""
    recipe_fields: tuple[str, ...]
    """The recipe's `TRAINER_FIELDS` that it follows; a recipe with another is refused."""
    distributed: bool = False
    """Whether several processes may train a model together (`zoo_core.frameworks.trainer`)."""
    transforms: str = ""
    """Import string of ``(transforms, shape)``, which makes what a recipe's ``transforms`` ask for,
    or raises a `ZooError`; for a trainer that follows that field."""
    exporters: Mapping[str, str] = field(default_factory=dict)
    """Format, such as ``onnx``, -> import string of ``(pretrained, path, *, normalization)``, which
    writes a model with its weights for other programs (`zoo export`, of zoo-export)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_imports("factory", *(["transforms"] if self.transforms else []))
        for target in self.exporters.values():
            self._check_import("exporters", target)
        object.__setattr__(self, "exporters", MappingProxyType(dict(self.exporters)))


@dataclass(frozen=True, kw_only=True)
class RegistrySpec(Spec):
    """A registry of published weights."""

    url: str
    """Where its ``index.json`` lies: a folder or any URL that fsspec opens."""


@dataclass(frozen=True, kw_only=True)
class CommandSpec(Spec):
    """A sub-command of ``zoo``."""

    command: str
    """Import string of a click command."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_imports("command")


KINDS: Mapping[str, type[Spec]] = MappingProxyType(
    {
        "models": ModelSpec,
        "datasets": DatasetSpec,
        "sources": SourceSpec,
        "trainers": TrainerSpec,
        "registries": RegistrySpec,
        "commands": CommandSpec,
    }
)
"""What a plugin can offer, each kind through the hook ``zoo_KIND``."""
