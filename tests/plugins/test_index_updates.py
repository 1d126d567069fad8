"""The plugin index across processes: `zoo list` after installations, edits and damage.

Most tests list in a new process, as a user does; `test_index.py` tests the index within one.
"""

import contextlib
import csv
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.index.stamped_file import TICK

pytestmark = pytest.mark.slow  # each test starts several processes

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec

NAMES = ["?"]

@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name=name, summary="s", builder="a:b", config="a:b", recipes="a:b", trainer="t",
            dataset="d", license="MIT",
        )
        for name in NAMES
    ]
"""

WAITING = """
import pathlib, time
here = pathlib.Path(__file__).parent
(here / "begun").touch()
while not (here / "go").exists():
    time.sleep(0.01)
"""

LIST = "from zoo_core.__main__ import main; main()"
FROM_THE_INDEX = "sys.modules['zoo_core.plugins.catalog'] = None"  # importing it would fail


def plugin(name):
    return PLUGIN.replace("?", name)


def index():
    """Return the folder of the indexes."""
    return Path(os.environ["ZOO_HOME"]) / "index"


@pytest.fixture
def installed(tmp_path):
    """Return a folder that Python treats as ``site-packages``, with path files."""
    folder = tmp_path / "installed"
    folder.mkdir()
    return folder


@pytest.fixture
def words(installed):
    """Return a function that returns the arguments of Python for some code and `zoo list`."""

    def arguments(before="pass"):
        code = f"import site, sys; site.addsitedir({str(installed)!r}); {before}; {LIST}"
        return "-W", "error", "-c", code, "list", "--json"

    return arguments


@pytest.fixture
def offered(run_process, words):
    """Return a function that lists in a new process and returns the models of zoo-guest."""

    def run(before="pass"):
        time.sleep(2 * TICK / 1e9)  # no index is written within a tick of a change
        result = run_process(*words(before))
        assert (result.code, result.err) == (0, "")
        return {row["name"] for row in result.json["models"] if row["plugin"] == "zoo-guest"}

    return run


@pytest.fixture
def pip(run_process, installed):
    """Return a function that installs a wheel with pip."""

    def install(wheel):
        offline = ("--no-index", "--no-deps", "--no-build-isolation", "--target", installed)
        done = run_process("-m", "pip", "--disable-pip-version-check", "install", *offline, wheel)
        assert done.code == 0, done.err

    return install


def remove(folder, name):
    """Uninstall like pip, which uninstalls only from its own environment."""
    (info,) = folder.glob(f"{name}-*.dist-info")
    with (info / "RECORD").open(newline="") as record:
        files = [folder / line[0] for line in csv.reader(record)]
    for file in files:
        file.unlink(missing_ok=True)
    for package in {info, *(file.parent for file in files)}:
        shutil.rmtree(package, ignore_errors=True)  # with bytecode


def started(folder, process):
    """Wait until a plugin that waits is being imported."""
    while not (folder / "zoo_guest" / "begun").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_zoo_list_follows_installation(pip, write_wheel, offered, tmp_path):
    assert offered() == set()
    pip(write_wheel(tmp_path, "zoo-guest", plugin("one")))
    assert offered() == offered(FROM_THE_INDEX) == {"one"}


def test_zoo_list_follows_upgrade(
    pip, write_wheel, offered, installed, tmp_path, run_process, words
):
    pip(write_wheel(tmp_path, "zoo-guest", plugin("one")))
    assert offered() == offered(FROM_THE_INDEX) == {"one"}
    remove(installed, "zoo_guest")
    pip(write_wheel(tmp_path, "zoo-guest", plugin("another"), version="2.0"))
    assert offered() == offered(FROM_THE_INDEX) == {"another"}
    rows = run_process(*words(), "plugins").json["plugins"]
    assert {row["name"]: row["version"] for row in rows}["zoo-guest"] == "2.0"


def test_zoo_list_follows_uninstallation(pip, write_wheel, offered, installed, tmp_path):
    pip(write_wheel(tmp_path, "zoo-guest", plugin("one")))
    assert offered() == {"one"}
    remove(installed, "zoo_guest")
    assert not list(installed.glob("zoo_guest*"))
    assert offered() == offered(FROM_THE_INDEX) == set()


@pytest.fixture
def source(installed, write_plugin, tmp_path):
    """Return the source folder of zoo-guest, which is installed as editable."""
    folder = tmp_path / "source"
    write_plugin(installed, "zoo-guest", None)
    write_plugin(folder, "zoo-guest", plugin("unused") + "from zoo_guest.names import NAMES\n")
    shutil.rmtree(folder / "zoo_guest-1.0.dist-info")
    (folder / "zoo_guest" / "names.py").write_text("NAMES = ['one']\n")
    (installed / "zoo_guest.pth").write_text(f"{folder}\n")
    return folder / "zoo_guest"


def test_zoo_list_follows_edit_of_editable_plugin(source, offered):
    assert offered() == offered(FROM_THE_INDEX) == {"one"}
    with (source / "plugin.py").open("a") as file:
        file.write("NAMES.append('two')\n")
    assert offered() == offered(FROM_THE_INDEX) == {"one", "two"}


def test_zoo_list_follows_edit_of_imported_module(source, offered):
    assert offered() == {"one"}
    names = source / "names.py"
    size = names.stat().st_size
    names.write_text("NAMES = ['two']\n")
    later = time.time() + 10  # bytecode is keyed by whole seconds and size
    os.utime(names, (later, later))
    assert names.stat().st_size == size
    assert offered() == {"two"}


def test_zoo_list_follows_path_file_to_other_folder(source, installed, offered, tmp_path):
    assert offered() == {"one"}
    shutil.copytree(source, tmp_path / "other" / "zoo_guest")
    (tmp_path / "other" / "zoo_guest" / "names.py").write_text("NAMES = ['the-others']\n")
    (installed / "zoo_guest.pth").write_text(f"{tmp_path / 'other'}\n")
    assert offered() == {"the-others"}


def test_index_is_separate_per_python_version(installed, write_plugin, offered):
    """Only one interpreter is installed, so ``sys.version`` is patched."""
    version = '" + __import__("sys").version.split()[0].replace(".", "-") + "'
    write_plugin(installed, "zoo-guest", plugin(f"python-{version}"))
    (this,) = offered()
    other = "sys.version = '4.2.0 (main)'"
    assert offered(other) == {"python-4-2-0"} != {this}
    assert offered(f"{other}; {FROM_THE_INDEX}") == {"python-4-2-0"}
    assert offered(FROM_THE_INDEX) == {this}


def test_index_is_separate_for_script_and_module(installed, write_plugin, run_process, tmp_path):
    """Their ``sys.path`` begins with the script's folder and the working directory."""
    imports, script = tmp_path / "imports", tmp_path / "bin" / "zoo"
    write_plugin(installed, "zoo-guest", f"open({str(imports)!r}, 'a').write('.')" + plugin("one"))
    imports.touch()
    index().mkdir(parents=True)
    script.parent.mkdir()
    script.write_text(LIST)
    time.sleep(2 * TICK / 1e9)  # no index is written within a tick of a change
    for command in ([script], ["-m", "zoo_core"]) * 2:
        result = run_process(*command, "list", site=installed, env={"PYTHONSAFEPATH": ""})
        assert "zoo-guest" in result.out
    assert imports.read_text() == "..", "each imports the plugin once"


