"""Faults of plugins: an exception at any call names plugin, spec, file and line."""

import dataclasses
import json

import pytest

from zoo_core.plugins.faults.fault import find_fault
from zoo_core.plugins.plugin import Plugin, Status

FILES = {
    "plugin.py": """
from zoo_core import DatasetSpec, ModelSpec, hookimpl
from zoo_core.plugins.specs import CommandSpec, SourceSpec, TrainerSpec
from zoo_toy import plugin as toy_plugin

@hookimpl
def zoo_models():
    return [ModelSpec(name="weak", summary="s", builder="zoo_weak.model:build",
        config="zoo_weak.config:Config", recipes="zoo_toy.config:RECIPES", trainer="toy",
        dataset="toy", license="MIT", pretrained="zoo_weak.model:pretrained")]

@hookimpl
def zoo_datasets():
    toy, _ = toy_plugin.zoo_datasets()
    return [DatasetSpec(**{**vars(toy), "name": "weak-data", "loader": "zoo_weak.data:load"})]

@hookimpl
def zoo_sources():
    return [SourceSpec(name="weak-source", summary="s", describe="zoo_weak.data:describe",
        address="ANY")]

@hookimpl
def zoo_trainers():
    return [TrainerSpec(name="weak-trainer", summary="s", factory="zoo_weak.trainer:WeakTrainer",
        framework="zoo-toy", recipe_fields=("transforms",),
        transforms="zoo_weak.trainer:transforms")]

@hookimpl
def zoo_commands():
    return [CommandSpec(name="weak-command", summary="s", command="zoo_weak.command:weak")]

@hookimpl
def zoo_epoch_end(run):
    pass  # hook
""",
    "config.py": """
from pydantic import model_validator
from zoo_toy.config import SoftmaxConfig

class Config(SoftmaxConfig):
    @model_validator(mode="after")
    def check(self):
        pass  # config
        return self
""",
    "model.py": """
from zoo_toy.model import Softmax

class Weak(Softmax):
    def __call__(self, x):
        pass  # forward
        return super().__call__(x)

def build(config):
    pass  # builder
    return Weak(config)

def pretrained(config):
    pass  # pretrained
""",
    "data.py": """
from zoo_toy import data

def load():
    pass  # loader
    return helper()

def helper():
    pass  # helper
    return data.load()

def describe(address):
    pass  # describe
""",
    "trainer.py": """
from zoo_toy.model import ToyLearner, ToyTrainer

class WeakTrainer(ToyTrainer):
    def __init__(self, **options):
        pass  # factory
        super().__init__(**options)

    def start(self, model, run):
        pass  # start
        return WeakLearner(model, run)

    def predict(self, *arguments):
        pass  # predict
        return super().predict(*arguments)

class WeakLearner(ToyLearner):
    def step(self, batch):
        pass  # step
        return super().step(batch)

def transforms(names, shape):
    pass  # transforms
""",
    "command.py": """
import click

@click.command()
def weak():
    pass  # command
""",
}

WITH_TRAINER = ("train", "softmax", "--set", "trainer=weak-trainer")

CALLS = [
    # the line that raises, its function, the command, the spec
    ("loader", "load", ("train", "softmax", "--dataset", "weak-data"), "dataset 'weak-data'"),
    ("helper", "helper", ("train", "softmax", "--dataset", "weak-data"), "dataset 'weak-data'"),
    ("describe", "describe", ("train", "weak", "--dataset", "weak-source:x"), "source 'weak-sour"),
    ("config", "Config.check", ("train", "weak"), "model 'weak'"),
    ("builder", "build", ("train", "weak"), "model 'weak'"),
    ("forward", "Weak.__call__", ("train", "weak"), "model 'weak'"),
    ("pretrained", "pretrained", ("train", "weak", "--set", "pretrained=true"), "model 'weak'"),
    ("factory", "WeakTrainer.__init__", WITH_TRAINER, "trainer 'weak-trainer'"),
    ("start", "WeakTrainer.start", WITH_TRAINER, "trainer 'weak-trainer'"),
    ("step", "WeakLearner.step", WITH_TRAINER, "trainer 'weak-trainer'"),
    ("predict", "WeakTrainer.predict", WITH_TRAINER, "trainer 'weak-trainer'"),
    ("transforms", "transforms", (*WITH_TRAINER, "--set", 'transforms=["x"]'), "trainer 'weak-tr"),
    ("command", "weak", ("weak-command",), "command 'weak-command'"),
]


