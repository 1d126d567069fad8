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
from zoo_core.plugins.selection import canonical
from zoo_core.plugins.specs import MAX_NAME_LENGTH, Spec

TEMPLATES = Path(__file__).with_name("templates")

# Without it, linters, pytest and type checkers would process templates as Python code.
SUFFIX = ".txt"
"""Suffix of every template's file."""

KINDS = ("model", "dataset", "trainer")
FRAMEWORKS = ("torch", "numpy")

# With an upper bound, because names of `zoo_core.plugin_api` may change with a minor version.
_CORE = "zoo-core>=0.1,<0.2"
_MNIST = "zoo-mnist>=0.1,<0.2"

_NEEDS = {
    "model-torch": ["torch>=2.4", _CORE, _MNIST, "zoo-torch>=0.1,<0.2"],
    "model-numpy": ["numpy>=1.26", _CORE, _MNIST, "zoo-numpy>=0.1,<0.2"],
    "dataset": ["numpy>=1.26", _CORE],
    "trainer-torch": ["torch>=2.4", _CORE, _MNIST],
    "trainer-numpy": ["numpy>=1.26", _CORE, _MNIST],
}
"""Requirements of each template's distribution."""


@dataclass(frozen=True)
class NewPlugin:
    """The choices for a new plugin.

    Attributes:
        name: name of the model, data set or trainer that it offers.
        kind: one of `KINDS`.
        framework: one of `FRAMEWORKS`; None for a data set.
    """

    name: str
    kind: str
    framework: str | None

    @property
    def template(self) -> str:
        return self.kind if self.framework is None else f"{self.kind}-{self.framework}"

    @property
    def distribution(self) -> str:
        return canonical(f"zoo-{self.name}")

    @property
    def package(self) -> str:
        return self.distribution.replace("-", "_")


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
    if "/" in new.name or len(new.name) > MAX_NAME_LENGTH:
        raise InvalidValueError(
            subject, hint=f"Use at most {MAX_NAME_LENGTH} characters and no '/'."
        )
    if entry := catalog.entries(f"{new.kind}s").get(new.name):
        raise InvalidValueError(
            f"there is a {new.kind} {new.name!r} already, of {entry.plugin.distribution}",
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
            for template in ("common", new.template):
                _fill(TEMPLATES / template, made, _placeholders(new, folder))
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
    return {
        "NAME": new.name,
        "DISTRIBUTION": new.distribution,
        "PACKAGE": new.package,
        "FOLDER": folder.name,
        "SUMMARY": f"The {new.kind} {new.name} of zoo",
        "DEPENDENCIES": json.dumps(_NEEDS[new.template]),  # a JSON list is a TOML list
        "YEAR": str(datetime.now(UTC).year),
    }


# Not `string.Template` or `str.format`, because Python code is full of `$` and braces.
def _replace(text: str, values: Mapping[str, str]) -> str:
    for word, value in values.items():
        text = text.replace(f"__{word}__", value)
    return text
