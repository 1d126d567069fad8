"""Generated parts of the pages in docs: tables of the source, and files that `zoo new` writes.

``python docs/reference.py`` rewrites the text between the markers, such as
``<!-- hooks: python docs/reference.py -->`` and ``<!-- /hooks -->``. A word after the name is an
argument: ``spec ModelSpec``.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import zoo_core
from zoo_core import hookspecs, plugin_api
from zoo_core.plugins import specs
from zoo_core.plugins.scaffold import NewPlugin, write_plugin
from zoo_core.recipes.fields.loss import LOSS_FIELDS
from zoo_core.recipes.recipe import TRAINER_FIELDS, Recipe
from zoo_core.system.lazy_names import lazy_imports

ROOT = Path(__file__).parents[1]

SINCE = dict.fromkeys(
    (
        "Box",
        "Counts",
        "Found",
        "Reading",
        "Rescaling",
        "RuntimeSpec",
        "Teacher",
        "ZooCommand",
        "ZooGroup",
        "accumulate",
        "brightness",
        "choose",
        "choose_by",
        "class_weights",
        "clip_norm",
        "contrast",
        "cooldown",
        "crop",
        "cutmix",
        "cycle",
        "cycle_factor",
        "decay_biases",
        "distillation",
        "erase",
        "familiarity",
        "final_lr",
        "focal_gamma",
        "fold",
        "folds",
        "freeze",
        "group",
        "hue",
        "initial",
        "layer_decay",
        "lr_epochs",
        "lr_factor",
        "lr_patience",
        "lr_power",
        "max_minutes",
        "mixup",
        "patience",
        "plain",
        "plain_end",
        "randaugment",
        "randaugment_ops",
        "read_parts",
        "reject",
        "sam",
        "same_config",
        "sampler",
        "saturation",
        "teacher",
        "teacher_share",
        "teacher_temperature",
        "thaw",
        "trivialaugment",
        "zoo_runtimes",
        "zoo_step_end",
        "zoo_steps_scored",
        "zoo_trackers",
    ),
    "0.2",
)
"""Name -> version of zoo-core that added it; names without an entry exist since 0.1."""

_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

VALUES: dict[str, str] = _WORDS["values"]
"""Field of a spec, with or without the spec's class -> its allowed values."""

MEANINGS: dict[str, str] = _WORDS["meanings"]
"""Attribute -> meaning, where the source states none."""

OBJECTS: dict[str, str] = _WORDS["objects"]
"""Class that neither `zoo_core` nor `zoo_core.plugin_api` exports -> its module."""

_MARKER = re.compile(
    r"(?P<begin><!-- (?P<name>\w+)(?P<arguments>[^:>]*): python docs/reference\.py -->\n)"
    r".*?(?P<end><!-- /(?P=name) -->)",
    re.DOTALL,
)


def filled(text: str) -> str:
    """Return a page with its generated parts up to date."""

    def fill(marker: re.Match[str]) -> str:
        lines = PARTS[marker["name"]](*marker["arguments"].split())
        content = "\n".join(lines).strip()
        return f"{marker['begin']}\n{content}\n\n{marker['end']}"

    return _MARKER.sub(fill, text)


def pages() -> list[Path]:
    """Return the pages with generated parts."""
    every = sorted(Path(__file__).parent.rglob("*.md"))
    return [path for path in every if _MARKER.search(path.read_text(encoding="utf-8"))]


def _packages() -> Iterator[str]:
    yield "| package | contents |"
    yield "| --- | --- |"
    for path in sorted((ROOT / "zoo_core").glob("*/__init__.py")):
        yield f"| `zoo_core/{path.parent.name}/` | {_title(path)} |"


def _files() -> Iterator[str]:
    """Yield a table per folder of the core and of each plugin."""
    for folder in ["zoo_core", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("plugins/*"))]:
        paths = [
            path
            for path in sorted((ROOT / folder).rglob("*.py"))
            if path.name != "__init__.py" and "tests" not in path.parts
        ]
        yield f"### {folder}"
        yield ""
        yield "| file | contents |"
        yield "| --- | --- |"
        for path in sorted(paths, key=lambda path: (path.parent, path.name)):
            yield f"| `{path.relative_to(ROOT)}` | {_title(path)} |"
        yield ""


def _title(path: Path) -> str:
    """Return the first line of a module's docstring."""
    docstring = ast.get_docstring(_tree(str(path))) or ""
    return docstring.partition("\n")[0].replace("``", "`").replace("|", "\\|")


def _hooks() -> Iterator[str]:
    yield "| hook | returns | meaning | since |"
    yield "| --- | --- | --- | --- |"
    for node in _tree(hookspecs.__file__).body:
        if isinstance(node, ast.FunctionDef):
            given = ast.unparse(node.returns) if node.returns else "None"
            gives = "–" if given == "None" else f"`{given}`"
            says = _first(ast.get_docstring(node))
            call = f"{node.name}({ast.unparse(node.args)})"
            yield f"| `{call}` | {gives} | {says} | {_since(node.name)} |"


def _spec(name: str) -> Iterator[str]:
    """Yield the table of a spec's fields, its own ones first."""
    yield "| field | type | values | meaning | since |"
    yield "| --- | --- | --- | --- | --- |"
    nodes = _classes(specs)
    for owner in (name, "Spec"):
        for field, kind, default, meaning in _fields(nodes[owner]):
            shown = f", default `{default}`" if default else ""
            shown = shown.replace("field(default_factory=dict)", "{}")
            values = _word(VALUES, f"{name}.{field}", field)
            since = max(_since(name), _since(field))  # of a newer spec, all fields are
            yield f"| `{field}` | `{kind}`{shown} | {values} | {meaning} | {since} |"