@pytest.fixture
def weak(tmp_path, write_plugin):
    """Return a function that installs zoo-weak, and returns the line that raises."""

    def install(where, *, code="1 / 0", editable=False):
        site = tmp_path / "site"
        write_plugin(site, "zoo-weak", "")
        for name, text in FILES.items():
            (site / "zoo_weak" / name).write_text(text.replace(f"pass  # {where}\n", f"{code}\n"))
        if editable:
            info = {"url": "file:///any", "dir_info": {"editable": True}}
            (site / "zoo_weak-1.0.dist-info" / "direct_url.json").write_text(json.dumps(info))
        for name, text in FILES.items():
            for number, line in enumerate(text.splitlines(), 1):
                if line.endswith(f"# {where}"):
                    return f"{site / 'zoo_weak' / name}:{number}"
        raise AssertionError(where)

    return install


@pytest.mark.parametrize(("where", "function", "command", "subject"), CALLS, ids=str)
def test_exception_at_call_names_plugin_spec_and_line(
    cli, weak, tmp_path, where, function, command, subject
):
    place = weak(where)
    done = cli(*command, site=tmp_path / "site")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert line.startswith(f"zoo: {subject}")
    # Of the foreign model too, which may be what the trainer fails with.
    foreign = "trainer=weak-trainer" in command
    model = " with model 'softmax' of zoo-toy 1.0" if foreign else ""
    failed = f" of zoo-weak 1.0 failed{model} at {place} ({function}): ZeroDivisionError: division"
    assert f"{failed} by zero. Report it to the authors of zoo-weak" in line


def test_exception_of_editable_plugin_names_line_to_edit(cli, weak, tmp_path):
    place = weak("forward", editable=True)
    done = cli("train", "weak", site=tmp_path / "site")
    assert done.err.endswith(f"Edit {place}, or add --debug for the traceback.\n")
    assert "Report" not in done.err


def test_os_error_of_plugin_names_plugin_and_line(cli, weak, tmp_path):
    place = weak("loader", code="open('absent.csv')")
    done = cli("train", "softmax", "--dataset", "weak-data", site=tmp_path / "site")
    assert done.code == 1
    assert done.err == (
        "zoo: No such file or directory: absent.csv "
        f"(dataset 'weak-data' of zoo-weak 1.0 at {place} (load))\n"
    )


def test_zoo_error_of_plugin_is_printed_unchanged(cli, weak, tmp_path):
    weak("loader", code="import zoo_core; raise zoo_core.ZooError('no such thing')")
    done = cli("train", "softmax", "--dataset", "weak-data", site=tmp_path / "site")
    assert (done.code, done.err) == (1, "zoo: no such thing\n")


def test_interrupt_in_plugin_exits_130(cli, weak, tmp_path):
    weak("loader", code="raise KeyboardInterrupt")
    done = cli("train", "softmax", "--dataset", "weak-data", site=tmp_path / "site")
    assert (done.code, done.err.strip()) == (130, "zoo: interrupted")


def test_exception_passes_unchanged_to_python(run_python, weak, tmp_path):
    weak("loader")
    code = """
import zoo_core as zoo
try: zoo.train("softmax", dataset="weak-data")
except Exception as exc: print(type(exc).__name__, exc, exc.__cause__)
"""
    out = run_python(code, site=tmp_path / "site")
    assert out == "ZeroDivisionError division by zero None\n"


def test_warning_of_failed_hook_names_line(cli, weak, tmp_path):
    place = weak("hook")
    done = cli("train", "softmax", "--epochs", 1, site=tmp_path / "site")
    assert done.code == 0
    assert done.err.endswith(f"ZeroDivisionError: division by zero (at {place} (zoo_epoch_end))\n")


def test_failed_build_of_weights_names_line(cli, weak, tmp_path):
    weak("hook", code="pass")
    site = tmp_path / "site"
    assert cli("train", "weak", "--epochs", 1, "--out", "run", site=site).code == 0
    model = site / "zoo_weak" / "model.py"
    model.write_text(model.read_text().replace("pass  # builder", "1 / 0"))
    done = cli("evaluate", "run", site=site)
    assert done.code == 5
    assert f"{model}:10 (build): ZeroDivisionError" in done.err


