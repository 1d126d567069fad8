"""`zoo new`: its plugins work unedited. `.ci/run` installs each with pip and checks it."""

import tomllib

import pytest

from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins import scaffold
from zoo_core.plugins.scaffold import NewPlugin, check_new, write_plugin

TEMPLATES = [
    ("model", "torch"),
    ("model", "numpy"),
    ("dataset", None),
    ("trainer", "torch"),
    ("trainer", "numpy"),
    ("task", None),
    ("source", None),
    ("registry", None),
    ("command", None),
    ("hooks", None),
]
TASKED = [
    ("model", framework, None, None, task)
    for task, frameworks in scaffold.TASKS.items()
    for framework in frameworks
]
TRAINED = [each for each in TEMPLATES if each[0] in ("model", "dataset", "trainer")]
PLUGINS = "zoo-tiny-net,zoo-toy,zoo-mnist,zoo-torch,zoo-numpy"


@pytest.fixture(params=[*TEMPLATES, *TASKED], ids=lambda p: "-".join(filter(None, p)))
def new(request):
    return NewPlugin("tiny-net", *request.param)


@pytest.fixture
def written(new, tmp_path):
    write_plugin(new, tmp_path / "tiny-net")
    return tmp_path / "tiny-net"


def test_write_plugin_creates_complete_distribution(new, written):
    files = {str(path.relative_to(written)) for path in written.rglob("*") if path.is_file()}
    assert {
        ".github/workflows/ci.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "tests/test_conformance.py",
        "zoo_tiny_net/__init__.py",
        "zoo_tiny_net/plugin.py",
    } <= files
    for name in files:
        text = (written / name).read_text()
        for word in ("NAME", "DISTRIBUTION", "PACKAGE", "FOLDER", "SUMMARY", "YEAR", "TASK"):
            assert f"__{word}__" not in text + name
        if name.endswith(".py"):
            compile(text, name, "exec")
            assert max(map(len, text.splitlines() or [""])) <= 100
    project = tomllib.loads((written / "pyproject.toml").read_text())["project"]
    assert project["name"] == "zoo-tiny-net"
    assert project["entry-points"]["zoo.v1"] == {"zoo-tiny-net": "zoo_tiny_net.plugin"}


def test_model_template_is_short(new, written):
    if new.kind == "model":
        # The modules of a task's data set are not counted.
        files = ("model.py", "config.py") if new.task else ("model.py", "config.py", "plugin.py")
        lines = [(written / "zoo_tiny_net" / name).read_text().splitlines() for name in files]
        assert sum(map(len, lines)) <= 85


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.requires("zoo-mnist", "zoo-numpy")
@pytest.mark.parametrize("new", TRAINED, ids=lambda p: "-".join(filter(None, p)), indirect=True)
def test_new_plugin_works_unedited(new, written, cli, write_plugin, tmp_path):
    """A new plugin is listed, trains on a real and on a small data set, and passes its check."""
    write_plugin(written, "zoo-tiny-net", None, version="0.1.0", module="zoo_tiny_net.plugin")
    environment = {"env": {"ZOO_PLUGINS": PLUGINS}, "site": written}
    listed = cli("list", f"{new.kind}s", "tiny-net", "--json", **environment)
    assert [row["name"] for row in listed.json[f"{new.kind}s"]] == ["tiny-net"]
    assert listed.err == ""
    model, datasets = "tiny-net", ["synthetic", "toy-pairs"]  # one head, and two
    if new.kind == "dataset":
        model, datasets = "numpy-net", ["tiny-net"]
    for dataset in datasets:
        words = [
            "train",
            model,
            "--dataset",
            dataset,
            "--epochs",
            2,
            "--out",
            tmp_path / f"run-{dataset}",
        ]
        trained = cli(*words, "--json", **environment)
        assert trained.code == 0, trained.err
        assert trained.json["metrics"]["test"]["total"] in (450, 50, 150)
    checked = cli("check", "tiny-net", **environment)
    assert checked.code == 0, checked.out
    assert " failed" not in checked.out


