"""Fixtures of all tests: no network, no files outside their folders, and a toy plugin."""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from zoo_core.system.environment import VARIABLES

ROOT = Path(__file__).parent
TOY = ROOT / "tests" / "toy"

sys.path.append(str(ROOT))  # for benchmarks and tests.stress; last, because installed packages win

pytest_plugins = ["tests.screen"]

_connect = socket.socket.connect

# No deadline per example, because a first example pays for imports and a loaded machine is slow.
try:
    from hypothesis import settings
except ImportError:  # the tests that need it skip
    pass
else:
    settings.register_profile("zoo", deadline=None)
    settings.load_profile("zoo")

# One thread per process, because tests run in parallel on few cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@functools.cache
def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


def _has_browser() -> bool:
    return _chromium() is not None


def _has_gpu() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _plugin_of(path: Path) -> str | None:
    """Return the distribution to which the tests at a path belong; None for the core."""
    match path.relative_to(ROOT).parts:
        case ("registry", *_):
            return "zoo-registry"
        case ("plugins", name, *_):
            return name
    return None


def _reason_to_skip(item: pytest.Item) -> str:
    """Return the requirements of a test that are not met, or an empty string."""
    needed = [name for mark in item.iter_markers("requires") for name in mark.args]
    if item.get_closest_marker("torch"):
        needed += ["torch", "zoo-torch"]
    if item.get_closest_marker("browser"):
        needed.append("playwright")
    if missing := [name for name in dict.fromkeys(needed) if not _is_installed(name)]:
        return f"not installed: {', '.join(missing)}"
    if item.get_closest_marker("browser") and not _has_browser():
        return "no browser: apt-get install chromium"
    if item.get_closest_marker("gpu") and not _has_gpu():
        return "no CUDA device here"
    return ""


@pytest.hookimpl(tryfirst=True)  # before `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of plugins that need torch, and skip tests with unmet requirements."""
    for item in items:
        plugin = _plugin_of(item.path)
        if plugin and (plugin == "zoo-torch" or "zoo-torch" in _requirements(plugin)):
            item.add_marker("torch")
        if reason := _reason_to_skip(item):
            item.add_marker(pytest.mark.skip(reason=reason))


@functools.cache
def _requirements(name: str) -> set[str]:
    """Return the names of the distributions that a distribution requires."""
    return {Requirement(each).name for each in distribution(name).requires or ()}


class _TestsOfAbsentPlugin(pytest.Dir):
    """The test folder of a plugin that is not installed; nothing in it is imported."""

    def collect(self) -> Iterator[pytest.Item]:
        pytest.skip(f"not installed: {_plugin_of(self.path)}", allow_module_level=True)
        yield


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Dir | None:
    """Skip the folders of plugins that are not installed."""
    plugin = _plugin_of(path)
    if plugin is None or _is_installed(plugin):
        return None
    folder: pytest.Dir = _TestsOfAbsentPlugin.from_parent(parent, path=path)
    return folder