def test_exception_of_core_is_bug_of_zoo(monkeypatch, capsys):
    from zoo_core.cli.main import run

    monkeypatch.setattr("zoo_core.cli.main.zoo.main", lambda *_a, **_k: 1 / 0)
    assert run(["list"]) == 1
    err = capsys.readouterr().err
    assert f"ZeroDivisionError: division by zero at {__file__}:" in err
    assert "a bug in zoo" in err


def _raised(function):
    try:
        function()
    except Exception as exc:
        return exc


def _plugin(name, module, *offers):
    return Plugin(
        distribution=name,
        version="1.0",
        entry_point=f"{name} = {module}",
        status=Status.OK,
        offers=offers,
    )


def _function(module, code="1 / 0", **names):
    scope = {"__name__": module, **names}
    exec(compile(f"def call():\n    {code}", f"/{module}.py", "exec"), scope)
    return scope["call"]


def test_innermost_plugin_has_the_fault():
    inner = _function("zoo_b.model")
    outer = _function("zoo_a.command", "inner()", inner=inner)
    plugins = [_plugin("zoo-a", "zoo_a.plugin"), _plugin("zoo-b", "zoo_b.plugin")]
    fault = find_fault(_raised(outer), plugins)
    assert (fault.plugin.distribution, fault.frame.place) == ("zoo-b", "/zoo_b.model.py:2")
    assert fault.specs == ()
    assert fault.problem.startswith("plugin zoo-b 1.0 failed at /zoo_b.model.py:2 (call): ")


def test_framework_below_plugin_has_no_fault():
    framework = _function("torch.nn.functional")
    outer = _function("zoo_a.model", "inner()", inner=framework)
    fault = find_fault(_raised(outer), [_plugin("zoo-a", "zoo_a.plugin")])
    assert fault.frame.module == "zoo_a.model"
    assert find_fault(_raised(framework), [_plugin("zoo-a", "zoo_a.plugin")]) is None


def test_cause_of_exception_of_framework_has_the_fault():
    inner = _function("zoo_a.model")
    code = "try:\n        inner()\n    except Exception as exc:\n        raise OSError from exc"
    outer = _function("torch.utils.data", code, inner=inner)
    exc = _raised(outer)
    fault = find_fault(exc, [_plugin("zoo-a", "zoo_a.plugin")])
    assert fault.frame.module == "zoo_a.model"
    assert fault.exception is exc


def test_plugins_of_one_namespace_are_told_apart():
    plugins = [_plugin("acme-a", "acme.a.plugin"), _plugin("acme-b", "acme.b.plugin")]
    for name in ("a", "b"):
        exc = _raised(_function(f"acme.{name}.model"))
        assert find_fault(exc, plugins).plugin.distribution == f"acme-{name}"


def test_fault_in_code_that_only_specs_name_is_attributed(toy):
    (softmax,) = [spec for kind, spec in _toy(toy).offers if spec.name == "softmax"]
    stranger = _plugin("zoo-a", "zoo_a.plugin", ("models", softmax))
    exc = _raised(_function("zoo_toy.model"))
    fault = find_fault(exc, [stranger])
    assert (fault.plugin, fault.subject) == (stranger, "model 'softmax' of zoo-a 1.0")
    # The plugin that contains the code goes before one that names it.
    assert find_fault(exc, [stranger, _toy(toy)]).plugin == _toy(toy)


def test_core_that_a_spec_names_is_not_of_the_plugin(toy):
    (softmax,) = [spec for kind, spec in _toy(toy).offers if spec.name == "softmax"]
    # As the documentation recommends for a model without fields of its own.
    spec = dataclasses.replace(softmax, config="zoo_core:ModelConfig")
    plugin = _plugin("zoo-a", "zoo_a.plugin", ("models", spec))
    core = _function("zoo_core.tasks.classification")
    assert find_fault(_raised(core), [plugin]) is None
    outer = _function("zoo_a.model", "inner()", inner=core)
    assert find_fault(_raised(outer), [plugin]).frame.module == "zoo_a.model"


def test_fault_in_code_of_several_models_names_all(toy):
    fault = find_fault(_raised(_function("zoo_toy.config")), [_toy(toy)])
    assert fault.subject == "models 'softmax', 'softmax-pairs' of zoo-toy 1.0"


def _toy(catalog):
    return next(plugin for plugin in catalog.plugins if plugin.distribution == "zoo-toy")
