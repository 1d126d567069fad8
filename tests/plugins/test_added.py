"""Plugins without a package: ``zoo -p FILE``, `zoo.add_plugin`, specs and arrays from Python."""

import dataclasses
import importlib
import json
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core.errors import (
    DataError,
    InvalidValueError,
    PluginError,
    UnknownNameError,
    VerificationError,
)
from zoo_core.installation import installed
from zoo_core.installation.installed import installed_rows, load_catalog
from zoo_core.plugins.bare_names import first_offers
from zoo_core.publishing.publish import publish_run
from zoo_core.training.training import Training

CODE = """
from zoo_core import ModelConfig, ModelSpec, hookimpl


class Config(ModelConfig):
    scale: float = 0.01


RECIPES = {"default": {"epochs": 2, "batch_size": 16, "lr": 0.5}}


def build(config):
    from zoo_toy.model import Softmax

    return Softmax(config)


SPEC = ModelSpec(
    name="NAME", summary="Mine.", builder="my_model:build", config="my_model:Config",
    recipes="my_model:RECIPES", trainer="toy", dataset="toy", license="MIT",
)


@hookimpl
def zoo_models():
    return [SPEC]


@hookimpl
def zoo_train_end(run):
    (run.folder / "hook").touch()
"""


@pytest.fixture
def write_file(tmp_path):
    """Return a function that writes a plugin file into a folder of its own."""

    def write(code=CODE, name="my_model.py", model="mine"):
        path = tmp_path / "code" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code.replace("NAME", model))
        return path

    return write


@pytest.fixture
def module(toy, write_file, tmp_path, monkeypatch):
    """Return the module of a plugin file, imported as a user does."""
    write_file()
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    importlib.invalidate_caches()
    yield importlib.import_module("my_model")
    del sys.modules["my_model"]


@pytest.fixture
def own_path(monkeypatch):
    """Restore ``sys.path`` and the imported modules."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("my_model", None)


def arrays(*, brightness=0):
    """Return a data set of a user's own, like that of the toy plugin."""
    from zoo_toy.data import load

    dataset = load()
    train = dataset.splits["train"]
    changed = type(train)(np.maximum(train.inputs, np.uint8(brightness)), train.targets)
    splits = {**dataset.splits, "train": changed}
    return type(dataset)(**{**vars_of(dataset), "splits": splits})


def vars_of(dataset):
    return {name: getattr(dataset, name) for name in dataset.__dataclass_fields__}


def test_p_option_loads_file_for_one_command(cli, write_file):
    path = write_file()
    trained = cli("-p", path, "train", "mine", "--out", "run")
    assert trained.code == 0, trained.err
    card = json.loads((path.parents[1] / "run" / "card.json").read_text())
    assert (card["model"], card["plugin"]) == ("mine", "module:my_model")
    assert re.fullmatch("sha256:[0-9a-f]{12}", card["versions"]["module:my_model"])
    assert "Not publishable" in (path.parents[1] / "run" / "card.md").read_text()
    assert (path.parents[1] / "run" / "hook").exists(), "its other hooks are called, too"
    listed = cli("-p", path, "list", "--json").json["models"]
    assert {"mine", "softmax"} <= {row["name"] for row in listed}
    assert cli("-p", path, "evaluate", "run").code == 0
    after = cli("list", "--json")
    assert "mine" not in {row["name"] for row in after.json["models"]}
    assert not any(b"my_model" in each.read_bytes() for each in indexes())
    without = cli("evaluate", "run")
    assert without.code == 3
    assert "zoo -p ./my_model.py" in without.err


@pytest.mark.slow
def test_p_option_checks_plugin_of_file(cli, write_file):
    # Its module imports a framework, which is right in a file: no other command imports it.
    path = write_file(f"import numpy, pickle\n{CODE}")
    done = cli("-p", path, "check", "--only", "module:my_model", "--only", "mine.default: predicts")
    passed, failed = (
        [line.split(maxsplit=1)[1] for line in done.out.splitlines() if line.startswith(sign)]
        for sign in ("ok", "FAIL")
    )
    assert [line.partition("  (")[0] for line in passed] == [
        "module:my_model: loads",
        "module:my_model: offers something",
        "module:my_model: runs its training hooks",
        "mine.default: predicts",
        "module:my_model: lists everything it offers",
    ]
    (line,) = failed
    assert "my_model.py:1 uses pickle" in line
    assert cli("-p", path, "check", "my_model", "--list").out.startswith("module:my_model:")


