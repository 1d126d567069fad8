"""`zoo install` and `zoo uninstall`: a real pip in a real environment."""

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="first", summary="s", url="/nowhere")]
"""


@pytest.fixture
def zoo(tmp_path):
    """Return a function that runs `zoo` in a virtual environment of its own.

    The packages of the tests' environment are importable there, but in another folder than the one
    that pip writes to.
    """
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    purelib = sysconfig.get_path("purelib")
    inside = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    (Path(inside) / "tests.pth").write_text(f"import site; site.addsitedir({purelib!r})\n")
    python = sysconfig.get_path("scripts", "venv", {"base": str(folder)}) + "/python"

    def run(*words):
        return subprocess.run(
            [python, "-m", "zoo_core", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONSAFEPATH": "1", "ZOO_OFFLINE": "1"},
            timeout=300,
            check=False,
        )

    return run


def versions(zoo):
    rows = json.loads(zoo("plugins", "list", "--json").stdout)["plugins"]
    return {row["name"]: row["version"] for row in rows}


@pytest.mark.slow
def test_plugin_is_installed_upgraded_and_uninstalled(zoo, write_wheel, tmp_path):
    assert "zoo-guest" not in versions(zoo)
    wheel = write_wheel(tmp_path, "zoo-guest", PLUGIN)
    done = zoo("install", f"./{wheel.name}")
    assert done.returncode == 0, done.stderr
    assert "zoo-guest-1.0" in done.stdout, "the output is pip's"
    assert versions(zoo)["zoo-guest"] == "1.0"
    newer = write_wheel(tmp_path, "zoo-guest", PLUGIN, version="2.0")
    assert zoo("install", "--upgrade", newer).returncode == 0
    assert versions(zoo)["zoo-guest"] == "2.0"
    assert zoo("uninstall", "Zoo_Guest").returncode == 0
    assert "zoo-guest" not in versions(zoo)


@pytest.mark.slow
def test_zoo_uninstall_removes_broken_plugin(zoo, write_wheel, tmp_path):
    assert zoo("install", write_wheel(tmp_path, "zoo-bad", "1 / 0")).returncode == 0
    assert "zoo-bad" in versions(zoo)
    done = zoo("uninstall", "zoo-bad")
    assert done.returncode == 0, done.stderr
    assert "zoo-bad" not in versions(zoo)


@pytest.mark.slow
def test_zoo_install_returns_exit_code_and_output_of_pip(zoo):
    before = versions(zoo)
    done = zoo("install", "zoo-nowhere")
    assert done.returncode == 1
    assert "ERROR: No matching distribution found for zoo-nowhere" in done.stderr
    assert versions(zoo) == before


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["install"], 2, ["Missing argument", "REQUIREMENT"]),
        (["uninstall", "numpy"], 3, ["plugin 'numpy'"]),
        pytest.param(
            ["uninstall", "zoo-tosch"],
            3,
            ["'zoo-torch'?"],
            marks=pytest.mark.requires("zoo-torch"),
        ),
        (["uninstall", "zoo-core"], 2, ["pip uninstall zoo-core"]),
    ],
)
def test_zoo_install_and_uninstall_refuse_invalid_arguments(cli, words, code, expected):
    done = cli(*words)
    assert (done.code, done.out) == (code, "")
    assert all(fact in done.err for fact in expected)


WITHOUT_PIP = """
import importlib.util, sys
importlib.util.find_spec = lambda name: None
from zoo_core.cli.main import run
sys.exit(run(["install", "-U", "zoo-x==1"]))
"""


def test_zoo_install_requires_pip_or_uv(run_process):
    done = run_process("-c", WITHOUT_PIP, env={"PATH": ""})
    assert done.code == 1
    assert "pip" in done.err
    assert "uv" in done.err
    assert "-m ensurepip" in done.err


def test_zoo_install_uses_uv_without_pip(run_process, tmp_path):
    (tmp_path / "uv").write_text('#!/bin/sh\necho "$@"; exit 7\n')
    (tmp_path / "uv").chmod(0o755)
    done = run_process("-c", WITHOUT_PIP, env={"PATH": str(tmp_path)})
    assert done.code == 7, "the exit code is the installer's"
    words = done.out.split()
    assert words[:3] == ["pip", "install", "--python"]
    assert words[4:] == ["-U", "zoo-x==1"]