def test_index_includes_plugin_that_changes_sys_path(installed, write_plugin, offered):
    write_plugin(installed, "zoo-guest", "import sys; sys.path.append('/nowhere')" + plugin("one"))
    assert offered() == offered(FROM_THE_INDEX) == {"one"}


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[: len(content) // 2], id="half"),
        pytest.param(lambda content: bytes(len(content)), id="zeros"),
        pytest.param(lambda content: content + content, id="twice"),
        pytest.param(lambda content: content.replace(b'"one"', b'"won"'), id="a name"),
        pytest.param(lambda content: content.replace(b'"models"', b'"nodels"'), id="a key"),
        pytest.param(lambda content: b"[" * len(content), id="too deep"),
    ],
)
def test_index_is_rebuilt_when_damaged(installed, write_plugin, offered, damage):
    write_plugin(installed, "zoo-guest", plugin("one"))
    assert offered() == {"one"}
    (path,) = index().iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    assert offered() == offered(FROM_THE_INDEX) == {"one"}
    assert path.read_bytes() == content


@pytest.fixture
def here(site, write_plugin):
    """Install zoo-guest in this process, and wait until an index of it may be written."""
    write_plugin(site, "zoo-guest", plugin("one"))
    time.sleep(2 * TICK / 1e9)


def test_index_is_rebuilt_after_bit_flip(here):
    right = installed_rows()
    (path,) = index().iterdir()
    content = path.read_bytes()
    for position in range(0, len(content), len(content) // 40):
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        assert installed_rows() == right
        assert path.read_bytes() == content


def test_index_is_ignored_under_name_of_other_index(here, monkeypatch):
    installed_rows()
    (path,) = index().iterdir()
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-other")
    installed_rows()
    (other,) = set(index().iterdir()) - {path}
    shutil.copy(path, other)  # as in a collision of two checksums
    assert "one" not in {row["name"] for row in installed_rows()["models"]}


def test_zoo_list_works_without_writable_index(installed, write_plugin, offered):
    write_plugin(installed, "zoo-guest", plugin("one"))
    index().parent.mkdir()
    index().touch()
    assert offered() == offered() == {"one"}
    left = sorted(path.name for path in index().parent.iterdir())
    assert left == ["first-offers.json", "index", "locks"]
    index().unlink()
    assert offered() == offered(FROM_THE_INDEX) == {"one"}


def test_zoo_list_works_with_folder_in_place_of_index(installed, write_plugin, offered):
    write_plugin(installed, "zoo-guest", plugin("one"))
    assert offered() == {"one"}
    (path,) = index().iterdir()
    path.unlink()
    path.mkdir()
    assert offered() == offered() == {"one"}
    assert list(index().iterdir()) == [path]


def test_index_is_written_whole_by_concurrent_processes(
    installed, write_plugin, words, offered, spawn, tmp_path
):
    names = {f"model-{i}" for i in range(10_000)}  # so that writing takes a while
    write_plugin(installed, "zoo-guest", plugin("") + f"NAMES = {sorted(names)}\n")
    ready = words("import zoo_core.plugins.catalog, zoo_core.plugins.loader; sys.stdin.read()")
    outputs = [tmp_path / f"output-{i}" for i in range(8)]
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                spawn(*ready, stdin=subprocess.PIPE, stdout=stack.enter_context(out.open("w")))
            )
            for out in outputs
        ]
        for process in processes:
            process.stdin.close()
        seen = set()
        while any(process.poll() is None for process in processes):
            seen |= {path.read_bytes() for path in index().glob("*.json")}
        assert {(process.returncode, process.stderr.read()) for process in processes} == {(0, "")}
    for out in outputs:
        models = json.loads(out.read_text())["models"]
        assert names <= {row["name"] for row in models}
    (path,) = index().iterdir()
    assert seen <= {path.read_bytes()}, "a reader sees a complete index or none"
    assert offered(FROM_THE_INDEX) == names


def test_zoo_list_follows_edit_during_loading(installed, write_plugin, words, offered, spawn):
    write_plugin(installed, "zoo-guest", WAITING + plugin("one"))
    with spawn(*words()) as process:
        started(installed, process)
        (installed / "zoo_guest" / "plugin.py").write_text(plugin("two"))
        (installed / "zoo_guest" / "go").touch()
        out, _ = process.communicate()
    assert '"one"' in out
    assert offered() == offered(FROM_THE_INDEX) == {"two"}


def test_zoo_list_follows_installation_during_loading(
    installed, write_plugin, words, run_process, spawn
):
    write_plugin(installed, "zoo-guest", WAITING + plugin("one"))
    with spawn(*words()) as process:
        started(installed, process)
        write_plugin(installed, "zoo-late", plugin("two"))
        (installed / "zoo_guest" / "go").touch()
        out, _ = process.communicate()
    assert '"one"' in out
    models = run_process(*words()).json["models"]
    assert {"one", "two"} <= {row["name"] for row in models}