def test_check_without_plugin_names_what_is_expected(cli, write_file):
    done = cli("check")
    assert done.code == 2
    assert "expected the name of a plugin, or `-p FILE` with one file, got 0 files" in done.err


def indexes():
    return list((Path(os.environ["ZOO_HOME"]) / "index").glob("*.json"))


def test_p_option_loads_module_of_package(cli, tmp_path):
    package = tmp_path / "models"
    package.mkdir()
    (package / "first.py").write_text(CODE.replace("my_model", "models.first").replace("NAME", "a"))
    (package / "second.py").write_text(
        CODE.replace("my_model", "models.second").replace("NAME", "b")
    )
    both = ("-p", "models.first", "-p", "models.second")
    names = {row["name"] for row in cli(*both, "list", "--json").json["models"]}
    assert {"a", "b"} <= names
    plugins = cli(*both, "plugins", "list", "--json").json["plugins"]
    assert {"module:models.first", "module:models.second"} <= {row["name"] for row in plugins}
    assert cli(*both, "train", "b", "--epochs", 1, "--out", "run").code == 0


def test_file_may_import_its_neighbors(cli, write_file):
    write_file("SIZE = 2\n", "my_helper.py")
    code = CODE.replace('"epochs": 2', '"epochs": my_helper.SIZE')
    path = write_file(f"import my_helper\n{code}")
    assert cli("-p", path, "train", "mine", "--out", "run").code == 0


OFFERS = """
import dataclasses

import click
from zoo_core import CommandSpec, hookimpl
from zoo_toy import plugin
from zoo_toy.data import load


@hookimpl
def zoo_datasets():
    return [dataclasses.replace(plugin.zoo_datasets()[0], name="copy", loader="my_model:load")]


@hookimpl
def zoo_commands():
    return [CommandSpec(name="greet", summary="s", command="my_model:greet")]


@click.command()
def greet():
    click.echo("hello")
"""


def test_file_may_offer_data_sets_and_commands(cli, write_file):
    path = write_file(OFFERS)
    assert cli("-p", path, "greet").out == "hello\n"
    for number, name in enumerate(("copy", "module:my_model/copy")):
        run = f"run-{number}"
        trained = cli("-p", path, "train", "softmax", "--dataset", name, "--out", run)
        assert trained.code == 0, trained.err
        published = cli("-p", path, "publish", run, "--as", "softmax.x", "--registry", "r")
        assert published.code == 2
        assert "module:my_model" in published.err
    assert cli("greet").code in (2, 4)  # 4 if other plugins are disabled


def test_name_of_installed_plugin_stays_its_own(cli, write_file):
    path = write_file(model="softmax")
    assert cli("-p", path, "info", "softmax", "--json").json["plugin"] == "zoo-toy"
    row = cli("-p", path, "info", "module:my_model/softmax", "--json").json
    assert row["plugin"] == "module:my_model"
    trained = cli("-p", path, "train", "module:my_model/softmax", "--out", "run")
    assert trained.code == 0, trained.err


def test_resumed_training_needs_the_same_file(cli, write_file, toy, module, tmp_path):
    class Stop(zoo.Callbacks):
        def epoch_end(self, run, epoch, metrics):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zoo.train(module, out=tmp_path / "run", callbacks=[Stop()])
    refused = cli("train", "--resume", "run")
    assert refused.code == 3
    assert "my_model" in refused.err
    assert cli("-p", tmp_path / "code" / "my_model.py", "train", "--resume", "run").code == 0


@pytest.mark.parametrize(
    ("code", "line", "fault"),
    [
        ("import os\n\nraise ValueError('no')\n", 3, "ValueError: no"),
        ("x = 1\ndef f(:\n    pass\n", 2, "SyntaxError"),
        ("import no_such_module\n", 1, "ModuleNotFoundError"),
        ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError"),
        (CODE.replace("return [SPEC]", "return [SPEC.nme]"), 26, "AttributeError"),
        (CODE.replace("my_model:build", "no colon"), 18, "'no colon'"),
    ],
)
def test_p_option_names_file_and_line_of_error(cli, write_file, code, line, fault):
    path = write_file(code)
    done = cli("-p", path, "list")
    assert (done.code, done.out) == (4, "")
    (message,) = done.err.splitlines()
    assert fault in message
    assert f"({path}, line {line})" in message, message


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("x = 1\n", "no function with @zoo_core.hookimpl"),
        (CODE.replace("def zoo_models", "def zoo_model"), "'zoo_model'"),
        (CODE.replace("[SPEC]", "[1]"), "zoo_models: expected ModelSpecs, got 1"),
    ],
)
def test_p_option_explains_file_that_is_no_plugin(cli, write_file, code, fault):
    done = cli("-p", write_file(code), "list")
    assert (done.code, done.out) == (4, "")
    (message,) = done.err.splitlines()
    assert fault in message
    assert "module:my_model" in message


