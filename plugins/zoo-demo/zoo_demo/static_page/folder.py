"""The folder of a static page: scripts, models, ONNX Runtime for browsers, manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.resources import files as package_files
from pathlib import Path
from typing import NamedTuple

from zoo_core.plugin_api import Catalog, InvalidValueError, scratch_folder, write_error
from zoo_demo.modes import group
from zoo_demo.static_page.manifest import FAMILIARITY, folder_of, manifest_json
from zoo_demo.static_page.models import DATASET, StaticModel

HERE = Path(__file__).parent
SHARED, IN_BROWSER = HERE.parent / "static", HERE / "in_browser"
"""The files of the served page, and those that a static page has instead or in addition."""

RUNTIME = HERE / "vendor" / "onnxruntime-web"

MANIFEST = "manifest.json"

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; object-src 'none'"
)
"""Content security policy: the page loads nothing from anywhere else."""


class Written(NamedTuple):
    """Number of files of a folder, and their bytes."""

    files: int
    bytes: int


def write_folder(folder: Path, catalog: Catalog, models: Sequence[StaticModel]) -> Written:
    """Write a static page; replace the one that is in the folder.

    Raises:
        InvalidValueError: the folder contains other files, which would be lost.
        DataError: writing failed.
    """
    if other := _other_file(folder):
        raise InvalidValueError(
            f"--static {folder}: expected a new folder, or one with nothing but an earlier page, "
            f"got one with {other}",
            hint="Choose another folder.",
        )
    contents = folder_contents(catalog, models)
    try:
        with scratch_folder(folder.absolute()) as new:
            for path, content in contents.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                (new / path).write_bytes(content)
            if folder.exists():
                folder.replace(new.parent / "old")
            new.replace(folder)
    except OSError as exc:
        raise write_error("the static page", folder, exc) from exc
    return Written(len(contents), sum(map(len, contents.values())))


def folder_contents(catalog: Catalog, models: Sequence[StaticModel]) -> dict[str, bytes]:
    """Return the content of each file of a static page, by its place in the folder."""
    contents = dict(_page_files())
    # The page contains images' statistics and needs their license: files of the data set's plugin.
    data = package_files(models[0].dataset.reader.partition(".")[0]) / "data"
    contents[FAMILIARITY] = (data / "familiarity" / f"{DATASET}.safetensors").read_bytes()
    contents["licenses/mnist.txt"] = (data / "LICENSE.md").read_bytes()
    for model in models:
        contents |= {f"{folder_of(model)}/{name}": each for name, each in model.files.items()}
    (mode,) = group(catalog, [model.served for model in models]).values()
    runtime = json.loads((RUNTIME / "VENDOR.json").read_bytes())
    return contents | {MANIFEST: manifest_json(mode, models, contents, runtime)}


def _page_files() -> Iterator[tuple[str, bytes]]:
    """Yield the place and the content of the files that are the same on every page."""
    for path, place in (*_tree(SHARED), *_tree(IN_BROWSER)):
        content = path.read_bytes()
        yield place, _with_policy(content) if place == "index.html" else content
    for path, place in _tree(RUNTIME):
        yield f"onnxruntime-web/{place}", path.read_bytes()
    yield "licenses/zoo.txt", _license("zoo-demo").encode()


def _license(distribution: str) -> str:
    """Return the license of an installed distribution, which its copies must contain."""
    return metadata.distribution(distribution).read_text("licenses/LICENSE") or ""


def _tree(root: Path) -> list[tuple[Path, str]]:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [(path, path.relative_to(root).as_posix()) for path in paths]


def _with_policy(page: bytes) -> bytes:
    """Return the page with its policy, which a static server does not send as a header."""
    start = b'<meta charset="utf-8">\n'
    assert page.count(start) == 1
    lines = (
        f'  <meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '  <script src="local.js"></script>',
    )
    return page.replace(start, start + "\n".join((*lines, "")).encode())


def _other_file(folder: Path) -> str:
    """Return the place of a file that does not belong to an earlier page; empty for none."""
    known = _stated_files(folder / MANIFEST)
    places = (each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())
    return next((place for place in places if place not in known), "")


def _stated_files(manifest: Path) -> set[str]:
    """Return the places of the files of an earlier page; none without its manifest."""
    try:
        return {MANIFEST, *json.loads(manifest.read_bytes())["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
