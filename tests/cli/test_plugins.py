"""`zoo plugins`, `zoo doctor`, ``-p no:NAME`` and environment variables."""

import json
import os
import re
import shutil
import time
from importlib.metadata import version
from pathlib import Path

import pytest

GOOD = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="good", summary="s", url="https://registry.invalid/zoo")]
"""

ENABLE = "zoo plugins enable zoo-good"


@pytest.fixture
def good(site, write_plugin):
    write_plugin(site, "zoo-good", GOOD, version="1.2")
    return site


def facts_of(cli, site, name="zoo-good", **options):
    rows = cli("plugins", "list", "--json", site=site, **options).json["plugins"]
    return {row["name"]: row for row in rows}[name]


def status_of(cli, site, name="zoo-good", **options):
    return facts_of(cli, site, name, **options)["status"]


def settings():
    return Path(os.environ["ZOO_HOME"]) / "plugins.json"


@pytest.mark.slow
def test_disabled_plugin_stays_disabled_until_enabled(cli, good):
    assert status_of(cli, good) == "ok"
    done = cli("plugins", "disable", "Zoo_Good", site=good)
    assert done.code == 0
    assert done.out.endswith(f" {ENABLE}\n")
    assert status_of(cli, good) == "disabled"
    assert cli("list", site=good).err == "", "a disabled plugin is not a fault"
    assert ENABLE in cli("plugins", "info", "zoo-good", site=good).out
    assert cli("plugins", "enable", "zoo-good", site=good).out == "Enabled zoo-good.\n"
    assert status_of(cli, good) == "ok"
    again = cli("plugins", "enable", "zoo-good", site=good).out
    assert re.search(r"zoo-good .*\bok\b", again), again


def test_disabled_plugin_is_not_imported(cli, site, write_plugin):
    write_plugin(site, "zoo-bad", "raise SystemExit('imported')")
    assert cli("plugins", "disable", "zoo-bad", site=site).code == 0
    assert cli("list", site=site).err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "facts"),
    [
        (["disable", "zoo-god"], 3, ("plugin 'zoo-god'", "'zoo-good'")),
        (["disable", "zoo-core"], 2, ("zoo-core",)),
        (["enable", "zoo-god"], 3, ("plugin 'zoo-god'", "'zoo-good'")),
        (["info", "nothing"], 3, ("plugin 'nothing'", ". ")),
    ],
)
def test_zoo_plugins_reports_invalid_name_on_one_line(cli, good, arguments, code, facts):
    done = cli("plugins", *arguments, site=good)
    assert (done.code, done.out) == (code, "")
    assert all(fact in done.err for fact in facts), done.err
    assert len(done.err.splitlines()) == 1


def test_zoo_plugins_info_describes_plugin(cli, good):
    facts = cli("plugins", "info", "zoo-good", "--json", site=good).json
    assert (facts["name"], facts["version"], facts["license"]) == ("zoo-good", "1.2", "MIT")
    assert facts["entry_point"] == "zoo-good = zoo_good.plugin"
    assert facts["offers"] == {"registries": ["good"]}
    assert (facts["editable"], facts["location"]) == (False, str(good))


def test_zoo_plugins_refresh_rebuilds_index(cli, good):
    """An edit that changes neither time nor size of a file is noticed only then."""
    long_ago = time.time() - 60  # because no index is written within a clock tick of an edit
    for path in [good, *good.rglob("*")]:
        os.utime(path, (long_ago, long_ago))
    cli("list", site=good)
    source = good / "zoo_good" / "plugin.py"
    before = source.stat()
    source.write_text(GOOD.replace('"good"', '"gold"'))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    shutil.rmtree(
        source.parent / "__pycache__", ignore_errors=True
    )  # bytecode is keyed by time and size
    offers = [{"registries": [name]} for name in ("good", "gold")]
    assert facts_of(cli, good)["offers"] == offers[0], "the index is still valid"
    done = cli("plugins", "refresh", site=good)
    assert done.out.endswith(" ok.\n")
    assert facts_of(cli, good)["offers"] == offers[1]


@pytest.mark.parametrize("damage", ["", "[]", '{"disabled": 1}', "\x00"])
def test_damaged_settings_are_reported_and_kept(cli, good, damage):
    settings().parent.mkdir(parents=True)
    settings().write_text(damage)
    listed = cli("list", site=good)
    assert listed.code == 0
    (line,) = listed.err.splitlines()
    assert line.startswith("zoo: ")
    assert "disabled" in line
    assert str(settings()) in line
    done = cli("plugins", "disable", "zoo-good", site=good)
    assert done.code == 1
    assert settings().read_text() == damage
    found = cli("doctor", "--json", site=good)
    assert found.code == 5
    assert any("plugins.json" in finding["problem"] for finding in found.json["findings"])


def test_settings_keep_unknown_fields(cli, good):
    settings().parent.mkdir(parents=True)
    settings().write_text('{"disabled": [], "installed": {}, "color": "blue"}')
    assert cli("plugins", "disable", "zoo-good", site=good).code == 0
    assert json.loads(settings().read_text())["color"] == "blue"


def test_zoo_plugins_disable_reports_unwritable_settings(cli, good, tmp_path):
    (tmp_path / "file").touch()
    done = cli(
        "plugins", "disable", "zoo-good", site=good, env={"ZOO_HOME": str(tmp_path / "file")}
    )
    assert done.code == 1
    assert str(tmp_path / "file" / "plugins.json") in done.err


def test_p_option_leaves_plugin_out_for_one_call(cli, good):
    rows = cli("-p", "no:zoo_good", "plugins", "list", "--json", site=good).json["plugins"]
    row = next(row for row in rows if row["name"] == "zoo-good")
    assert row["status"] == "disabled"
    assert "no:zoo-good" in row["reason"]
    assert status_of(cli, good) == "ok"
    wrong = cli("-p", "zoo-good", "list", site=good)
    assert wrong.code == 2
    assert "'zoo-good'" in wrong.err
    assert "no:NAME" in wrong.err.splitlines()[-1]
    unknown = cli("-p", "no:zoo-goood", "list", site=good)
    assert unknown.code == 3
    assert "Did you mean 'zoo-good'?" in unknown.err


def test_zoo_plugins_variable_selects_plugins(cli, good):
    assert status_of(cli, good, env={"ZOO_PLUGINS": "no:zoo-good"}) == "disabled"
    assert status_of(cli, good, "zoo-toy", env={"ZOO_PLUGINS": "no:zoo-good"}) == "ok"
    assert status_of(cli, good, env={"ZOO_PLUGINS": "zoo-good,zoo-toy,no:zoo-toy"}) == "ok"
    both = {"ZOO_PLUGINS": "zoo-good,zoo-toy,no:zoo-toy"}
    assert status_of(cli, good, "zoo-toy", env=both) == "disabled"
    assert status_of(cli, good, "zoo-toy", env={"ZOO_PLUGINS": "zoo-good"}) == "disabled"


def test_p_option_sets_variable_for_child_processes(every_plugin, run_python):
    code = (
        "import os\nfrom zoo_core.cli.main import run\n"
        "run(['-p', 'no:zoo-a', '-p', 'no:zoo-b', 'list'])\nprint(os.environ['ZOO_PLUGINS'])"
    )
    assert run_python(code).splitlines()[-1] == "no:zoo-a,no:zoo-b"


def test_zoo_offline_skips_remote_registries(cli, good, loopback):
    online = cli("list", "weights", "--json", site=good)
    assert online.code == 0
    assert "registry good" in online.err
    assert "https://registry.invalid/zoo/index.json" in online.err
    assert "ZOO_OFFLINE" not in online.err
    offline = cli("list", "weights", "--json", site=good, env={"ZOO_OFFLINE": "1"})
    assert offline.code == 0
    assert "registry good" in offline.err
    assert "unset ZOO_OFFLINE" in offline.err
    assert offline.json["weights"] == []
    pulled = cli("info", "good/x.y", site=good, env={"ZOO_OFFLINE": "1"})
    assert pulled.code == 1
    assert "unset ZOO_OFFLINE" in pulled.err


def test_zoo_doctor_reports_healthy_installation(cli, site, write_plugin):
    done = cli("doctor", site=site)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "No problems found."
    facts = cli("doctor", "--json", site=site).json
    assert facts["healthy"]
    assert facts["environment"]["plugin API"] == "zoo.v1"
    assert facts["environment"]["ZOO_HOME"] == os.environ["ZOO_HOME"]
    assert facts["packages"]["numpy"]
    assert {row["name"] for row in facts["plugins"]} >= {"zoo-core", "zoo-toy"}


def findings(cli, **options):
    done = cli("doctor", "--json", **options)
    assert done.code == 5
    return {finding["problem"]: finding["remedy"] for finding in done.json["findings"]}


def remedy_of(found, *facts):
    """Return the remedy of the only finding whose problem names all of `facts`."""
    (problem,) = (each for each in found if all(fact in each for fact in facts))
    return found[problem]


def test_zoo_doctor_finds_missing_requirements(cli, site, write_plugin):
    write_plugin(site, "zoo-good", GOOD)
    metadata = site / "zoo_good-1.0.dist-info" / "METADATA"
    wanted = ("no-such-thing>=2", "numpy>=99", 'x; extra == "y"')
    lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in wanted)
    metadata.write_text(metadata.read_text() + lines)
    found = findings(cli, site=site)
    missing = remedy_of(found, "zoo-good", "no-such-thing>=2", "not installed")
    assert missing == "pip install 'no-such-thing>=2'"
    outdated = remedy_of(found, "zoo-good", "numpy>=99", version("numpy"))
    assert outdated == "pip install 'numpy>=99'"
    assert len(found) == 2


def test_zoo_doctor_finds_invalid_variables(cli, tmp_path):
    (tmp_path / "file").touch()
    found = findings(cli, env={"ZOO_OFLINE": "1", "ZOO_PLUGINS": "zoo-toy,zoo-typo"})
    assert "'ZOO_OFFLINE'" in remedy_of(found, "ZOO_OFLINE")
    assert remedy_of(found, "ZOO_PLUGINS", "zoo-typo")
    found = findings(cli, env={"ZOO_HOME": str(tmp_path / "file" / "home")})
    assert "ZOO_HOME" in remedy_of(found, str(tmp_path / "file" / "home"))


def test_zoo_doctor_finds_unreadable_registries(cli, site, write_plugin, registry, toy):
    from zoo_core.registry.lookup import add_registry

    add_registry(toy, "mine", str(registry))
    (registry / "index.json").write_text("{")
    found = findings(cli)
    assert len(found) == 1
    assert remedy_of(found, "registry mine") == "zoo registry remove mine"


def test_damaged_metadata_leaves_other_plugins_usable(cli, site, write_plugin):
    write_plugin(site, "zoo-good", GOOD)
    for name, points in (
        ("zoo_torn", "[zoo.v1]\nx"),
        ("zoo_odd", "\udcff"),
        ("other", "[zoo.v1]\nx"),
    ):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_bytes(points.encode(errors="surrogateescape"))
    rows = {row["name"]: row for row in cli("plugins", "list", "--json", site=site).json["plugins"]}
    assert rows["zoo-good"]["status"] == "ok"
    for name in ("zoo-torn", "zoo-odd"):
        assert rows[name]["status"] == "broken"
        assert "metadata" in rows[name]["reason"]
        assert rows[name]["reason"].endswith(f"reinstall {name}")


def test_entry_point_into_other_plugin_is_broken(cli, site, write_plugin):
    write_plugin(site, "zoo-good", GOOD)
    write_plugin(site, "zoo-thief", None, module="zoo_good.plugin")
    rows = {row["name"]: row for row in cli("plugins", "list", "--json", site=site).json["plugins"]}
    assert rows["zoo-good"]["status"] == "ok"
    assert rows["zoo-thief"]["status"] == "broken"
    assert "zoo_good.plugin" in rows["zoo-thief"]["reason"]
    assert "zoo-good" in rows["zoo-thief"]["reason"]


def test_plugin_output_goes_to_stderr(cli, site, write_plugin):
    write_plugin(site, "zoo-good", "print('hello')\n" + GOOD)
    done = cli("list", "--json", site=site)
    assert done.json["models"]
    assert done.err == "hello\n"


@pytest.mark.parametrize(
    "code",
    [
        "raise GeneratorExit",
        "class Odd(BaseException): pass\nraise Odd",
        "class Odd(Exception):\n    def __str__(self): return 1 / 0\nraise Odd",
        GOOD + "\nclass Odd:\n    def __repr__(self): return 1 / 0\n"
        "@hookimpl\ndef zoo_models(): return [Odd()]\n",
        GOOD + "\n@hookimpl\ndef zoo_models(): return 1\n",
    ],
)
def test_plugin_exception_leaves_other_plugins_usable(cli, site, write_plugin, code):
    write_plugin(site, "zoo-bad", code)
    done = cli("list", "--json", site=site)
    assert done.code == 0
    assert "softmax" in [row["name"] for row in done.json["models"]]
    (line,) = done.err.splitlines()
    assert line.startswith("zoo: ")
    assert "zoo-bad 1.0 (zoo-bad = zoo_bad.plugin): " in line