@pytest.mark.parametrize(
    ("name", "fault"),
    [("json.py", "json"), ("my-model.py", "my-model.py"), ("numpy.py", "Rename")],
)
def test_p_option_refuses_file_that_cannot_be_imported(cli, write_file, name, fault):
    done = cli("-p", write_file(name=name), "list")
    assert (done.code, done.out) == (2, "")
    (message,) = done.err.splitlines()
    assert fault in message


def test_p_option_refuses_other_words(cli, tmp_path):
    assert "no such file" in cli("-p", "./nothing.py", "list").err
    assert cli("-p", "./nothing.py", "list").code == 2
    assert cli("-p", "no_such_module_x", "list").code == 4
    wrong = cli("-p", "zoo-toy", "list")
    assert wrong.code == 2
    assert "expected no:NAME, a file such as ./my_model.py or a module" in wrong.err


def test_child_processes_load_the_same_file(write_file, run_python, tmp_path):
    path = write_file()
    code = (
        "import os\nfrom zoo_core.cli.main import run\n"
        "run(['-p', 'code/my_model.py', 'list'])\nprint(os.environ['ZOO_EXTRA_PLUGINS'])"
    )
    assert run_python(code).splitlines()[-1] == str(path)
    code = "import zoo_core as zoo; print(zoo.list_models())"
    assert "'mine'" in run_python(code, env={"ZOO_EXTRA_PLUGINS": str(path)})


def test_added_plugin_is_not_recorded_as_first(toy, module):
    zoo.add_plugin(module)
    installed_rows()
    assert first_offers() == {}


def test_train_accepts_module_or_spec(module, tmp_path):
    runs = [
        zoo.train(each, out=tmp_path / f"run-{number}")
        for number, each in enumerate((module, module.SPEC, "mine"))
    ]
    assert len({run.card.weights.sha256 for run in runs}) == 1
    assert runs[0].card.plugin == "module:my_model"
    assert zoo.load(runs[0].folder).predict(runs[0].data.test.inputs).labels.shape == (50, 1)
    assert zoo.evaluate(runs[0].folder).total == 50


def test_spec_of_installed_plugin_is_that_of_the_plugin(toy, tmp_path):
    run = zoo.train(zoo.get_model_info("softmax").spec, out=tmp_path / "run", epochs=1)
    assert run.card.plugin == "zoo-toy"
    with pytest.raises(PluginError, match="is the module of another plugin, zoo-toy"):
        zoo.train(sys.modules["zoo_toy.plugin"], out=tmp_path / "again")


def test_weights_of_other_plugin_are_not_those_of_added_model(toy, module, added):
    import dataclasses

    zoo.add_plugin(dataclasses.replace(module.SPEC, name="softmax"))
    assert zoo.list_models("*softmax", pretrained=True) == ["softmax"]
    assert {"softmax", "module:my_model/softmax"} <= {*zoo.list_models()}


def test_zoo_plugins_disable_refuses_added_plugin(cli, write_file):
    done = cli("-p", write_file(), "plugins", "disable", "module:my_model")
    assert done.code == 2
    assert "-p" in done.err


def test_train_accepts_arrays(module, tmp_path):
    dataset = arrays()
    run = zoo.train(module.SPEC, dataset=dataset, out=tmp_path / "run")
    assert run.card.dataset.sha256 == dataset.sha256()
    assert run.card.versions["memory:arrays"]
    assert zoo.evaluate(run.folder) == run.card.metrics["test"]
    assert zoo.evaluate(run.folder, dataset=arrays()) == run.card.metrics["test"]
    named = zoo.train("softmax", dataset=dataset, out=tmp_path / "named", epochs=1)
    assert named.card.plugin == "zoo-toy"
    with pytest.raises(InvalidValueError, match="expected a name or an ArrayDataset, got ndarray"):
        zoo.train("softmax", dataset=np.zeros(3))
    alone = dataclasses.replace(dataset, splits={"train": dataset.splits["train"]})
    with pytest.raises(DataError, match="ArrayDataset has no split 'test': .* got train"):
        zoo.train("softmax", dataset=alone)


