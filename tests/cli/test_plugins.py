"""`zoo plugins`, `zoo doctor`, ``-p no:NAME`` and the environment variables."""

import json
import os
import shutil
from pathlib import Path

import pytest

GOOD = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="good", summary="s", url="https://registry.invalid/zoo")]
"""


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


def test_a_plugin_is_disabled_until_it_is_enabled(cli, good):
    assert status_of(cli, good) == "ok"
    done = cli("plugins", "disable", "Zoo_Good", site=good)
    assert (done.code, done.out) == (
        0,
        "Disabled zoo-good. To undo it: zoo plugins enable zoo-good\n",
    )
    assert status_of(cli, good) == "disabled"
    assert cli("list", site=good).err == "", "what the user has decided is no fault"
    assert "zoo plugins enable zoo-good" in cli("plugins", "info", "zoo-good", site=good).out
    assert cli("plugins", "enable", "zoo-good", site=good).out == "Enabled zoo-good.\n"
    assert status_of(cli, good) == "ok"
    assert (
        "is not disabled; its status is ok" in cli("plugins", "enable", "zoo-good", site=good).out
    )


def test_a_disabled_plugin_is_not_imported(cli, site, write_plugin):
    write_plugin(site, "zoo-bad", "raise SystemExit('imported')")
    assert cli("plugins", "disable", "zoo-bad", site=site).code == 0
    assert cli("list", site=site).err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["disable", "zoo-god"], 3, "no plugin 'zoo-god' installed. Did you mean 'zoo-good'?"),
        (["disable", "zoo-core"], 2, "zoo-core cannot be disabled"),
        (["enable", "zoo-god"], 3, "no plugin 'zoo-god' installed"),
        (["info", "nothing"], 3, "no plugin 'nothing' installed"),
    ],
)
def test_a_mistake_is_one_line(cli, good, arguments, code, said):
    done = cli("plugins", *arguments, site=good)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_facts_of_a_plugin(cli, good):
    facts = cli("plugins", "info", "zoo-good", "--json", site=good).json
    assert (facts["name"], facts["version"], facts["license"]) == ("zoo-good", "1.2", "MIT")
    assert facts["entry_point"] == "zoo-good = zoo_good.plugin"
    assert facts["offers"] == {"registries": ["good"]}
    assert (facts["editable"], facts["location"]) == (False, str(good))


def test_refreshing_makes_the_index_again(cli, good):
    """As after an edit that left a file's size and time as they were, which nothing can notice."""
    cli("list", site=good)
    source = good / "zoo_good" / "plugin.py"
    before = source.stat()
    source.write_text(GOOD.replace('"good"', '"gold"'))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    shutil.rmtree(source.parent / "__pycache__", ignore_errors=True)  # which go by time and size
    offers = [{"registries": [name]} for name in ("good", "gold")]
    assert facts_of(cli, good)["offers"] == offers[0], "an index is believed while nothing changes"
    done = cli("plugins", "refresh", site=good)
    assert done.out.endswith(" ok.\n")
    assert facts_of(cli, good)["offers"] == offers[1]


@pytest.mark.parametrize("damage", ["", "[]", '{"disabled": 1}', "\x00"])
def test_damaged_settings_are_named_and_kept(cli, good, damage):
    settings().parent.mkdir(parents=True)
    settings().write_text(damage)
    listed = cli("list", site=good)
    assert listed.code == 0
    (line,) = listed.err.splitlines()
    assert line.startswith("zoo: no plugin counts as disabled: ")
    assert "plugins.json, what was decided about plugins, cannot be read" in line
    done = cli("plugins", "disable", "zoo-good", site=good)
    assert done.code == 1
    assert settings().read_text() == damage
    found = cli("doctor", "--json", site=good)
    assert found.code == 5
    assert any("plugins.json" in finding["problem"] for finding in found.json["findings"])


def test_settings_of_a_later_version_are_kept(cli, good):
    settings().parent.mkdir(parents=True)
    settings().write_text('{"disabled": [], "installed": {}, "color": "blue"}')
    assert cli("plugins", "disable", "zoo-good", site=good).code == 0
    assert json.loads(settings().read_text())["color"] == "blue"


def test_settings_that_cannot_be_written_are_an_error(cli, good, tmp_path):
    (tmp_path / "file").touch()
    done = cli(
        "plugins", "disable", "zoo-good", site=good, env={"ZOO_HOME": str(tmp_path / "file")}
    )
    assert done.code == 1
    assert "plugins.json cannot be written" in done.err


def test_a_plugin_is_left_out_for_one_call(cli, good):
    rows = cli("-p", "no:zoo_good", "plugins", "list", "--json", site=good).json["plugins"]
    row = next(row for row in rows if row["name"] == "zoo-good")
    assert row["status"] == "disabled"
    assert "left out by no:zoo-good" in row["reason"]
    assert status_of(cli, good) == "ok"
    wrong = cli("-p", "zoo-good", "list", site=good)
    assert wrong.code == 2
    assert "'zoo-good' is not no:NAME" in wrong.err