def test_zoo_new_refuses_unknown_trainer(cli):
    done = cli("new", "x", "--trainer", "jax")
    # 4 where plugins are disabled, because one of them may have it.
    assert done.code in (3, 4)
    assert "trainer 'jax'" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["Big"], 2, ["'Big'", "ower-case"]),
        (["a/b"], 2, ["'a/b'", "no '/'"]),
        (["../x"], 2, ["'../x'"]),
        (["x" * 65], 2, ["64 characters"]),
        (["softmax"], 2, ["model 'softmax'", "zoo-toy"]),
        (["toy"], 2, ["plugin zoo-toy"]),
        (["x", "--kind", "dataset", "--framework", "numpy"], 2, ["--framework", "dataset"]),
        (["x", "--kind", "hooks", "--trainer", "toy"], 2, ["--trainer", "for a model"]),
        (["x", "--framework", "numpy", "--trainer", "toy"], 2, ["replaces --framework"]),
        (["x", "--task", "sequence", "--framework", "numpy"], 2, ["framework torch", "got numpy"]),
        (["x", "--task", "sequence", "--kind", "dataset"], 2, ["--task is for a model"]),
        (["x", "--task", "ranking"], 2, ["'ranking'", "'regression', 'multi-label'"]),
        (["x" * 60, "--task", "sequence"], 2, ["59 characters"]),
        (["list", "--kind", "command"], 2, ["command 'list'", "zoo-core"]),
        (["x", "--framework", "jax"], 2, ["'jax'", "'torch', 'numpy'"]),
        (["full"], 2, ["full", "--out"]),
        (["x", "--out", "full/file/x"], 1, ["create full/file/x", ": full/file"]),
    ],
)
def test_zoo_new_refuses_invalid_arguments_and_writes_nothing(
    cli, tmp_path, arguments, code, expected
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    done = cli("new", *arguments, env={"ZOO_PLUGINS": "zoo-toy", "ZOO_NO_CACHE": "1"})
    assert (done.code, done.out) == (code, "")
    error = " ".join(done.err.split())
    assert all(fact in error for fact in expected), error
    assert [path for path in sorted(tmp_path.rglob("*")) if "zoo-home" not in str(path)] == before
    assert (tmp_path / "full" / "file").read_text() == "mine"


def test_zoo_new_prints_next_commands(cli, tmp_path):
    done = cli("new", "tiny", "--framework", "numpy", env={"ZOO_PLUGINS": "zoo-toy"})
    assert done.code == 0
    first, _, *commands = done.out.splitlines()
    assert "tiny" in first.split(":")[0]
    assert "zoo-tiny" in first
    assert commands == [
        "  pip install -e ./tiny",
        "  zoo train tiny --epochs 1",
        "  zoo check tiny",
    ]
    (tmp_path / "empty").mkdir()
    more = cli("new", "more", "--out", "empty", "--json", env={"ZOO_PLUGINS": "zoo-toy"}).json
    assert more["distribution"] == "zoo-more"
    assert "empty/pyproject.toml" in more["files"]


@pytest.mark.parametrize("name", ["zoo-acme", "zoo_acme"])
def test_zoo_new_derives_model_name_from_distribution_name(cli, tmp_path, name):
    done = cli("new", name, "--framework", "numpy", env={"ZOO_PLUGINS": "zoo-toy"})
    first = done.out.splitlines()[0]
    assert f" {name}:" in first
    assert "model acme," in first
    assert "distribution zoo-acme" in first
    assert 'name="acme"' in (tmp_path / name / "zoo_acme" / "plugin.py").read_text()


def test_name_of_model_is_not_that_of_the_folder_with_its_package(cli, tmp_path):
    write_plugin(NewPlugin("softmax", "model", "numpy"), tmp_path / "softmax")
    assert cli("info", "softmax", "--json").json["kind"] == "model"


def test_check_new_accepts_name_of_other_kind(toy):
    check_new(toy, NewPlugin("toy-pairs", "model", "numpy"))
    with pytest.raises(InvalidValueError, match="dataset 'toy-pairs' already"):
        check_new(toy, NewPlugin("toy-pairs", "dataset", None))


def test_new_model_for_a_task_needs_a_free_name_of_its_data_set(site, write_plugin):
    code = (
        "from zoo_core import DatasetSpec, InputSpec, class_targets, hookimpl\n"
        "@hookimpl\ndef zoo_datasets():\n"
        "    return [DatasetSpec(name='words-data', summary='…', loader='a:b', sha256='',\n"
        "                        input=InputSpec(shape=(1, 2, 2)), targets=class_targets(2),\n"
        "                        sizes={'train': 1, 'test': 1}, license='MIT', source='…')]\n"
    )
    write_plugin(site, "zoo-other", code)
    catalog = load_catalog()
    check_new(catalog, NewPlugin("words", "model", "torch"))
    with pytest.raises(InvalidValueError, match="dataset 'words-data' already, of zoo-other"):
        check_new(catalog, NewPlugin("words", "model", "torch", task="sequence"))


def test_dataset_template_states_its_checksum(tmp_path, run_process):
    write_plugin(NewPlugin("stripes", "dataset", None), tmp_path / "stripes")
    done = run_process("-m", "zoo_stripes.data", site=tmp_path / "stripes")
    assert done.out.strip() in (tmp_path / "stripes" / "zoo_stripes" / "plugin.py").read_text()


def test_later_layer_replaces_files_of_earlier_one(tmp_path, monkeypatch):
    for layer, name in (("common", "a"), ("common", "b"), ("model", "b"), ("model-torch", "c")):
        (tmp_path / "templates" / layer).mkdir(parents=True, exist_ok=True)
        (tmp_path / "templates" / layer / f"{name}.txt").write_text(f"{layer} __NAME__")
    monkeypatch.setattr(scaffold, "TEMPLATES", tmp_path / "templates")
    write_plugin(NewPlugin("x", "model", "torch"), tmp_path / "x")
    written = {path.name: path.read_text() for path in (tmp_path / "x").iterdir()}
    assert written == {"a": "common x", "b": "model x", "c": "model-torch x"}


def test_every_folder_of_templates_is_tested():
    layers = {layer for each in (*TEMPLATES, *TASKED) for layer in NewPlugin("x", *each).layers}
    layers |= {*NewPlugin("x", "model", scaffold.OTHER).layers}
    assert {path.name for path in scaffold.TEMPLATES.iterdir()} == {
        layer for layer in layers if (scaffold.TEMPLATES / layer).exists()
    }
    assert {kind for kind, _ in TEMPLATES} == {*scaffold.KINDS}
