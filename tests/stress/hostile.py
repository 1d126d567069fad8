"""Hostile web servers: truncated, wrong, slow, endless and redirected answers."""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.stress import servers
from tests.stress.kills import start
from tests.stress.outcome import Outcome
from tests.stress.registries import NAME, make_registry
from tests.stress.servers import Behavior, serving
from zoo_core.errors import ZooError
from zoo_core.filenames import CARD, INDEX, WEIGHTS
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained

TIMEOUT = 1.0
SECONDS = 300.0
"""Seconds that only an unbounded load takes; a bounded one takes at most three."""

SLACK = 8_000_000
"""Maximum bytes in the buffers of connections that nobody reads."""

SLOW, BROKEN = "it is too slow", "the connection was closed after"
ELSEWHERE = ("which is not allowed",)

Drawn = Callable[[random.Random], Behavior]

FILES: dict[str, tuple[Drawn, tuple[str, ...]]] = {
    "breaks off": (lambda rng: servers.cut(rng.random()), (BROKEN,)),
    "breaks off in a chunk": (lambda rng: servers.cut(rng.random(), chunked=True), (BROKEN,)),
    "just ends": (
        lambda rng: servers.unstated(0.99 * rng.random()),
        ("size mismatch", "not a valid registry index"),
    ),
    "states too much": (
        lambda rng: servers.promise(rng.randrange(1, 10**9)),
        (BROKEN, "expected at most"),
    ),
    "states too little": (
        lambda rng: servers.promise(-rng.randrange(9, 3_000)),
        ("size mismatch", "not a valid registry index"),
    ),
    "sends without end": (lambda _: servers.endless(), ("bytes, got more",)),
    "chunks without end": (lambda _: servers.endless(chunked=True), ("bytes, got more",)),
    "promises 100 MB": (lambda _: servers.large(100_000_000), ("expected at most",)),
    "drips": (lambda rng: servers.drip(after=0.9 * rng.random()), (SLOW,)),
    "drips, unstated": (lambda _: servers.drip(stated=False), (SLOW,)),
    "drips headers": (lambda _: servers.drip_headers, (SLOW,)),
    "is about to answer": (lambda _: servers.not_yet, (SLOW,)),
    "is silent": (lambda _: servers.silence, (SLOW,)),
    "hangs up": (lambda _: servers.hang_up, ("RemoteDisconnected",)),
    "speaks something else": (
        lambda rng: servers.raw(b"?" + rng.randbytes(99).replace(b"\n", b"") + b"\n\n"),
        ("BadStatusLine",),
    ),
    "lost it": (lambda _: servers.status(404), ("the server answered 404",)),
    "is overrun": (
        lambda rng: servers.status(429, Retry_After=rng.randrange(9)),
        ("the server answered 429",),
    ),
    "is overrun for years": (
        lambda _: servers.status(429, Retry_After=10**9),
        ("the server answered 429",),
    ),
    "is busy": (lambda _: servers.status(503), ("the server answered 503",)),
    "is busy, at length": (lambda _: servers.endless(503), ("the server answered 503",)),
    "leads to a file": (lambda _: servers.status(302, Location="file:///etc/passwd"), ELSEWHERE),
    "leads to FTP": (lambda _: servers.status(301, Location="ftp://127.0.0.1/x"), ELSEWHERE),
    "leads to data": (lambda _: servers.status(307, Location="data:text/plain,x"), ELSEWHERE),
    "leads in circles": (
        lambda _: servers.status(302, Location="?again"),
        ("5 redirects",),
    ),
    "leads in circles, at length": (
        lambda _: servers.endless(302, Location="?again"),
        ("5 redirects",),
    ),
}
"""A server's behavior for any file -> words of which the error must contain one."""

CHANGED: dict[str, tuple[Drawn, tuple[str, ...]]] = {
    "has other bytes": (lambda rng: servers.flip(rng.random()), ("checksum mismatch",)),
}
"""A server's behavior for a file with a checksum -> words of the error."""