def test_error_of_recipe_field_names_recipe_of_plugin(cli, write_file):
    code = CODE.replace('"lr": 0.5', '"lr": 0.5, "label_smoothing": 0.1')
    path = write_file(code)
    done = cli("-p", path, "train", "mine")
    assert "invalid recipe 'default' of my_model:RECIPES: label_smoothing is 0.1" in done.err
    own = cli("-p", path, "train", "mine", "--set", "label_smoothing=0.2")
    assert "invalid recipe: label_smoothing is 0.2" in own.err


def test_resume_needs_equal_arrays(toy, tmp_path, monkeypatch):
    class Stop(zoo.Callbacks):
        def epoch_end(self, run, epoch, metrics):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zoo.train("softmax", dataset=arrays(), out=tmp_path / "run", callbacks=[Stop()])
    with pytest.raises(VerificationError, match=f"got {arrays(brightness=40).sha256()}"):
        zoo.resume(tmp_path / "run", dataset=arrays(brightness=40))
    # As in another process.
    monkeypatch.setattr(installed, "_added", [])
    monkeypatch.setattr(installed, "_catalog", None)
    with pytest.raises(UnknownNameError, match="pass an equal ArrayDataset"):
        zoo.resume(tmp_path / "run")
    with pytest.raises(VerificationError, match="not those that the training in .*run began"):
        zoo.resume(tmp_path / "run", dataset=arrays(brightness=40))
    run = zoo.resume(tmp_path / "run", dataset=arrays())
    whole = zoo.train("softmax", dataset=arrays(), out=tmp_path / "whole")
    assert run.card.weights.sha256 == whole.card.weights.sha256


@pytest.mark.parametrize("what", ["module", "arrays"])
def test_publish_refuses_run_without_package(module, tmp_path, what):
    how = {"dataset": arrays()} if what == "arrays" else {}
    run = zoo.train("softmax" if what == "arrays" else module, out=tmp_path / "run", **how)
    with pytest.raises(InvalidValueError, match=r"cannot be published: .*:.* `zoo new NAME`"):
        publish_run(load_catalog(), run.folder, f"{run.card.model}.x", str(tmp_path / "registry"))
    assert not (tmp_path / "registry").exists()


def test_spec_that_is_changed_replaces_its_former(module, tmp_path):
    import dataclasses

    zoo.train(module.SPEC, out=tmp_path / "run")
    module.MORE = {"default": {"epochs": 1, "batch_size": 16, "lr": 0.5}}
    changed = dataclasses.replace(module.SPEC, recipes="my_model:MORE")
    assert zoo.train(changed, out=tmp_path / "again").recipe.epochs == 1
    assert zoo.list_models("mine") == ["mine"]


def test_module_may_be_made_by_hand(toy, tmp_path, monkeypatch):
    """As in a notebook, whose module has no file."""
    made = ModuleType("made_by_hand")
    exec(CODE.replace("my_model", "made_by_hand").replace("NAME", "made"), vars(made))
    try:
        card = zoo.train(made, out=tmp_path / "run").card
    finally:
        sys.modules.pop("made_by_hand", None)
    assert card.versions["module:made_by_hand"] == "unknown"


def test_train_refuses_module_with_other_number_of_models(module, tmp_path):
    module.zoo_models = zoo.hookimpl(lambda: [])
    with pytest.raises(InvalidValueError, match="module:my_model offers 0 models"):
        zoo.train(module, out=tmp_path / "run")


def test_broken_module_is_not_added(module):
    module.zoo_models = zoo.hookimpl(lambda: 1 / 0)
    with pytest.raises(PluginError, match=r"ZeroDivisionError.*test_added\.py, line"):
        zoo.add_plugin(module)
    assert "softmax" in zoo.list_models()


@pytest.mark.usefixtures("own_path")
def test_add_plugin_accepts_path(toy, write_file, tmp_path):
    zoo.add_plugin(write_file())
    assert "mine" in zoo.list_models()
    with pytest.raises(InvalidValueError, match="got int"):
        zoo.add_plugin(3)


def test_changed_arrays_of_one_name_are_refused(toy, tmp_path):
    """The sha256 in the spec is checked like that of any data set."""
    run = zoo.train("softmax", dataset=arrays(), out=tmp_path / "run", epochs=1)
    with pytest.raises((VerificationError, UnknownNameError)):
        Training.repeat(
            load_catalog(),
            run.card.model_copy(
                update={"dataset": run.card.dataset.model_copy(update={"sha256": "0" * 64})}
            ),
            out=tmp_path / "again",
        ).run()
