"""Names, tags, index entries, URLs and links that try to escape from registry and cache."""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.stress.kills import start
from tests.stress.outcome import Outcome
from tests.stress.registries import NAME, make_registry, published
from tests.stress.watched import Watch
from zoo_core.errors import ZooError
from zoo_core.filenames import CARD, INDEX, WEIGHTS
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.store import add_tag
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import find_weights, open_registry

PARTS = (
    *("", ".", "..", "...", "a", "a.", ".a", "a..b", " a", "a ", "-a", "_a", "A.B", "a\n", "~"),
    *("../canary", "../../canary", "../../../canary", "..\\canary", "..\\..\\canary", "link"),
    *("/", "//", "/etc/passwd", "\\\\host\\share", "C:\\x", "C:x", "~root", "$HOME", "*", "[a]"),
    *("%2e%2e", "%2e%2e%2fcanary", "%00", "..%5c", "%252e%252e", "\0", "a\0b", "\x7f", "\x1b[2J"),
    *("．．", "‥", "․․/canary", "ａ", "а", "ﬁ", "é", "🙂", "\u202e", "\u2044canary", "\ud800"),
    *("con", "nul", "aux.txt", "com1", "lpt9.a", "a" * 64, "a" * 65, "a" * 300, "ä/" * 3_000),
    *("@sha256:", "@sha256:" + "0" * 64, "@sha256:../canary", "numpy-net", "default", NAME),
)
GLUE = ("", ".", "/", "\\", "%2f", "/../", "@sha256:")
SCHEMES = (
    *("", "file:", "file://", "file:///", "file://localhost/", "local://", "memory://", "nope://"),
    *("http://", "HTTP://127.0.0.1:1/", "https://127.0.0.1:99999/", "http://[", "s3://", "data:"),
    *("simplecache::file://", "filecache::memory://", "zip://a::file://", "dir://", "ftp://"),
)
VALUES: tuple[Any, ...] = (None, -1, 0, 10**30, 0.5, True, [], {}, [2.0], ["0"], "0" * 64)
LINKS = ("{model}", "{model}/{tag}", "{model}/{tag}/" + WEIGHTS, "{model}/{tag}/" + CARD, INDEX)

Try = tuple[str, Callable[[], object]]
"""A description of an attempt, and the function that makes it."""


def hostile_names(count: int) -> Outcome:
    """Use malicious names in a separate process, and watch every file that it opens."""
    with tempfile.TemporaryDirectory() as folder:
        code = "from tests.stress.names import in_child; in_child()"
        home = str(Path(folder) / "home")
        with start(code, folder, count, ZOO_HOME=home, PYTHONDONTWRITEBYTECODE="1") as process:
            out, err = process.communicate()
        if process.returncode:
            raise RuntimeError(err)
    report = json.loads(out)
    return Outcome(count, tuple(report["problems"]), report["remark"])


def in_child() -> None:
    """Try the names, and print the outcome."""
    folder, count = Path(os.path.realpath(sys.argv[1])), int(sys.argv[2])
    canary = plant(folder)
    registry = make_registry(folder / "registry").parents[2]
    nowhere = folder / "where" / "a" / "path" / "leads" / "to" / "nothing"
    nowhere.mkdir(parents=True)
    os.chdir(nowhere)
    load_pretrained(installed_catalog(), NAME, registry=str(registry))
    ended: Counter[str] = Counter()
    problems: list[str] = []
    watch = Watch([folder / "home", registry, folder / "shelf"], canary)
    rng = random.Random(0)
    for attempt in range(count):
        what, function = draw(folder, registry, rng, attempt)
        with watch:
            try:
                function()
                ended["resolved"] += 1
            except ZooError as exc:
                ended["refused"] += 1
                if len(str(exc)) > 20_000:
                    watch.found.append("leaks content")
            except Exception as exc:
                watch.found.append(f"{type(exc).__name__}: {exc}")
        if watch.found:
            problems.append(f"{what[:200]}: {'; '.join(watch.found)[:300]}")
    with watch:  # to prove that the watch works
        (canary / INDEX).read_bytes()
        (canary / "new").mkdir()
    if len(watch.found) != 2 or not watch.written:
        problems.append(f"the watch is blind: {watch.found}")
    remark = f"{ended['resolved']} resolved, {ended['refused']} refused, {watch.written} writings"
    print(json.dumps({"problems": problems, "remark": remark}))