def test_what_is_left_out_by_the_environment(cli, good):
    assert status_of(cli, good, env={"ZOO_PLUGINS": "no:zoo-good"}) == "disabled"
    assert status_of(cli, good, "zoo-toy", env={"ZOO_PLUGINS": "no:zoo-good"}) == "ok"
    assert status_of(cli, good, env={"ZOO_PLUGINS": "zoo-good,zoo-toy,no:zoo-toy"}) == "ok"
    both = {"ZOO_PLUGINS": "zoo-good,zoo-toy,no:zoo-toy"}
    assert status_of(cli, good, "zoo-toy", env=both) == "disabled"
    assert status_of(cli, good, "zoo-toy", env={"ZOO_PLUGINS": "zoo-good"}) == "disabled"


def test_children_leave_it_out_too(every_plugin, run_python):
    code = (
        "import os\nfrom zoo_core.cli.main import run\n"
        "run(['-p', 'no:zoo-a', '-p', 'no:zoo-b', 'list'])\nprint(os.environ['ZOO_PLUGINS'])"
    )
    assert run_python(code).splitlines()[-1] == "no:zoo-a,no:zoo-b"


def test_offline_no_registry_elsewhere_is_asked(cli, good, loopback):
    online = cli("list", "weights", "--json", site=good)
    assert "registry good is left out" in online.err
    offline = cli("list", "weights", "--json", site=good, env={"ZOO_OFFLINE": "1"})
    assert offline.code == 0
    assert "is not asked for, as ZOO_OFFLINE is set" in offline.err
    assert offline.json["weights"] == []
    pulled = cli("info", "good/x.y", site=good, env={"ZOO_OFFLINE": "1"})
    assert pulled.code == 1
    assert "unset ZOO_OFFLINE" in pulled.err


def test_the_doctor_is_content_where_all_is_well(cli, site, write_plugin):
    done = cli("doctor", site=site)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "Nothing is wrong."
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


def test_the_doctor_finds_what_is_missing(cli, site, write_plugin):
    write_plugin(site, "zoo-good", GOOD)
    metadata = site / "zoo_good-1.0.dist-info" / "METADATA"
    wanted = ("no-such-thing>=2", "numpy>=99", 'x; extra == "y"')
    lines = "".join(f"Requires-Dist: {requirement}\n" for requirement in wanted)
    metadata.write_text(metadata.read_text() + lines)
    found = findings(cli, site=site)
    assert found["zoo-good needs no-such-thing>=2, and it is not installed"] == (
        "pip install 'no-such-thing>=2'"
    )
    assert any(problem.startswith("zoo-good needs numpy>=99, and ") for problem in found)
    assert len(found) == 2


def test_the_doctor_finds_variables_that_say_nothing(cli, tmp_path):
    (tmp_path / "file").touch()
    found = findings(cli, env={"ZOO_OFLINE": "1", "ZOO_PLUGINS": "zoo-toy,zoo-typo"})
    assert found["zoo knows no variable ZOO_OFLINE, which is set"] == "Did you mean 'ZOO_OFFLINE'?"
    assert "ZOO_PLUGINS names zoo-typo, which is not installed" in found
    found = findings(cli, env={"ZOO_HOME": str(tmp_path / "file" / "home")})
    assert any("file/home cannot be written" in problem for problem in found)


def test_the_doctor_finds_registries_that_cannot_be_read(cli, site, write_plugin, registry, toy):
    from zoo_core.registry.lookup import add_registry

    add_registry(toy, "mine", str(registry))
    (registry / "index.json").write_text("{")
    found = findings(cli)
    (problem,) = found
    assert problem.startswith("registry mine cannot be read: ")
    assert found[problem] == "zoo registry remove mine"


def test_damaged_metadata_do_not_take_the_others_down(cli, site, write_plugin):
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
        assert "its metadata is damaged" in rows[name]["reason"]
        assert rows[name]["reason"].endswith(f"reinstall {name}")


def test_a_module_of_another_plugin_is_no_plugin_of_its_own(cli, site, write_plugin):
    write_plugin(site, "zoo-good", GOOD)
    write_plugin(site, "zoo-thief", None, module="zoo_good.plugin")
    rows = {row["name"]: row for row in cli("plugins", "list", "--json", site=site).json["plugins"]}
    assert rows["zoo-good"]["status"] == "ok"
    assert rows["zoo-thief"]["status"] == "broken"
    assert "the module of another plugin, zoo-good" in rows["zoo-thief"]["reason"]


def test_what_a_plugin_prints_is_kept_from_reports(cli, site, write_plugin):
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
def test_whatever_a_plugin_raises_the_others_work(cli, site, write_plugin, code):
    write_plugin(site, "zoo-bad", code)
    done = cli("list", "--json", site=site)
    assert done.code == 0
    assert "softmax" in [row["name"] for row in done.json["models"]]
    (line,) = done.err.splitlines()
    assert line.startswith("zoo: broken plugin: zoo-bad 1.0 (zoo-bad = zoo_bad.plugin): ")