UNREADABLE = ("not a valid registry index",)
INDEXES: dict[str, tuple[Drawn, tuple[str, ...]]] = {
    "index of noise": (lambda rng: servers.text(rng.randbytes(rng.randrange(1, 999))), UNREADABLE),
    "index of a new schema": (lambda _: servers.text(b'{"schema": 2, "models": {}}'), UNREADABLE),
    "index without schema": (lambda _: servers.text(b'{"models": {}}'), UNREADABLE),
    "index that nests": (lambda _: servers.text(b"[" * 1_000_000), UNREADABLE),
}
"""A server's behavior for the index -> words of the error."""


def hostile_servers(count: int) -> Outcome:
    """Load from hostile servers, and again once they behave, in a separate process."""
    code = "from tests.stress.hostile import in_child; in_child()"
    with (
        tempfile.TemporaryDirectory() as folder,
        start(code, folder, count, no_proxy="127.0.0.1") as process,
    ):
        out, err = process.communicate()
    if process.returncode:
        raise RuntimeError(err)
    report = json.loads(out)
    return Outcome(
        count,
        tuple(report["problems"]),
        f"{report['slowest']:.1f} s and {report['sent'] / 1e6:.0f} MB at most",
    )


def in_child() -> None:
    """Inject the faults, and print the outcome."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    rng, problems, slowest, most = random.Random(0), [], 0.0, 0
    weights = make_registry(folder / "registry")
    kinds = list((FILES | CHANGED | INDEXES).items())
    for attempt in range(count):
        what, (drawn, expected) = kinds[attempt % len(kinds)]
        name = (
            INDEX if what in INDEXES else rng.choice([WEIGHTS, CARD, INDEX][: 2 + (what in FILES)])
        )
        if what in ("drips", "drips, unstated"):
            name = WEIGHTS  # because the other files arrive too quickly
        path = (
            INDEX
            if name == INDEX
            else str(weights.with_name(name).relative_to(folder / "registry"))
        )
        home = folder / f"home-{attempt}"
        os.environ |= {"ZOO_HOME": str(home), "ZOO_TIMEOUT": str(TIMEOUT)}
        with serving(folder / "registry") as server:
            server.behaviors[path] = drawn(rng)
            begin = time.perf_counter()
            found = attempt_load(server.url, expected)
            seconds, sent = time.perf_counter() - begin, server.sent
            bound = 3 * (1 << 24 if name == INDEX else weights.stat().st_size) + SLACK
            if seconds > SECONDS or sent > bound:
                found.append(f"took {seconds:.1f} s and {sent:,} bytes")
            found += leftovers(home)
            server.behaviors.clear()
            del os.environ["ZOO_TIMEOUT"]
            found += [f"and then good: {each}" for each in attempt_load(server.url, ())]
            found += leftovers(home)
        slowest, most = max(slowest, seconds), max(most, sent)
        if found:
            problems.append(f"attempt {attempt}, {name} {what}: {'; '.join(found)}")
    print(json.dumps({"problems": problems, "slowest": slowest, "sent": most}))


def attempt_load(url: str, expected: tuple[str, ...]) -> list[str]:
    """Load the weights, and return the problems of the outcome.

    Args:
        url: URL of the registry.
        expected: words of which the error must contain one; empty if the load must succeed.
    """
    try:
        load_pretrained(installed_catalog(), NAME, registry=url)
    except ZooError as exc:
        return [] if any(each in str(exc) for each in expected) else [f"unexpected error: {exc}"]
    except Exception as exc:
        return [f"{type(exc).__name__}: {exc}"]
    return ["nothing was noticed"] if expected else []


def leftovers(home: Path) -> list[str]:
    """Return the cached files whose content does not match the checksum in their name."""
    wrong = [str(path) for path in home.rglob(".*")]
    for path in (home / "sha256").glob("*"):
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
            wrong.append(str(path))
    return [f"left over is {each}" for each in wrong]
