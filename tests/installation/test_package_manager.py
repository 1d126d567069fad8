"""`zoo install`, `zoo uninstall`, `zoo plugins restore`: a real pip in a real environment."""

import json
import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="REGISTRY", summary="s", url="/nowhere")]
"""


@pytest.fixture
def zoo(tmp_path):
    """Return a function that runs `zoo` in an environment of its own, in which pip may install.

    What the tests' own environment has is there too, but not in the folder that pip writes to.
    """
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    purelib = sysconfig.get_path("purelib")
    inside = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    (Path(inside) / "tests.pth").write_text(f"import site; site.addsitedir({purelib!r})\n")
    python = sysconfig.get_path("scripts", "venv", {"base": str(folder)}) + "/python"

    def run(*words, **environment):
        offline = {"ZOO_OFFLINE": "1", **environment}
        return subprocess.run(
            [python, "-m", "zoo_core", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONSAFEPATH": "1", **offline},
            timeout=300,
            check=False,
        )

    run.site = Path(inside)
    return run


def plugins(rows):
    return {(row["name"], row["version"], row["status"]) for row in rows}


def known(zoo):
    rows = json.loads(zoo("plugins", "list", "--json").stdout)["plugins"]
    return {row["name"]: row["version"] for row in rows}


def remembered():
    path = Path(os.environ["ZOO_HOME"]) / "plugins.json"
    return json.loads(path.read_text())["installed"]


@pytest.fixture
def wheel(write_wheel, tmp_path):
    return write_wheel(tmp_path, "zoo-guest", PLUGIN.replace("REGISTRY", "first"))


def test_plugin_is_installed_upgraded_restored_and_uninstalled(zoo, wheel, write_wheel, tmp_path):
    assert "zoo-guest" not in known(zoo)
    done = zoo("install", f"./{wheel.name}")
    assert (done.returncode, done.stdout) == (0, "+ zoo-guest 1.0: registry first\n")
    assert known(zoo)["zoo-guest"] == "1.0"
    assert remembered() == {"zoo-guest": [str(wheel)]}

    newer = write_wheel(tmp_path, "zoo-guest", PLUGIN.replace("REGISTRY", "two"), version="2.0")
    done = zoo("install", "--upgrade", newer, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert plugins(report["removed"]) == {("zoo-guest", "1.0", "ok")}
    assert plugins(report["installed"]) == {("zoo-guest", "2.0", "ok")}
    assert remembered() == {"zoo-guest": [str(newer)]}

    assert zoo("plugins", "disable", "zoo-guest").returncode == 0
    for path in zoo.site.glob("zoo_guest*"):  # as where the environment was made anew
        for file in path.iterdir():
            if file.is_file():
                file.unlink()
        path.rename(tmp_path / path.name)
    assert "zoo-guest" not in known(zoo)
    doctor = json.loads(zoo("doctor", "--json").stdout)
    (finding,) = doctor["findings"]
    assert "zoo-guest" in finding["problem"]
    assert finding["remedy"] == "zoo plugins restore"
    done = zoo("plugins", "restore")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("+ zoo-guest 2.0: offers nothing (disabled: ")
    assert "is here" in zoo("plugins", "restore").stdout

    done = zoo("uninstall", "Zoo_Guest")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("- zoo-guest 2.0")
    assert "zoo-guest" not in known(zoo)
    assert remembered() == {}
    settings = json.loads((Path(os.environ["ZOO_HOME"]) / "plugins.json").read_text())
    assert settings["disabled"] == []


def test_zoo_install_reports_broken_plugin_that_uninstall_removes(zoo, write_wheel, tmp_path):
    wheel = write_wheel(tmp_path, "zoo-bad", "1 / 0")
    done = zoo("install", wheel)
    assert done.returncode == 4
    assert done.stdout.startswith("+ broken plugin: zoo-bad 1.0 (zoo-bad = zoo_bad.plugin): ")
    done = zoo("uninstall", "zoo-bad", ZOO_STRICT_PLUGINS="1")
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "- broken plugin")


def test_zoo_install_changes_nothing_on_failure(zoo, tmp_path):
    before = known(zoo)
    done = zoo("install", "zoo-nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    *printed_by_pip, error = done.stderr.splitlines()
    assert error.startswith("zoo: ")
    assert "zoo-nowhere" in error
    assert any("zoo-nowhere" in line for line in printed_by_pip)
    assert known(zoo) == before


def test_plugins_restore_names_unavailable_plugin_that_uninstall_forgets(zoo, wheel):
    assert zoo("install", wheel).returncode == 0
    assert zoo("plugins", "list").returncode == 0
    for path in zoo.site.glob("zoo_guest-1.0.dist-info/*"):
        path.unlink()
    wheel.unlink()
    done = zoo("plugins", "restore")
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("zoo: ")
    assert "zoo uninstall zoo-guest" in error
    assert zoo("uninstall", "zoo-guest").returncode == 0
    assert remembered() == {}


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["install", "./no-such-folder"], 2, ["./no-such-folder", "wheel"]),
        (["install", "gone.whl"], 2, ["gone.whl", "wheel"]),
        (["install", "-e", "zoo-x"], 2, ["zoo-x", "wheel"]),
        (["install", "a b"], 2, ["'a b'", "distribution"]),
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
    done = cli(*words, env={"ZOO_OFFLINE": "1"})
    assert (done.code, done.out) == (code, "")
    assert all(fact in done.err for fact in expected)


def test_zoo_install_fails_without_pip_and_uv(run_python):
    code = (
        "import sys, importlib.util, shutil\n"
        "importlib.util.find_spec = lambda name: None\n"
        "shutil.which = lambda name: None\n"
        "from zoo_core.cli.main import run\n"
        "sys.exit(run(['install', 'zoo-x']) - 1)"
    )
    assert run_python(code) == ""


def test_zoo_install_uses_uv_without_pip(run_python, tmp_path):
    (tmp_path / "uv").write_text('#!/bin/sh\necho "$@" > words\n')
    (tmp_path / "uv").chmod(0o755)
    code = (
        "import sys, importlib.util\n"
        "importlib.util.find_spec = lambda name: None\n"
        "from zoo_core.cli.main import run\n"
        "sys.exit(run(['install', 'zoo-x==1']))"
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    (line,) = run_python(code, env={"PATH": path}).splitlines()
    assert not line.startswith(("+", "-")), "no plugin was installed or removed"
    words = (tmp_path / "words").read_text().split()
    assert words[:3] == ["pip", "install", "--python"]
    assert words[4:] == ["zoo-x==1"]
