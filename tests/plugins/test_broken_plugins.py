"""Seven broken plugins, each installed from a wheel: all other plugins work."""

import subprocess
import sys

import pytest

from zoo_core.plugins.plugin import Status

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

def spec(name, **changes):
    values = dict(name=name, summary="Softmax.", builder="zoo_toy.model:Softmax",
        config="zoo_toy.config:SoftmaxConfig", recipes="zoo_toy.config:RECIPES", trainer="toy",
        dataset="toy", license="MIT")
    return ModelSpec(**(values | changes))

@hookimpl
def zoo_models():
    return [spec("MODEL")]
"""

BROKEN = {
    "zoo-unimportable": ("import no_such_module", "broken", ["No module named 'no_such_module'"]),
    "zoo-raising": (PLUGIN.replace('[spec("MODEL")]', "1 / 0"), "broken", ["ZeroDivisionError"]),
    "zoo-misspelt": (
        PLUGIN.replace("zoo_models", "zoo_modles"),
        "broken",
        ["'zoo_modles'", "Did you mean 'zoo_models'?"],
    ),
    "zoo-argument": (
        PLUGIN.replace("zoo_models()", "zoo_models(color)"),
        "broken",
        ["zoo_models has the argument 'color', expected none (at ", "zoo_argument/plugin.py:"],
    ),
    "zoo-spec": (
        PLUGIN.replace('spec("MODEL")', 'spec("bad", builder="no colon")'),
        "broken",
        ["builder", "'package.module:name'", "'no colon'"],
    ),
    "zoo-shared": (
        PLUGIN.replace("MODEL", "softmax-pairs"),
        "conflict",
        ["'softmax-pairs'", "zoo-toy"],
    ),
    "zoo-future": (PLUGIN, "incompatible", ["zoo.v2", "zoo.v1"]),
}
"""Distribution -> plugin module, status, and facts in its reason."""


@pytest.fixture(scope="module")
def broken(tmp_path_factory, write_wheel):
    """Return a folder into which pip installed the seven and a healthy plugin."""
    folder = tmp_path_factory.mktemp("broken")
    wheels = [
        write_wheel(folder, name, code, group="zoo.v2" if name == "zoo-future" else "zoo.v1")
        for name, (code, _, _) in BROKEN.items()
    ]
    wheels.append(write_wheel(folder, "zoo-well", PLUGIN.replace("MODEL", "well")))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-index", "--no-deps", "--target", folder / "site"]
    subprocess.run([*pip, *options, *wheels], check=True, capture_output=True)
    return folder / "site"


@pytest.mark.slow
def test_healthy_models_train_and_evaluate_beside_broken_plugins(cli, broken, tmp_path):
    listed = cli("list", "--json", site=broken)
    names = [row["name"] for row in listed.json["models"]]
    assert {"softmax", "well", "zoo-toy/softmax-pairs", "zoo-shared/softmax-pairs"} <= set(names)
    assert len(listed.err.splitlines()) == 6  # one line per broken or incompatible plugin
    for name in ("well", "softmax", "zoo-shared/softmax-pairs", "zoo-toy/softmax-pairs"):
        out = tmp_path / name.replace("/", "-")
        trained = cli("train", name, "--out", out, site=broken)
        assert trained.code == 0, trained.err
        assert cli("evaluate", out, site=broken).code == 0


def test_zoo_list_plugins_names_fault_and_remedy_of_broken_plugins(cli, broken):
    rows = {
        row["name"]: row for row in cli("list", "plugins", "--json", site=broken).json["plugins"]
    }
    for name, (_, status, facts) in BROKEN.items():
        row = rows[name]
        assert row["status"] == status
        reason = " ".join(row["reason"].split())
        assert reason.startswith(f"{name} 1.0 ({name} = {name.replace('-', '_')}.plugin): ")
        assert all(fact in reason for fact in facts), reason
        assert reason.endswith(f"zoo uninstall {name}")
    assert "zoo-shared/NAME" in rows["zoo-shared"]["reason"]
    assert rows["zoo-well"]["status"] == Status.OK
    healthy = {row["name"] for row in rows.values() if row["status"] == Status.OK}
    assert {"zoo-core", "zoo-well"} <= healthy


def test_doctor_names_every_broken_plugin(cli, broken):
    done = cli("doctor", "--json", site=broken)
    assert (done.code, done.err) == (5, "")
    assert done.json["healthy"] is False
    problems = [finding["problem"] for finding in done.json["findings"]]
    for name, (_, status, facts) in BROKEN.items():
        (problem,) = [each for each in problems if each.startswith(f"{status} plugin: {name} 1.0")]
        assert all(fact in " ".join(problem.split()) for fact in facts), problem


def test_doctor_works_with_only_broken_plugins(cli, broken):
    allowed = ",".join(name for name in BROKEN if name != "zoo-shared")
    done = cli("doctor", site=broken, env={"ZOO_PLUGINS": allowed})
    assert done.code == 5
    assert "1. broken plugin: zoo-argument 1.0" in done.out
    assert "zoo uninstall zoo-argument" in done.out


def test_zoo_train_names_broken_plugin_of_missing_model(cli, broken):
    done = cli("train", "raising", site=broken)
    assert done.code == 4
    assert "zoo-raising 1.0" in done.err.splitlines()[-1]


@pytest.mark.slow
def test_strict_plugins_refuses_broken_plugins(cli, broken, run_python):
    for command in (["list"], ["info", "softmax"], ["train", "softmax"]):
        done = cli(*command, site=broken, env={"ZOO_STRICT_PLUGINS": "1"})
        assert (done.code, done.out) == (4, "")
        assert "ZOO_STRICT_PLUGINS" in done.err
        assert all(f"{name} 1.0" in done.err for name in BROKEN)
    for command in (["doctor"], ["plugins"], ["list", "plugins"]):
        assert cli(*command, site=broken, env={"ZOO_STRICT_PLUGINS": "1"}).code in (0, 5)
    code = (
        "import zoo_core as zoo\n"
        "try: zoo.list_models()\n"
        "except zoo.ZooError as exc: print(exc.exit_code)"
    )
    assert run_python(code, site=broken, env={"ZOO_STRICT_PLUGINS": "1"}) == "4\n"
    assert run_python(code, site=broken, env={"ZOO_STRICT_PLUGINS": "0"}) == ""


def test_strict_plugins_accepts_healthy_plugins(cli):
    assert cli("list", env={"ZOO_STRICT_PLUGINS": "1"}).code == 0
