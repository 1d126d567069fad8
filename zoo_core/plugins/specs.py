"""Specs of what a plugin offers: plain values and import strings, no live objects.

A spec is cheap to create and can be stored in an index, because anything heavy (a framework, a data
set) is behind an import string, which is imported when it is needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Annotated

from zoo_core.plugins.data_specs import InputSpec, TargetSpec
from zoo_core.plugins.field_types import check_field_types

ImportString = Annotated[str, "package.module:attribute"]
"""An object to import later, such as ``"package.module:attribute"``."""

MAX_NAME_LENGTH = 64
"""Maximum length of a part of a model's name, of a tag, or of the name of an added registry."""

# No dot, because `MODEL.TAG` names weights. The part after a slash is a library's own name for a
# model, such as `timm/resnet18.a1_in1k`, and may have dots.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_.-]*)?")
_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The base class of specs: a name and a one-sentence summary."""

    name: str
    """Lower-case letters, digits, ``-`` and ``_``; no dot, which separates a model from a tag."""
    summary: str
    """One sentence for `zoo list`."""

    @property
    def key(self) -> tuple[str, ...]:
        """The values that together identify it among the specs of its kind."""
        return (self.name,)

    @property
    def identity(self) -> str:
        """Its `key` as text."""
        return "/".join(self.key)

    def __post_init__(self) -> None:
        check_field_types(self, self._label)
        for each in fields(self):
            value = getattr(self, each.name)
            if each.type is ImportString and value != each.default:
                self._check_import(each.name, value)
        self._check_name()

    def _check_name(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self._label}: expected a name of lower-case letters, digits, '-' and '_' that "
                "starts with a letter or digit"
            )

    @property
    def _label(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _check_import(self, attribute: str, value: str) -> None:
        if not _IMPORT.fullmatch(value):
            raise ValueError(
                f"{self._label}: {attribute}: expected an import string such as "
                f"'package.module:name', got {value!r}"
            )


@dataclass(frozen=True, kw_only=True)
class ModelSpec(Spec):
    """A model: its builder, its config, its recipes, and the defaults of a training."""

    builder: ImportString
    """Import string of ``(config) -> model``, the framework's own object."""
    config: ImportString
    """Import string of its `zoo_core.ModelConfig` class."""
    recipes: ImportString
    """Import string of ``{recipe name: {recipe field: value}}``, which must have ``default``."""
    trainer: str
    """Name of the trainer that trains it, for instance ``torch``."""
    dataset: str
    """Name of the data set that it is trained on by default."""
    heads: int | None = 1
    """Number of heads, one per target of the data set; None for as many as it has."""
    tasks: tuple[str, ...] = ("classification",)
    """Names of the tasks that a head can be for; empty for any."""
    inputs: tuple[str, ...] = ("image",)
    """Kinds of input that it accepts (`InputSpec`); empty for any."""
    license: str
    """SPDX expression of the license of its code; that of its weights follows from code, data and
    pretrained weights (`zoo_core.weights.license`)."""
    framework: str = ""
    """Name of its framework's distribution, as in `TrainerSpec`; empty for that of its trainer. Any
    trainer of this framework can train it, and load what another one has trained."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Name of a tensor in weights of earlier versions -> its present name."""
    same_config: tuple[str, ...] = ()
    """Earlier versions of the plugin with the same config, so that loading their weights needs no
    validation of it, which takes as long as the rest."""
    spaces: ImportString = ""
    """Import string of ``{search space name: {key: range or value}}``, for `zoo tune`."""
    parameters: int | None = None
    """Number of trainable parameters with the default config; None if unknown."""
    pretrained: ImportString = ""
    """Import string of ``(config) -> PretrainedWeights``: third-party weights from which a training
    may start (the recipe's ``pretrained``)."""


