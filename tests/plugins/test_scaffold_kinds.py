"""`zoo new --kind` and `--trainer`: each plugin does its work unedited, in real commands."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

OTHER_FRAMEWORK = Path(__file__).parents[1] / "frameworks" / "other_framework" / "zoo_sklearn"


@pytest.fixture
def scaffold(cli, write_plugin, tmp_path):
    """Return a function that runs `zoo new`, and returns one that runs `zoo` with the plugin."""

    def create(name, *arguments, plugins=""):
        enabled = {"ZOO_PLUGINS": f"zoo-toy,zoo-{name},{plugins}"}
        folder = tmp_path / name
        made = cli("new", name, *arguments, env=enabled, site=tmp_path)
        assert made.code == 0, made.err
        write_plugin(folder, f"zoo-{name}", None, module=f"zoo_{name}.plugin")
        shutil.copytree(tmp_path / name, tmp_path / "site", dirs_exist_ok=True)
        return lambda *words, **more: cli(*words, env=enabled, site=tmp_path / "site", **more)

    return create


def passes_its_check(zoo, name):
    checked = zoo("check", f"zoo-{name}")
    assert checked.code == 0, checked.out
    return " failed" not in checked.out


@pytest.mark.requires("zoo-numpy")
def test_new_task_is_trained_published_and_verified(scaffold, tmp_path):
    zoo = scaffold("grades", "--kind", "task", plugins="zoo-numpy")
    trained = zoo("train", "grades-net", "--out", "run", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["test"]["distance"][0] < 0.3
    registry = ("--registry", tmp_path / "registry")
    assert zoo("publish", "run", "--as", "grades-net.first", *registry).code == 0
    assert zoo("verify", "grades-net.first", *registry).code == 0
    np.save(tmp_path / "wine.npy", np.array([1, 1, 0], np.float32))
    assert zoo("predict", "run", "wine.npy").out == "wine.npy: superb\n"
    assert passes_its_check(zoo, "grades")


@pytest.fixture
def npz(scaffold, run_process, tmp_path):
    """Return `zoo` with the source of `zoo new`, whose example is in example.npz."""
    zoo = scaffold("npz", "--kind", "source")
    done = run_process("-m", "zoo_npz.source", "example.npz", site=tmp_path / "site")
    assert done.code == 0, done.err
    return zoo


def test_new_source_describes_and_trains_on_users_file(npz):
    trained = npz("train", "softmax", "--dataset", "npz:example.npz", "--epochs", 5, "--json")
    assert trained.json["metrics"]["test"]["total"] == 100
    assert trained.json["metrics"]["test"]["accuracy"][0] > 0.9
    assert npz("info", "npz:example.npz", "--json").json["sizes"] == {"train": 400, "test": 100}
    assert passes_its_check(npz, "npz")


def test_new_source_finds_file_in_data_folder(npz, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "example.npz").rename(tmp_path / "data" / "example.npz")
    monkeypatch.setenv("ZOO_DATA", str(tmp_path / "data"))
    described = npz("info", "npz:example.npz", "--json").json
    assert described["place"] == str(tmp_path / "data" / "example.npz")
    assert npz("train", "softmax", "--dataset", "npz:example.npz").code == 0


@pytest.mark.parametrize("fault", ["missing", "empty", "npy", "text", "no labels", "few"])
def test_new_source_reports_unusable_file_on_one_line(npz, tmp_path, fault):
    path, images = tmp_path / "bad.npz", np.zeros((4, 1, 8, 8), np.uint8)
    match fault:
        case "empty":
            path.touch()
        case "npy":
            with path.open("wb") as file:
                np.save(file, images)
        case "text":
            path.write_text("images")
        case "no labels":
            np.savez(path, images=images)
        case "few":
            np.savez(path, images=images, labels=np.zeros(4, int))
    done = npz("train", "softmax", "--dataset", "npz:bad.npz")
    assert done.code == 1
    assert "bad.npz" in done.err
    assert len(done.err.splitlines()) == 1


def test_new_registry_lists_and_loads_weights_published_to_it(scaffold, run, tmp_path):
    zoo = scaffold("shelf", "--kind", "registry")
    weights = tmp_path / "site" / "zoo_shelf" / "weights"
    assert zoo("list", "weights", "--json").json["weights"] == []
    published = zoo("publish", run.folder, "--as", "softmax.mine", "--registry", weights)
    assert published.code == 0, published.err
    listed = zoo("list", "weights", "--json").json["weights"]
    assert [(row["name"], row["registry"]) for row in listed] == [("softmax.mine", "shelf")]
    assert zoo("evaluate", "softmax", "--json").json["metrics"]["test"]["total"] == 50
    assert zoo("verify", "softmax.mine").code == 0
    assert passes_its_check(zoo, "shelf")


def test_new_command_prints_tensors_of_weights(scaffold, run, added):
    zoo = scaffold("sizes", "--kind", "command")
    assert "Print the size of every tensor" in zoo("--help").out
    assert zoo("sizes", "softmax.first", "--json").json["tensors"]
    line = zoo("sizes", run.folder).out.splitlines()[0].split()
    assert int(line[0]) == np.prod([int(part.strip("(),")) for part in line[2:]])
    missing = zoo("sizes", "softmax.absent")
    assert (missing.code, missing.out) == (3, "")
    assert passes_its_check(zoo, "sizes")


def test_new_hooks_write_a_row_per_epoch(scaffold, run_process, tmp_path):
    zoo = scaffold("curve", "--kind", "hooks")
    trained = zoo("train", "softmax", "--epochs", 3, "--out", "run", "--json")
    assert (trained.code, trained.err) == (0, "")
    *rows, kept = (tmp_path / "run" / "curve.csv").read_text().splitlines()
    table = list(csv.DictReader(rows))
    assert [row["epoch"] for row in table] == ["1", "2", "3"]
    assert "validation.loss.0" in table[0]
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert kept == f"# the weights are those of epoch {card['epoch']}"
    again = (
        "from zoo_curve.table import add_best as add; import pathlib; add(pathlib.Path('run'), 2)"
    )
    assert run_process("-c", again, site=tmp_path / "site").code == 0
    assert (tmp_path / "run" / "curve.csv").read_text().splitlines()[:-1] == rows
    assert passes_its_check(zoo, "curve")


def test_hooks_of_resumed_training_repeat_no_row(scaffold, write_plugin, tmp_path):
    """The process ends in its third epoch, after the hook and before the checkpoint."""
    zoo = scaffold("curve", "--kind", "hooks", plugins="zoo-ending")
    code = (
        "import os\nfrom zoo_core import hookimpl\n@hookimpl(trylast=True)\n"
        "def zoo_epoch_end(run, epoch):\n"
        "    if epoch == 3 and not (run.folder / 'resumed').exists():\n"
        "        os._exit(9)\n"
    )
    write_plugin(tmp_path / "site", "zoo-ending", code)
    started = zoo("train", "softmax", "--epochs", 5, "--out", "run", "--checkpoint-every", 0)
    assert started.code == 9
    assert len((tmp_path / "run" / "curve.csv").read_text().splitlines()) == 4
    (tmp_path / "run" / "resumed").touch()
    resumed = zoo("train", "--resume", "run")
    assert resumed.code == 0, resumed.err
    *rows, _ = (tmp_path / "run" / "curve.csv").read_text().splitlines()
    assert [row["epoch"] for row in csv.DictReader(rows)] == ["1", "2", "3", "4", "5"]


@pytest.fixture
def sklearn(tmp_path, write_plugin):
    """Install the trainer `sklearn` of another distribution into the folder `site`."""
    site = tmp_path / "site"
    write_plugin(site, "zoo-sklearn", None, version="2.0")
    shutil.copytree(OTHER_FRAMEWORK, site / OTHER_FRAMEWORK.name)
    return site


@pytest.fixture
def stub(sklearn, cli, write_plugin, tmp_path):
    """Return `zoo` with a model for the trainer `sklearn`, as `zoo new` writes it."""
    enabled = {"ZOO_PLUGINS": "zoo-toy,zoo-sklearn,zoo-mine,zoo-mnist"}
    made = cli("new", "mine", "--trainer", "sklearn", env=enabled, site=sklearn)
    assert made.code == 0, made.err
    assert "builder is a stub" in made.out
    write_plugin(sklearn, "zoo-mine", None, module="zoo_mine.plugin")
    shutil.copytree(tmp_path / "mine" / "zoo_mine", sklearn / "zoo_mine")
    return lambda *words: cli(*words, env=enabled, site=sklearn)


@pytest.mark.requires("scikit-learn", "zoo-mnist")
def test_model_for_trainer_of_other_framework_names_what_its_author_needs(stub, tmp_path):
    model = (tmp_path / "mine" / "zoo_mine" / "model.py").read_text()
    assert "trainer sklearn of zoo-sklearn" in model
    assert "zoo_sklearn.model:build" in model
    assert "zoo-sklearn>=2.0" in (tmp_path / "mine" / "pyproject.toml").read_text()
    done = stub("train", "mine", "--dataset", "synthetic")
    assert len(done.err.splitlines()) == 1
    assert "has no builder yet" in done.err
    assert "Write zoo_mine/model.py" in done.err


@pytest.mark.slow
@pytest.mark.requires("scikit-learn", "zoo-mnist")
def test_stub_with_a_builder_trains(stub, sklearn):
    builder = (
        "import math\n\n"
        "from zoo_sklearn.model import _classifier\n\n\n"
        "def build(config):\n"
        "    inputs = math.prod(config.input_shape)\n"
        "    return [_classifier(inputs, classes, 'log_loss') for classes in config.outputs]\n"
    )
    (sklearn / "zoo_mine" / "model.py").write_text(builder)
    trained = stub(
        "train", "mine", "--dataset", "synthetic", "--epochs", 1, "--set", "lr=0.001", "--json"
    )
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["test"]["total"] == 450


@pytest.mark.parametrize("trainer", ["torch", "numpy"])
def test_trainer_of_zoo_selects_template_of_its_framework(cli, tmp_path, trainer):
    alone = {"ZOO_PLUGINS": "zoo-toy"}
    assert cli("new", "one", "--trainer", trainer, env=alone).code == 0
    assert cli("new", "xyz", "--framework", trainer, env=alone).code == 0
    one = (tmp_path / "one" / "zoo_one" / "plugin.py").read_text()
    assert one == (tmp_path / "xyz" / "zoo_xyz" / "plugin.py").read_text().replace("xyz", "one")
    assert f'trainer="{trainer}"' in one


def test_strangers_trainer_for_torch_gets_template_of_torch(cli, site, write_plugin, tmp_path):
    code = (
        "from zoo_core import TrainerSpec, hookimpl\n@hookimpl\ndef zoo_trainers():\n"
        "    return [TrainerSpec(name='fabric', summary='…', factory='a:B', framework='torch',\n"
        "                        recipe_fields=())]\n"
    )
    write_plugin(site, "zoo-fabric", code, version="0.3")
    enabled = {"ZOO_PLUGINS": "zoo-fabric"}
    made = cli("new", "net", "--trainer", "fabric", env=enabled, site=site)
    assert made.code == 0, made.err
    assert 'trainer="fabric"' in (tmp_path / "net" / "zoo_net" / "plugin.py").read_text()
    assert "nn.Module" in (tmp_path / "net" / "zoo_net" / "model.py").read_text()
    project = (tmp_path / "net" / "pyproject.toml").read_text()
    assert "zoo-fabric>=0.3" in project
    assert "zoo-torch" not in project


SINGLE = """
from zoo_core import ModelConfig, ModelSpec, hookimpl