class OfflineError(Exception):
    """A test tried to reach the network."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return the browser that all tests of a process share, because playwright starts only one."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(autouse=True)
def _same_path() -> Iterator[None]:
    """Check that a test leaves ``sys.path`` as it was, because later processes inherit it."""
    before = [*sys.path]
    yield
    assert sys.path == before


@pytest.fixture(autouse=True)
def _offline(_same_path: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection; `tests/toy/sitecustomize.py` does the same in child processes."""

    def refuse(_self: socket.socket, address: object) -> None:
        raise OfflineError(f"connection to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture
def loopback(_offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to 127.0.0.1 in the test and in its child processes."""
    refuse = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        (_connect if address[0] == "127.0.0.1" else refuse)(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setenv("ZOO_TEST_LOOPBACK", "1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


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
    """Install a plugin into a folder as pip does: a package and its ``.dist-info``.

    Args:
        folder: the target, which the caller puts on ``sys.path``.
        name: name of the distribution.
        code: source of the package's ``plugin`` module; None if the module exists already.
        version: version of the distribution.
        group: group of its entry point.
        module: module of the entry point; None for the package's ``plugin``.
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
    """Write the wheel of a plugin, as a build backend does, and return its path."""
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
    """Return the function that writes a plugin's wheel into a folder."""
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
    """Return a folder with the metadata of the toy plugin; its code is in ``tests/toy``."""
    folder = tmp_path_factory.mktemp("toy-site")
    _write_plugin(folder, "zoo-toy", None, module="zoo_toy.plugin")
    return folder


HANG = 600
"""Seconds after which a process is considered to hang, on any machine."""


def _python_path(folders: Sequence[Path]) -> dict[str, str]:
    """Return environment variables that put folders on ``sys.path``, without the current one."""
    return {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONSAFEPATH": "1"}


@dataclass(frozen=True)
class Result:
    """The result of a command: exit code and output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def spawn(tmp_path: Path, toy_site: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts Python in the test's own folder.

    The toy plugin is importable there, and the network is blocked. Processes that a failed test
    leaves running are killed.
    """
    started: list[subprocess.Popen[str]] = []

    def start(
        *arguments: object,
        env: dict[str, str] | None = None,
        site: Path | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        path = [folder for folder in (TOY, toy_site, site) if folder]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            text=True,
            cwd=tmp_path,
            env={**os.environ, **_python_path(path), **(env or {})},
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
    """Return a function that runs Python and waits for it; see `spawn`."""

    def run(*arguments: object, **options: Any) -> Result:
        with spawn(*arguments, **options) as process:
            out, err = process.communicate(timeout=HANG)
        return Result(process.returncode, out, err)

    return run


@pytest.fixture
def run_python(run_process: Callable[..., Result]) -> Callable[..., str]:
    """Return a function that runs code in a new process and returns its output."""

    def run(code: str, **options: Any) -> str:
        result = run_process("-W", "error", "-c", code, **options)
        assert result.code == 0, result.err
        return result.out

    return run


class _ForkServer:
    """A client of `tests/fork_server.py`, which runs `zoo` in forked processes."""

    def __init__(self, path: Sequence[Path], modules: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "fork_server.py"), *modules],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_python_path(path)},
            process_group=0,
        )

    def run(self, request: dict[str, Any]) -> int:
        """Run a command, and return its exit code."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        if not select.select([self._process.stdout], [], [], HANG)[0]:
            os.killpg(self._process.pid, signal.SIGKILL)
            pytest.fail(f"zoo {' '.join(request['arguments'])} hangs")
        return int(self._process.stdout.readline())

    def close(self) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()


@pytest.fixture(scope="session")
def fork_server(toy_site: Path) -> Iterator[Callable[..., _ForkServer]]:
    """Return a function that returns the fork server with some modules imported."""
    started: dict[tuple[str, ...], _ForkServer] = {}

    def get(*modules: str) -> _ForkServer:
        if modules not in started:
            started[modules] = _ForkServer([TOY, toy_site], modules)
        return started[modules]

    yield get
    for server in started.values():
        server.close()


@pytest.fixture(scope="session")
def preloaded() -> tuple[str, ...]:
    """Return the modules that the fork server imports; a plugin's tests may override it."""
    pictures = ("zoo_report.run_pictures",) if _is_installed("zoo-report") else ()
    return (
        *pictures,  # because every training draws them
        "numpy",
        "pydantic",
        "PIL.Image",
        "safetensors",
        "zoo_core.cli.main",
        "zoo_core.installation.installed",
        "zoo_core.training.training",
        "zoo_core.pretrained.load",
    )


@pytest.fixture
def cli(  # noqa: PLR0917 (fixtures)
    request: pytest.FixtureRequest,
    fork_server: Callable[..., _ForkServer],
    preloaded: tuple[str, ...],
    toy_site: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Result]:
    """Return a function that runs `zoo` in a process of its own; a traceback fails the test.

    The process is forked from one that has imported the modules `preloaded`, and torch for tests
    with that marker. Tests about imports and start-up use `fresh_cli`.
    """
    if not hasattr(os, "fork"):  # on Windows
        fresh: Callable[..., Result] = request.getfixturevalue("fresh_cli")
        return fresh
    needs_torch = request.node.get_closest_marker("torch") is not None
    modules = (*preloaded, *("zoo_torch.trainer",) * needs_torch)
    output = tmp_path_factory.mktemp("output")

    def run(
        *arguments: object,
        env: dict[str, str] | None = None,
        site: Path | None = None,
        cwd: Path = tmp_path,
    ) -> Result:
        path = [TOY, toy_site, site] if site else [TOY, toy_site]
        code = fork_server(*modules).run(
            {
                "arguments": list(map(str, arguments)),
                "env": {**os.environ, **_python_path(path), **(env or {})},
                "folder": str(cwd),
                "path": [str(site)] if site else [],
                "out": str(output / "out"),
                "err": str(output / "err"),
            }
        )
        result = Result(code, (output / "out").read_text(), (output / "err").read_text())
        assert "Traceback" not in result.err, result.err
        return result

    return run


@pytest.fixture
def fresh_cli(run_process: Callable[..., Result]) -> Callable[..., Result]:
    """Return a function that runs `zoo` in a new process; a traceback fails the test."""

    def run(*arguments: object, **options: Any) -> Result:
        result = run_process("-m", "zoo_core", *arguments, **options)
        assert "Traceback" not in result.err, result.err
        return result

    return run


@pytest.fixture
def in_terminal(spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs `zoo` on a terminal and returns its exit code and output."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this platform")

    def run(*arguments: object, **variables: str) -> tuple[int, str]:
        leader, follower = pty.openpty()
        env = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "200", "CI": ""}
        env |= {"LC_ALL": "C.UTF-8", **variables}
        command = ("-m", "zoo_core", *arguments)
        with spawn(*command, env=env, stdout=follower, stderr=follower) as process:
            os.close(follower)
            shown = b""
            with contextlib.suppress(
                OSError
            ):  # because a terminal without a process raises it at its end
                while chunk := os.read(leader, 4096):
                    shown += chunk
            os.close(leader)
        return process.returncode, shown.decode()

    return run