@dataclass(frozen=True, kw_only=True)
class DatasetSpec(Spec):
    """A data set: its loader, its input and targets, its sizes and the checksum of its content."""

    loader: ImportString
    """Import string of ``() -> ArrayDataset``, or of ``(address) -> ArrayDataset`` if `address` is
    set."""
    input: InputSpec
    """The array that a model receives: kind and shape of an example."""
    targets: tuple[TargetSpec, ...]
    """One target per head; the names of classes may be left to the loaded data."""
    sizes: Mapping[str, int]
    """Number of examples in each split; ``train`` and ``test`` are required."""
    sha256: str
    """Checksum of its content (`ArrayDataset.sha256`), verified on every load. Empty if the author
    of the plugin cannot know it; then only the card of a training identifies the data."""
    license: str
    """SPDX expression of the license of the data."""
    source: str
    """Author and origin, for instance a citation or an address."""
    composable: bool = False
    """Support for composing new training examples in every epoch (`ArrayDataset.compose`)."""
    reader: ImportString = ""
    """Import string of ``(uint8 (C, H, W)) -> Reading``, which finds inputs like those of the set
    in a photo or a drawing; a single one may be returned as an array. Without a reader, a photo is
    scaled to fit the shape."""
    familiarity: ImportString = ""
    """Import string of ``(inputs (N, *shape)) -> (N,)``: the probability, from 0 to 1, that each
    input is like the set's own. A model's confidence is multiplied by it before it is compared with
    the limit of accepted predictions."""
    address: str = ""
    """Address of the data within a source (`SourceSpec`); its name is then ``SOURCE:ADDRESS``."""
    place: str = ""
    """Address with an absolute path, the same data for a process in any working directory; empty if
    `address` has no path."""

    def _check_name(self) -> None:
        if not self.address:  # an address may be any text, such as a path
            super()._check_name()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not {"train", "test"} <= set(self.sizes):
            raise ValueError(
                f"{self._label}: sizes: expected the splits train and test, got {[*self.sizes]}"
            )
        if not self.targets:
            raise ValueError(f"{self._label}: targets: expected at least one TargetSpec, got none")


@dataclass(frozen=True, kw_only=True)
class SourceSpec(Spec):
    """A source of data sets that are described on request, such as a user's folder of images."""

    describe: ImportString
    """Import string of ``(address) -> DatasetSpec``, for the data set ``NAME:ADDRESS``."""
    address: str
    """Placeholder of an address in help texts, such as ``PATH``."""
    rows: ImportString = ""
    """Import string of ``(path) -> iterator of {column: cell}``: the rows of a file with the suffix
    ``.NAME``, for `zoo predict`; empty if the core reads such files, or none."""