def plant(folder: Path) -> Path:
    """Return a folder that no name may reach, with every file that a registry contains."""
    make_registry(folder / "canary")
    for name in (WEIGHTS, CARD):
        (folder / "canary" / name).write_bytes(b"canary")
    return folder / "canary"


def draw(folder: Path, registry: Path, rng: random.Random, attempt: int) -> Try:
    """Yield attempts, one of each kind by turns."""
    text = rng.choice(GLUE).join(rng.choices(PARTS, k=rng.randrange(1, 4)))
    kind = ("name", "path", "URL", "tag", "entry", "shelf", "link")[attempt % 7]
    catalog, place = installed_catalog(), folder / "registry" / str(attempt)
    function: Callable[[], object]
    if kind == "name":
        what, function = text, lambda: load_pretrained(catalog, text, registry=str(registry))
    elif kind == "path":
        if rng.random() < 0.5:
            what, function = text, lambda: find_weights(catalog, text)
        else:
            what, function = text, lambda: load_pretrained(catalog, text)
    elif kind == "URL":
        what = rng.choice(SCHEMES) + text
        function = lambda: open_registry(what).index()  # noqa: E731
    elif kind == "tag":
        what = rng.choice([text, f"numpy-net.{text}", f"{text}.default"])
        function = lambda: publish_run(catalog, Path("none"), what, str(place))  # noqa: E731
    elif kind == "entry":
        name, index = entry(registry, text, rng)
        serve(f"/{attempt}", index, registry)
        what, function = (
            str(index),
            lambda: load_pretrained(catalog, name, registry=f"memory://{attempt}"),
        )
    elif kind == "shelf":
        model, tag = rng.choice([("numpy-net", text), (text, "default"), (text, text)])
        known, files = replace(published(), model=model, tag=tag), {WEIGHTS: b"x"}
        shelf = Folder(folder / "shelf")
        what, function = known.name, lambda: add_tag(shelf, known, files, default=False)
    else:
        link = rng.choice(LINKS).format(model="numpy-net", tag="default")
        make_linked(place, link, folder / "canary")
        use = rng.choice([load_all, put_more])
        what, function = f"{link} for {use.__name__}", lambda: use(place)
    return f"{kind} {what!r}", function


def entry(registry: Path, text: str, rng: random.Random) -> tuple[str, bytes]:
    """Return a name, and an index with another value in its place."""
    index = json.loads((registry / INDEX).read_bytes())
    model = index["models"]["numpy-net"]
    where = rng.choice(["model", "tag", "default", *model["tags"]["default"]])
    if where == "model":
        return f"{text}.default", json.dumps({**index, "models": {text: model}}).encode()
    if where == "tag":
        model |= {"default": text, "tags": {text: model["tags"]["default"]}}
        return f"numpy-net.{text}", json.dumps(index).encode()
    changed = model if where == "default" else model["tags"]["default"]
    changed[where] = rng.choice([text, rng.choice(VALUES)])
    return "numpy-net", json.dumps(index).encode()


def serve(root: str, index: bytes, registry: Path) -> None:
    """Write a registry with an index to fsspec's file system ``memory://``."""
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe(f"{root}/{INDEX}", index)
    for name in (WEIGHTS, CARD):
        memory.pipe(
            f"{root}/numpy-net/default/{name}",
            (registry / "numpy-net" / "default" / name).read_bytes(),
        )


def make_linked(place: Path, link: str, canary: Path) -> None:
    """Make a registry in which one part is a link to the same part of another registry."""
    make_registry(place)
    (place / link).rename(place / "old")
    (place / link).symlink_to(canary / link)


def load_all(place: Path) -> None:
    load_pretrained(installed_catalog(), NAME, registry=str(place)).card  # noqa: B018 (a lazy property)


def put_more(place: Path) -> None:
    what = replace(published(), tag="more")
    add_tag(Folder(place), what, {WEIGHTS: b"x"}, default=False)
