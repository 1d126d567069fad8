"""The scaffold of `zoo new`: a complete distribution from the templates next to this module."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import MAX_NAME_LENGTH, ModelSpec, Spec, TrainerSpec
from zoo_core.text import printable

TEMPLATES = Path(__file__).with_name("templates")

# Without it, linters, pytest and type checkers would process templates as Python code.
SUFFIX = ".txt"
"""Suffix of every template's file."""

KINDS = {
    "model": "models",
    "dataset": "datasets",
    "trainer": "trainers",
    "task": "tasks",
    "source": "sources",
    "registry": "registries",
    "command": "commands",
    "hooks": "",
}
"""Kind of scaffold -> kind of spec that it offers; training hooks have no spec and no name."""

FRAMEWORKS = ("torch", "numpy")
OTHER = "other"
"""Name of the template of a model for any other framework, whose builder is a stub."""

TASKS = {
    "regression": ("torch", "numpy"),
    "multi-label": ("torch", "numpy"),
    "segmentation": ("torch",),
    "sequence": ("torch",),
}
"""Task of a model with a data set of its own -> frameworks that there is a template for."""

DATA = "-data"
"""Suffix of the name of that data set."""

# With an upper bound, because names of `zoo_core.plugin_api` may change with a minor version.
BOUNDS = ">=0.2,<0.3"
"""Version specifier for zoo's own distributions."""

_CORE = f"zoo-core{BOUNDS}"
_MNIST = f"zoo-mnist{BOUNDS}"
_NUMPY = "numpy>=1.26"
_TORCH = "torch>=2.4"

_NEEDS = {
    "model": [_MNIST],
    "for-task": [_NUMPY],
    "task": [_NUMPY, f"zoo-numpy{BOUNDS}"],
    "model-torch": [_TORCH],
    "model-numpy": [_NUMPY],
    "dataset": [_NUMPY],
    "source": [_NUMPY],
    "trainer": [_MNIST],
    # With the plugin that offers the losses for their framework.
    "trainer-torch": [_TORCH, f"zoo-torch{BOUNDS}"],
    "trainer-numpy": [_NUMPY, f"zoo-numpy{BOUNDS}"],
    "command": ["click>=8.1"],
}
"""Requirements of each template, in addition to zoo-core."""


@dataclass(frozen=True)
class NewPlugin:
    """The choices for a new plugin.

    Attributes:
        name: name of the model, data set, … that it offers.
        kind: one of `KINDS`.
        framework: template of a model or trainer: one of `FRAMEWORKS`, or `OTHER`.
        trainer: installed trainer of a model; None for the one that is named like the framework.
        example: model of that trainer, for the author to look at.
        task: one of `TASKS`, for a model with a data set; empty for classes of mnist.
    """

    name: str
    kind: str
    framework: str | None = None
    trainer: Entry[TrainerSpec] | None = None
    example: Entry[ModelSpec] | None = None
    task: str = ""

    @property
    def layers(self) -> tuple[str, ...]:
        """Folders of templates; a file of a later one replaces that of an earlier one."""
        if self.task:
            of_task = ("for-task", f"task-{self.task}", f"task-{self.task}-{self.framework}")
            return ("common", f"{self.kind}-{self.framework}", *of_task)
        if self.kind == "task":
            return ("common", "model-numpy", self.kind)
        choices = [each for each in (self.kind, self.framework) if each]
        return ("common", *("-".join(choices[: n + 1]) for n in range(len(choices))))

    @property
    def offered(self) -> list[tuple[str, str]]:
        """Kind and name of each thing that it offers."""
        data = [("dataset", self.name + DATA)] if self.task or self.kind == "task" else []
        net = [("model", f"{self.name}-net")] if self.kind == "task" else []
        return [(self.kind, self.name), *net, *data]

    @property
    def distribution(self) -> str:
        return canonical(f"zoo-{self.name}")

    @property
    def package(self) -> str:
        return self.distribution.replace("-", "_")

    @property
    def requirements(self) -> list[str]:
        """Requirements of the distribution, sorted."""
        needed = [_CORE, *(each for layer in self.layers for each in _NEEDS.get(layer, ()))]
        if self.trainer is not None:
            plugin = self.trainer.plugin
            needed.append(f"{plugin.distribution}>={plugin.version}")
        elif self.kind == "model":
            needed.append(f"zoo-{self.framework}{BOUNDS}")
        return sorted(set(needed))


