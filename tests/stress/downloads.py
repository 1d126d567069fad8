"""Concurrent processes that load the same weights, which are not cached."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.stress.hostile import leftovers
from tests.stress.kills import start
from tests.stress.outcome import Outcome
from tests.stress.registries import NAME, make_registry
from tests.stress.servers import Request, serving
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.registry import cache


def downloads_at_once(count: int) -> Outcome:
    """Load in several processes from a server, which must receive one request."""
    return downloads(count, locks=True)


def downloads_without_lock(count: int) -> Outcome:
    """Load in several processes without locks; each must get the right weights."""
    return downloads(count, locks=False)


def downloads(count: int, *, locks: bool) -> Outcome:
    code = f"from tests.stress.downloads import *; in_child(locks={locks})"
    with tempfile.TemporaryDirectory() as folder:
        root, home, go = (Path(folder) / name for name in ("registry", "home", "go"))
        weights = make_registry(root)
        expected = hashlib.sha256(weights.read_bytes()).hexdigest()
        name = str(weights.relative_to(root))
        with serving(root) as server:
            server.behaviors[name] = slowly
            processes = [
                start(code, server.url, go, ZOO_HOME=str(home), no_proxy="127.0.0.1")
                for _ in range(count)
            ]
            for process in processes:
                assert process.stdout is not None
                process.stdout.readline()  # because it prints a line when it is ready
            go.touch()
            problems = [each for process in processes if (each := exc(process, expected))]
        problems += leftovers(home)
        kept = sorted(path.name for path in (home / "sha256").iterdir())
        if len(kept) != 2 or len(list((home / "registries").iterdir())) != 1:
            problems.append(f"in the cache are {kept}")
        sent = server.asked[name]
    if locks and sent != 1:
        problems.append(f"the weights were asked for {sent} times")
    return Outcome(count, tuple(problems), f"the server sent the weights {sent} times")


def in_child(*, locks: bool) -> None:
    """Load after a line on standard input, and print the checksum of the cached file."""
    if not locks:
        cache.locked = no_lock
    url, go = sys.argv[1], Path(sys.argv[2])
    print("ready", flush=True)
    while not go.exists():
        time.sleep(0.001)
    print(load_pretrained(installed_catalog(), NAME, registry=url).sha256)


@contextlib.contextmanager
def no_lock(name: str) -> Iterator[None]:
    """Lock nothing; `name` is the name of the lock."""
    yield


def exc(process: subprocess.Popen[str], expected: str) -> str:
    """Return the problems of a process's end."""
    out, err = process.communicate(timeout=600)
    if process.returncode:
        return err.strip().splitlines()[-1]
    return "" if out.strip() == expected else f"other weights: {out.strip()}"


def slowly(request: Request, content: bytes) -> None:
    """Send a file over half a second, so that other processes request it meanwhile."""
    request.head(200, Content_Length=len(content))
    for begin in range(0, len(content), len(content) // 10):
        request.send(content[begin : begin + len(content) // 10])
        request.pause(0.05)