RECIPES = {"default": {"epochs": 1}}

class Config(ModelConfig):
    pass

@hookimpl
def zoo_models():
    return [ModelSpec(name="single", summary="One tensor instead of a list.", license="MIT",
        builder="zoo_single.model:build", config="zoo_single.plugin:Config", trainer="mine",
        recipes="zoo_single.plugin:RECIPES", dataset="synthetic")]
"""

SINGLES = {
    "numpy": """
import numpy as np
class build:
    def __init__(self, config): self.weights = [np.ones((1, 1))]
    def initialize(self, seed): pass
    def predict(self, x): return x
    def descend(self, x, gradients, lr): pass
""",
    "torch": """
from torch import nn
class build(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.Linear(1, 1)
    def forward(self, x): return x
""",
}


@pytest.mark.parametrize(
    ("framework", "array"),
    [
        pytest.param("numpy", "ndarray", marks=pytest.mark.requires("zoo-numpy")),
        pytest.param("torch", "Tensor", marks=pytest.mark.requires("zoo-torch")),
    ],
)
def test_new_trainer_refuses_wrong_model_in_one_sentence(
    scaffold, write_plugin, tmp_path, framework, array
):
    zoo = scaffold(
        "mine", "--kind", "trainer", "--framework", framework, plugins=f"zoo-single,zoo-{framework}"
    )
    write_plugin(tmp_path / "site", "zoo-single", SINGLE)
    model = tmp_path / "site" / "zoo_single" / "model.py"
    model.write_text(SINGLES[framework])
    done = zoo("train", "single")
    assert done.code == 4
    assert f"expected a list with one {array} per head, got {array} of shape" in done.err
    model.write_text("def build(config): pass\n")
    done = zoo("train", "single")
    assert done.code == 4
    assert "builder zoo_single.model:build: expected a" in done.err
    assert f"got None (a return statement is missing). Return one at {model}:1." in done.err