def for_trainer(catalog: Catalog, name: str, trainer: str) -> NewPlugin:
    """Return the choices for a model of a trainer.

    Raises:
        UnknownNameError: there is no such trainer.
    """
    if trainer in FRAMEWORKS:  # these need not be installed
        return NewPlugin(name, "model", trainer)
    entry = catalog.trainer(trainer)
    models = catalog.entries("models").values()
    return NewPlugin(
        name,
        "model",
        # Every trainer of torch trains an `nn.Module`. In NumPy, each has an interface of its own.
        "torch" if entry.spec.framework == "torch" else OTHER,
        entry,
        next((each for each in models if each.spec.trainer == trainer), None),
    )


def offered_name(name: str) -> str:
    """Return the name of a plugin's spec from that name or from ``zoo-NAME``."""
    # Not the bare `zoo-`, which would leave an empty name.
    return re.sub("^zoo[-_](?=.)", "", name)


def check_new(catalog: Catalog, new: NewPlugin) -> None:
    """Check that the name of a new plugin is valid and not in use.

    Raises:
        InvalidValueError: the name is invalid or in use.
    """
    subject = f"{new.name[:200]!r} is not a valid name of a {new.kind}"
    try:
        Spec(name=new.name, summary="")
    except (TypeError, ValueError) as exc:
        raise InvalidValueError(
            subject,
            hint="Use lower-case letters, digits, '-' and '_'; begin with a letter or digit.",
        ) from exc
    # A spec may have a slash, but then the package's name would not be a Python identifier.
    longest = MAX_NAME_LENGTH - max(len(name) - len(new.name) for _, name in new.offered)
    if "/" in new.name or len(new.name) > longest:
        raise InvalidValueError(subject, hint=f"Use at most {longest} characters and no '/'.")
    for kind, name in new.offered:
        if entry := catalog.entries(KINDS[kind]).get(name):
            raise InvalidValueError(
                f"there is a {kind} {name!r} already, of {entry.plugin.distribution}",
                hint="Choose another name.",
            )
    # Two distributions of one name would replace each other in pip.
    for plugin in catalog.plugins:
        if canonical(plugin.distribution) == new.distribution:
            raise InvalidValueError(
                f"there is a plugin {plugin.distribution} already", hint="Choose another name."
            )


def write_plugin(new: NewPlugin, folder: Path) -> None:
    """Write a plugin to a new or empty folder, completely or not at all.

    Raises:
        InvalidValueError: the folder is not empty.
        DataError: the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidValueError(
            f"{folder} exists already and is not an empty folder",
            hint="Choose another name, or another folder with --out.",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # In the same parent, because a rename is atomic only within a file system.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            made = Path(scratch) / folder.name
            for layer in new.layers:
                _fill(TEMPLATES / layer, made, _placeholders(new, folder))
            # Windows refuses to rename to an existing folder, even an empty one.
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
    except OSError as exc:
        raise DataError(f"cannot create {folder}: {exc.strerror}: {exc.filename}") from exc


def _fill(template: Path, into: Path, values: Mapping[str, str]) -> None:
    for source in sorted(template.rglob(f"*{SUFFIX}")):
        name = str(source.relative_to(template)).removesuffix(SUFFIX)
        target = into / _replace(name, values)  # names of folders have placeholders too
        target.parent.mkdir(parents=True, exist_ok=True)
        text = _replace(source.read_text(encoding="utf-8"), values)
        target.write_text(text, encoding="utf-8")


def _placeholders(new: NewPlugin, folder: Path) -> dict[str, str]:
    """Return the value of each placeholder; ``NAME`` is written ``__NAME__`` in a template."""
    kind = "training hooks" if new.kind == "hooks" else new.kind
    return {
        "NAME": new.name,
        "DISTRIBUTION": new.distribution,
        "PACKAGE": new.package,
        "FOLDER": folder.name,
        "SUMMARY": f"The {kind} {new.name} of zoo",
        "DEPENDENCIES": json.dumps(new.requirements),  # a JSON list is a TOML list
        "YEAR": str(datetime.now(UTC).year),
        "TRAINER": new.trainer.spec.name if new.trainer else new.framework or "",
        "TASK": new.task,
        **_about_trainer(new),
    }


def _about_trainer(new: NewPlugin) -> dict[str, str]:
    """Return the placeholders of the template `OTHER`."""
    if new.trainer is None:
        return {}
    example = "No installed model is for this trainer."
    if new.example is not None:
        spec, plugin = new.example.spec, new.example.plugin
        example = f"A model for it is {spec.name}, of {plugin.distribution}: {spec.builder}."
    return {
        "TRAINER_PLUGIN": new.trainer.plugin.distribution,
        "TRAINER_SUMMARY": printable(new.trainer.spec.summary),
        "EXAMPLE": printable(example),
    }


# Not `string.Template` or `str.format`, because Python code is full of `$` and braces.
def _replace(text: str, values: Mapping[str, str]) -> str:
    for word, value in values.items():
        text = text.replace(f"__{word}__", value)
    return text
