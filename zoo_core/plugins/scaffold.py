"""The scaffold of a new plugin: a complete distribution from the templates beside this module."""

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
from zoo_core.plugins.specs import MAX_NAME_LENGTH, RegistrySpec

TEMPLATES = Path(__file__).with_name("templates")

SUFFIX = ".txt"
"""Of every template, so that nothing takes it for what it will become."""

KINDS = ("model", "dataset", "trainer")
FRAMEWORKS = ("torch", "numpy")

_CORE = "zoo-core>=0.1,<0.2"
"""A plugin requires a minor version, because names of `zoo_core.plugin_api` may change with it."""
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
    """A plugin that is to be written.

    Attributes:
        name: of what it offers.
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
    """Return the name of what a plugin offers, of that or of the distribution's: zoo-NAME."""
    return re.sub("^zoo[-_](?=.)", "", name)


def check_new(catalog: Catalog, new: NewPlugin) -> None:
    """See that a plugin can be written, and would not be in another's way.

    Raises:
        InvalidValueError: the name cannot be one, or is taken.
    """
    try:
        RegistrySpec(name=new.name, summary="", url="")
    except (TypeError, ValueError) as exc:
        raise InvalidValueError(
            f"{new.name!r} cannot be the name of a {new.kind}",
            hint="Lower-case letters, digits, '-' and '_', a letter or digit first.",
        ) from exc
    if "/" in new.name or len(new.name) > MAX_NAME_LENGTH:
        raise InvalidValueError(
            f"{new.name[:200]!r} cannot be the name of a {new.kind}",
            hint=f"It has up to {MAX_NAME_LENGTH} characters, and no '/'.",
        )
    if entry := catalog.entries(f"{new.kind}s").get(new.name):
        raise InvalidValueError(
            f"there is a {new.kind} {new.name!r} already, of {entry.plugin.distribution}",
            hint="Choose another name.",
        )
    for plugin in catalog.plugins:
        if canonical(plugin.distribution) == new.distribution:
            raise InvalidValueError(
                f"there is a plugin {plugin.distribution} already", hint="Choose another name."
            )


def write_plugin(new: NewPlugin, folder: Path) -> None:
    """Write a plugin into a new folder, whole or not at all.

    Raises:
        InvalidValueError: there is something in the folder.
        DataError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidValueError(
            f"{folder} is there already, and nothing is overwritten",
            hint="Choose another name, or another folder with --out.",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
            made = Path(scratch) / folder.name
            for template in ("common", new.template):
                _fill(TEMPLATES / template, made, _words(new, folder))
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
    except OSError as exc:
        raise DataError(f"{folder} cannot be written: {exc.strerror}") from exc


def _fill(template: Path, into: Path, words: Mapping[str, str]) -> None:
    for source in sorted(template.rglob(f"*{SUFFIX}")):
        name = str(source.relative_to(template)).removesuffix(SUFFIX)
        target = into / _replace_words(name, words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            _replace_words(source.read_text(encoding="utf-8"), words), encoding="utf-8"
        )


def _words(new: NewPlugin, folder: Path) -> dict[str, str]:
    """Return what stands for each placeholder, ``__NAME__`` and so on, in a template."""
    return {
        "NAME": new.name,
        "DISTRIBUTION": new.distribution,
        "PACKAGE": new.package,
        "FOLDER": folder.name,
        "SUMMARY": f"The {new.kind} {new.name} of zoo",
        "DEPENDENCIES": json.dumps(_NEEDS[new.template]),
        "YEAR": str(datetime.now(UTC).year),
    }


def _replace_words(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"__{word}__", value)
    return text
