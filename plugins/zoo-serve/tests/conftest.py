"""Servers as processes, their clients, and a plugin whose nets die, hang or fail."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageDraw

FUSE = Path(__file__).with_name("fuse_plugin.py")
TOY = Path(__file__).parents[3] / "tests" / "toy"

HANG = 300
"""Seconds after which a process is considered to hang, on any machine."""


@dataclass(frozen=True)
class Reply:
    """A response of a server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json()["error"])


@dataclass
class Running:
    """A server that runs as a process."""

    process: subprocess.Popen[str]
    line: str
    errors: Path
    address: str = field(init=False)

    def __post_init__(self) -> None:
        self.address = self.line.split()[0].rstrip("/")

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG)

    def ask(
        self,
        path: str,
        body: bytes | str | dict[str, Any] | None = None,
        *,
        method: str = "",
        **headers: str,
    ) -> Reply:
        """Send a request: GET, or POST if there is a body."""
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(self.connect()) as connection:
            connection.request(method or ("GET" if body is None else "POST"), path, content, names)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())

    def workers(self) -> list[int]:
        """Return the numbers of the worker processes."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [
            int(child)
            for child in children
            if b"zoo_serve.worker" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    def metric(self, name: str) -> float:
        lines = self.ask("/metrics").body.decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(HANG)


def _wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until a condition is true, and return its value."""
    end = time.monotonic() + HANG
    while not (value := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return value


@pytest.fixture
def wait_for() -> Callable[[Callable[[], Any]], Any]:
    """Return the function that waits until a condition is true, and returns its value."""
    return _wait_for


@contextmanager
def running(
    folder: Path, *arguments: object, env: dict[str, str] | None = None, site: Path | None = None
) -> Iterator[Running]:
    """Start a server in a folder, on any free port, and end it after the block."""
    path = os.pathsep.join(map(str, [TOY, *([site] if site else [])]))
    errors = folder / f"errors-{time.monotonic_ns()}"
    with errors.open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "zoo_core", "serve", *map(str, arguments), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", **(env or {})},
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, errors.read_text()
        yield Running(process, line, errors)
    finally:
        if process.poll() is None:
            process.terminate()
        with process:
            pass


@pytest.fixture
def serve(loopback: None, tmp_path: Path, fuse: Path) -> Iterator[Callable[..., Running]]:
    """Return the function that starts a server in the test's folder; see `running`."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(*arguments: object, **named: Any) -> Running:
            return stack.enter_context(running(tmp_path, *arguments, site=fuse, **named))

        yield start


@pytest.fixture(scope="session")
def fuse(write_plugin: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the plugin, and with the runs ``fuse`` and ``mood`` of its models."""
    folder = tmp_path_factory.mktemp("fuse")
    write_plugin(folder, "zoo-fuse", FUSE.read_text())
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, [TOY, folder])),
        "ZOO_HOME": str(folder / "home"),
    }
    for name in ("fuse", "mood"):
        command = [sys.executable, "-m", "zoo_core", "train", name, "--out", str(folder / name)]
        subprocess.run(command, env=env, check=True, cwd=folder, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def _server(fuse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    names = ["numpy-net", "numpy-regressor", f"fuse={fuse / 'fuse'}", f"a/mood.v1={fuse / 'mood'}"]
    folder = tmp_path_factory.mktemp("server")
    env = {"ZOO_HOME": str(folder / "home")}
    with running(folder, *names, env=env, site=fuse) as server:
        yield server


@pytest.fixture
def server(_server: Running, loopback: None) -> Running:
    """Return a server of models in NumPy that all tests share."""
    return _server


@pytest.fixture(scope="session")
def digit() -> Callable[..., bytes]:
    """Return the function that draws a digit into an image file."""

    def draw(*points: tuple[int, int], file_format: str = "PNG") -> bytes:
        image = Image.new("L", (60, 60))
        ImageDraw.Draw(image).line(points or [(32, 10), (28, 50)], fill=255, width=5)
        file = BytesIO()
        image.save(file, file_format)
        return file.getvalue()

    return draw