def _word(words: Mapping[str, str], *keys: str) -> str:
    for key in keys:
        if key in words:
            return words[key]
    raise LookupError(f"docs/reference.toml: expected an entry for {keys[-1]!r}, got none")


def _classes(module: object) -> dict[str, ast.ClassDef]:
    body = _tree(getattr(module, "__file__", None)).body
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, type, default and meaning of each annotated attribute of a class."""
    documented = _attributes(node)
    following = [*node.body[1:], ast.Pass()]
    for statement, after in zip(node.body, following, strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, kind = statement.target.id, ast.unparse(statement.annotation).replace("|", "\\|")
            if not name.startswith("_"):
                default = ast.unparse(statement.value) if statement.value else ""
                yield name, kind, default, _text(after) or documented.get(name, "")


def _attributes(node: ast.ClassDef) -> dict[str, str]:
    """Return the meaning of each name in the section ``Attributes`` of a docstring."""
    _, _, section = (ast.get_docstring(node) or "").partition("Attributes:\n")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in found}


def _object(name: str) -> Iterator[str]:
    """Yield the table of a class's attributes, properties and methods."""
    cls = _import(name)
    node = _classes(sys.modules[cls.__module__])[name]
    yield "| attribute | type | meaning |"
    yield "| --- | --- | --- |"
    label = "Card" if name == "Provenance" else name
    for field, kind, _, meaning in _fields(node):
        stated = meaning or _description(cls, field) or _word(MEANINGS, f"{label}.{field}")
        yield f"| `{field}` | `{kind}` | {stated.rstrip('.')} |"
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
            stated = _first(ast.get_docstring(method)) or _word(MEANINGS, f"{label}.{method.name}")
            given = ast.unparse(method.returns).replace("|", "\\|") if method.returns else ""
            arguments = ", ".join(each.arg for each in method.args.args[1:])
            call = method.name if method.decorator_list else f"{method.name}({arguments})"
            yield f"| `{call}` | `{given}` | {stated.rstrip('.')} |"


def _description(cls: type, field: str) -> str:
    """Return the description of a pydantic model's field, or an empty string."""
    fields = getattr(cls, "model_fields", {})
    return fields[field].description or "" if field in fields else ""


def _import(name: str) -> type:
    for facade in (zoo_core, plugin_api):
        if name in dir(facade):
            return cast(type, getattr(facade, name))
    return cast(type, getattr(importlib.import_module(_word(OBJECTS, name)), name))


@functools.cache
def _scaffold(name: str, kind: str, framework: str | None = None) -> dict[str, str]:
    """Return the files that `zoo new` writes, by path."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        write_plugin(NewPlugin(name, kind, framework), folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(folder.parent)): path.read_text("utf-8") for path in files}


def _file(path: str, *choices: str) -> Iterator[str]:
    """Yield a file that `zoo new` writes, for instance ``tiny/zoo_tiny/model.py model torch``."""
    language = {"py": "python", "json": "json", "toml": "toml"}[path.rpartition(".")[2]]
    yield f"`{path}`"
    yield ""
    yield f"```{language}"
    yield _scaffold(path.partition("/")[0], *choices)[path].rstrip()
    yield "```"


def _recipe() -> Iterator[str]:
    yield "| field | default | meaning | implemented by | since |"
    yield "| --- | --- | --- | --- | --- |"
    for name, field in Recipe.model_fields.items():
        default = "–" if field.is_required() else f"`{field.default!r}`"
        who = "the trainer" if name in TRAINER_FIELDS else "the core"
        who = "the loss" if name in LOSS_FIELDS else who
        yield f"| `{name}` | {default} | {field.description or ''} | {who} | {_since(name)} |"


def _plugin_api() -> Iterator[str]:
    yield "| name of `zoo_core.plugin_api` | meaning |"
    yield "| --- | --- |"
    for name in dir(plugin_api):
        yield f"| `{name}` | {_meaning(name)} |"


def _meaning(name: str) -> str:
    """Return the first paragraph of a name's docstring, or of the literal after a constant."""
    value = getattr(plugin_api, name)
    if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
        return _first(inspect.getdoc(value))
    home = importlib.import_module(lazy_imports(plugin_api.__name__)[name])
    body = _tree(home.__file__).body
    for statement, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if any(getattr(target, "id", None) == name for target in targets):
            return _text(after) or f"`{ast.unparse(statement)}`"
    raise LookupError(name)


def _tree(path: str | None) -> ast.Module:
    assert path is not None
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def _text(node: ast.stmt) -> str:
    """Return the text of a docstring on one line; empty for any other statement."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return " ".join(str(node.value.value).split()).replace("``", "`")
    return ""


def _first(docstring: str | None) -> str:
    paragraph = (docstring or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def _since(name: str) -> str:
    return SINCE.get(name, "0.1")


PARTS: dict[str, Callable[..., Iterable[str]]] = {
    "packages": _packages,
    "files": _files,
    "hooks": _hooks,
    "spec": _spec,
    "recipe": _recipe,
    "plugin_api": _plugin_api,
    "file": _file,
    "object": _object,
}
"""Name of a marker -> function that yields the lines of its part."""


if __name__ == "__main__":
    for path in pages():
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
