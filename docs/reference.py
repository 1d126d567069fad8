"""Reference tables of docs/plugins.md and docs/architecture.md, generated from the source.

``python docs/reference.py`` rewrites the text between the markers.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from zoo_core import hookspecs, plugin_api
from zoo_core.plugins import specs
from zoo_core.recipes.recipe import TRAINER_FIELDS, Recipe
from zoo_core.system.lazy_names import lazy_imports

ROOT = Path(__file__).parents[1]

SINCE: dict[str, str] = {}
"""Name -> version of zoo-core that added it; names without an entry exist since 0.1."""

UNITS = {
    "sizes": "examples per split",
    "heads": "targets per example",
}


def guide(text: str) -> str:
    """Return docs/plugins.md with current tables."""
    tables = {
        "hooks": _hooks(),
        "specs": _specs(),
        "recipe": _recipe(),
        "plugin_api": _plugin_api(),
    }
    return _filled(text, tables)


def architecture(text: str) -> str:
    """Return docs/architecture.md with current lists of packages and files."""
    return _filled(text, {"packages": _packages(), "files": _files()})


PAGES: dict[str, Callable[[str], str]] = {"plugins.md": guide, "architecture.md": architecture}


def _filled(text: str, tables: Mapping[str, Iterable[str]]) -> str:
    for name, lines in tables.items():
        begin, end = f"<!-- {name}: python docs/reference.py -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        table = "\n".join(lines).strip()
        text = f"{before}{begin}\n{table}\n\n{end}{rest.partition(end)[2]}"
    return text


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


def _specs() -> Iterator[str]:
    for node in _tree(specs.__file__).body:
        if isinstance(node, ast.ClassDef):
            yield f"**`{node.name}`** {_first(ast.get_docstring(node))}"
            yield ""
            yield "| field | type | unit | meaning | since |"
            yield "| --- | --- | --- | --- | --- |"
            yield from _fields(node)
            yield ""


def _fields(node: ast.ClassDef) -> Iterator[str]:
    following = [*node.body[1:], ast.Pass()]
    for statement, after in zip(node.body, following, strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, kind = statement.target.id, ast.unparse(statement.annotation).replace("|", "\\|")
            default = f", default `{ast.unparse(statement.value)}`" if statement.value else ""
            says = _text(after)
            unit = UNITS.get(name, "–")
            yield f"| `{name}` | `{kind}`{default} | {unit} | {says} | {_since(name)} |"


def _recipe() -> Iterator[str]:
    yield "| field | default | meaning | implemented by | since |"
    yield "| --- | --- | --- | --- | --- |"
    for name, field in Recipe.model_fields.items():
        default = "–" if field.is_required() else f"`{field.default!r}`"
        who = "the trainer" if name in TRAINER_FIELDS else "the core"
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


if __name__ == "__main__":
    for name, fill in PAGES.items():
        path = Path(__file__).with_name(name)
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")
