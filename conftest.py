"""What all tests share: no network, no files outside their folders, and a toy plugin."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import pty
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from zoo_core.system.environment import VARIABLES

ROOT = Path(__file__).parent
TOY = ROOT / "tests" / "toy"

_connect = socket.socket.connect

# One thread a process: tests run beside one another on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


class OfflineError(Exception):
    """A test tried to reach the network."""


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection; `tests/toy/sitecustomize.py` does so in child processes."""

    def refuse(_self: socket.socket, address: object) -> None:
        raise OfflineError(f"connection to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture
def loopback(_offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to 127.0.0.1, to the test and to its child processes."""
    refuse = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        (_connect if address[0] == "127.0.0.1" else refuse)(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setenv("ZOO_TEST_LOOPBACK", "1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked ``gpu`` if there is no CUDA device."""
    if item.get_closest_marker("gpu"):
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device here")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_HOME", str(tmp_path / "zoo-home"))
    for name in VARIABLES.keys() - {"ZOO_HOME"}:
        monkeypatch.delenv(name, raising=False)


def _write_plugin(
    folder: Path,
    name: str,
    code: str | None,
    *,
    version: str = "1.0",
    group: str = "zoo.v1",
    module: str | None = None,
) -> None:
    """Install a plugin into a folder as pip would: a package and its ``.dist-info``.

    Args:
        folder: to be put on ``sys.path``.
        name: of the distribution.
        code: of the package's ``plugin`` module; None for one that is there already.
        version: of the distribution.
        group: of its entry point.
        module: that the entry point names; None for the package's ``plugin``.
    """
    package = name.replace("-", "_")
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n"
    )
    target = module or f"{package}.plugin"
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    if code is not None:
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
        (folder / package / "plugin.py").write_text(code)


@pytest.fixture(scope="session")
def write_plugin() -> Callable[..., None]:
    """Return the function that installs a plugin into a folder."""
    return _write_plugin


def _write_wheel(
    folder: Path, name: str, code: str, *, version: str = "1.0", group: str = "zoo.v1"
) -> Path:
    """Write the wheel of a plugin, as a build backend would, and return its path; see above."""
    package = name.replace("-", "_")
    info = f"{package}-{version}.dist-info"
    files = {
        f"{package}/__init__.py": "",
        f"{package}/plugin.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[{group}]\n{name} = {package}.plugin\n",
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in files.items()}
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},{len(files[path])}"
        for path, digest in digests.items()
    ]
    path = folder / f"{package}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,\n"]))
    return path


@pytest.fixture(scope="session")
def write_wheel() -> Callable[..., Path]:
    """Return the function that writes a plugin's wheel into a folder, for pip to install."""
    return _write_wheel


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder on this process's ``sys.path``, for `write_plugin`."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    modules = set(sys.modules)
    yield folder
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", None) and str(folder) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


@pytest.fixture(scope="session")
def toy_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the metadata of the toy plugin, whose code is in ``tests/toy``."""
    folder = tmp_path_factory.mktemp("toy-site")
    _write_plugin(folder, "zoo-toy", None, module="zoo_toy.plugin")
    return folder


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def spawn(tmp_path: Path, toy_site: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts Python in the test's own folder.

    The toy plugin is installed there, and the network is blocked. What a test that failed leaves
    running is killed.
    """
    started: list[subprocess.Popen[str]] = []

    def start(
        *arguments: object,
        env: dict[str, str] | None = None,
        site: Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        path = os.pathsep.join(str(folder) for folder in (TOY, toy_site, site) if folder)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", **(env or {})},
            **{**pipes, **options},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            with process:
                pass


@pytest.fixture
def run_process(spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., Result]:
    """Return a function that runs Python to its end; see `spawn`."""

    def run(*arguments: object, **options: Any) -> Result:
        with spawn(*arguments, **options) as process:
            out, err = process.communicate(timeout=300)
        return Result(process.returncode, out, err)

    return run


@pytest.fixture
def run_python(run_process: Callable[..., Result]) -> Callable[..., str]:
    """Return a function that runs code in a fresh process and gives what it printed."""

    def run(code: str, **options: Any) -> str:
        result = run_process("-W", "error", "-c", code, **options)
        assert result.code == 0, result.err
        return result.out

    return run


@pytest.fixture
def cli(run_process: Callable[..., Result]) -> Callable[..., Result]:
    """Return a function that runs `zoo` in a fresh process; a traceback fails the test."""

    def run(*arguments: object, **options: Any) -> Result:
        result = run_process("-m", "zoo_core", *arguments, **options)
        assert "Traceback" not in result.err, result.err
        return result

    return run


@pytest.fixture
def in_terminal(spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs `zoo` on a terminal; it gives exit code and what was shown."""

    def run(*arguments: object, **variables: str) -> tuple[int, str]:
        leader, follower = pty.openpty()
        env = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "200", **variables}
        command = ("-m", "zoo_core", *arguments)
        with spawn(*command, env=env, stdout=follower, stderr=follower) as process:
            os.close(follower)
            shown = b""
            with contextlib.suppress(OSError):  # how a terminal ends whose process is gone
                while chunk := os.read(leader, 4096):
                    shown += chunk
            os.close(leader)
        return process.returncode, shown.decode()

    return run