@dataclass(frozen=True, kw_only=True)
class TrainerSpec(Spec):
    """A trainer: the adapter of a framework."""

    factory: ImportString
    """Import string of ``(*, device, threads) -> Trainer``."""
    framework: str
    """Name of the framework's distribution, for instance ``torch``."""
    recipe_fields: tuple[str, ...]
    """Names of the recipe's `TRAINER_FIELDS` that it implements; others in a recipe are an error,
    except for warps, which the core then computes."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Recipe field -> names that it implements, such as ``{"optimizer": ("sgd", "lion")}``; for a
    field that is not here, those of `zoo_core.recipes.recipe.CHOICES`."""
    fields: ImportString = ""
    """Import string of a pydantic model of further recipe fields, which are this trainer's own."""
    distributed: bool = False
    """Support for several processes that train one model (`zoo_core.frameworks.trainer`)."""
    transforms: ImportString = ""
    """Import string of ``(transforms, shape)``, which builds the recipe's ``transforms`` or raises
    a `ZooError`; for a trainer that supports that field."""
    check_model: ImportString = ""
    """Import string of ``(config) -> model``, a small model with which `zoo check` checks the
    trainer; its config is a `zoo_core.ModelConfig`, with any input shape and several heads."""
    exporters: Mapping[str, ImportString] = field(default_factory=dict)
    """Format, such as ``onnx``, -> import string of ``(pretrained, path, *, normalization)``, which
    writes a model with its weights for other programs (`zoo export`, of zoo-export)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for target in self.exporters.values():
            self._check_import("exporters", target)


@dataclass(frozen=True, kw_only=True)
class RuntimeSpec(Spec):
    """A runtime: it predicts with published weights without the framework that trained them."""

    open: ImportString
    """Import string of ``(program, weights, *, threads) -> Predictor``: the bytes of a published
    program, and those of the weight file, to places in which the program refers."""
    framework: str
    """Name of the distribution that computes, for instance ``onnxruntime``."""
    format: str
    """Format of its programs: a key of `TrainerSpec.exporters`, such as ``onnx``."""
    write: ImportString
    """Import string of ``(pretrained, weights, export) -> bytes``: the program of a model, from the
    bytes of its weight file and its trainer's exporter of the format."""
    requires: tuple[str, ...] = ()
    """Modules that `write` requires, and predictions do not."""
    suffix: str
    """Suffix of its programs, such as ``.onnx``; published ones are called ``model.onnx``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch(r"(\.[a-z0-9]+)+", self.suffix):
            raise ValueError(
                f"{self._label}: suffix: expected a dot, then lower-case letters or digits, got "
                f"{self.suffix!r}"
            )


@dataclass(frozen=True, kw_only=True)
class TaskSpec(Spec):
    """A task: what the head of a model is trained for."""

    task: ImportString
    """Import string of a subclass of `zoo_core.Task`."""
    loss: str
    """Name of its default loss (`LossSpec`)."""


@dataclass(frozen=True, kw_only=True)
class LossSpec(Spec):
    """A loss: the function that trainers of a framework minimize for a task."""

    loss: ImportString = ""
    """Import string of the function. Its signature is the framework's own: for ``torch``,
    ``(outputs, targets, recipe) -> Tensor``; for ``numpy``, ``(outputs, targets, recipe) ->
    (mean, gradient)``. Empty if the framework computes the loss itself."""
    distillation: ImportString = ""
    """Import string of the function for a teacher, ``(outputs, teacher_outputs, recipe)``, with the
    result of `loss`: the distance of the model's outputs from the teacher's. Empty for a loss
    with which a teacher is refused."""
    task: str
    """Name of the task."""
    framework: str
    """Name of the framework's distribution, as in `TrainerSpec`."""
    recipe_fields: tuple[str, ...] = ()
    """Names of the recipe's `LOSS_FIELDS` that it implements; one that the loss of no head
    implements is an error in a recipe."""

    @property
    def key(self) -> tuple[str, ...]:
        # Losses of one name may be for different tasks and frameworks.
        return self.name, self.task, self.framework


@dataclass(frozen=True, kw_only=True)
class RegistrySpec(Spec):
    """A registry of published weights."""

    url: str
    """Location of its ``index.json``: a folder or any URL that fsspec opens."""


COMMAND_GROUPS = ("use", "train", "share", "extend", "care", "more")
"""Groups of commands in `zoo --help`, in its order."""


@dataclass(frozen=True, kw_only=True)
class CommandSpec(Spec):
    """A sub-command of ``zoo``."""

    command: ImportString
    """Import string of a click command."""
    group: str = "more"
    """Group of commands in `zoo --help`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.group not in COMMAND_GROUPS:
            raise ValueError(
                f"{self._label}: group: expected one of {', '.join(COMMAND_GROUPS)}, "
                f"got {self.group!r}"
            )


KINDS: Mapping[str, type[Spec]] = MappingProxyType(
    {
        "models": ModelSpec,
        "datasets": DatasetSpec,
        "sources": SourceSpec,
        "trainers": TrainerSpec,
        "runtimes": RuntimeSpec,
        "tasks": TaskSpec,
        "losses": LossSpec,
        "registries": RegistrySpec,
        "commands": CommandSpec,
    }
)
"""Kind -> class of the specs that the hook ``zoo_KIND`` returns."""
