"""Failed imports of import strings: one sentence with the part that is missing, and the line."""

import json

import pytest

from zoo_core.errors import PluginError
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.faults.import_strings import import_strings, missing_part

PLUGIN = """
from zoo_core import ModelSpec, hookimpl

@hookimpl
def zoo_models():
    return [ModelSpec(name="weak", summary="s", license="MIT", trainer="toy", dataset="toy",
        config="zoo_weak.model:Config", recipes="zoo_weak.model:RECIPES",
        builder="zoo_weak.model:build")]
"""

MODEL = """
from zoo_core import ModelConfig

class Config(ModelConfig):
    pass

RECIPES = {"default": {}}

def build(config):
    return None
"""


@pytest.fixture
def weak(site, write_plugin):
    """Return a function that installs zoo-weak, and returns its model's entry and its folder."""

    def install(plugin=PLUGIN, model=MODEL, *, editable=False):
        write_plugin(site, "zoo-weak", plugin)
        (site / "zoo_weak" / "model.py").write_text(model)
        if editable:
            info = {"url": "file:///any", "dir_info": {"editable": True}}
            (site / "zoo_weak-1.0.dist-info" / "direct_url.json").write_text(json.dumps(info))
        return load_catalog().model("weak"), site / "zoo_weak"

    return install


@pytest.mark.parametrize(
    ("wrong", "missing"),
    [
        (
            "zoo_weak.modle:build",
            "there is no module 'zoo_weak.modle' (did you mean 'zoo_weak.model'?)",
        ),
        ("zoo_weka.model:build", "there is no module 'zoo_weka'"),
        ("zoo_weak.model:bild", "zoo_weak.model has no 'bild' (did you mean 'build'?)"),
    ],
)
@pytest.mark.parametrize("editable", [False, True])
def test_wrong_import_string_is_named_with_its_line(weak, wrong, missing, editable):
    entry, folder = weak(PLUGIN.replace("zoo_weak.model:build", wrong), editable=editable)
    with pytest.raises(PluginError) as caught:
        entry.resolve(entry.spec.builder)
    assert caught.value.problem == (
        f"model 'weak' of zoo-weak 1.0: builder: {wrong!r} does not exist: {missing}"
    )
    hint = f"Edit {folder / 'plugin.py'}:8." if editable else "Upgrade or reinstall zoo-weak."
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("code", "cause"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("x = (", "SyntaxError")],
)
def test_exception_of_module_is_named_with_its_line(weak, code, cause):
    entry, folder = weak(model=f"{MODEL}\n{code}\n", editable=True)
    place = f"{folder / 'model.py'}:12"
    with pytest.raises(PluginError) as caught:
        entry.resolve(entry.spec.builder)
    assert caught.value.problem.startswith(
        "model 'weak' of zoo-weak 1.0: builder: importing zoo_weak.model:build failed at "
        f"{place}: {cause}"
    )
    assert caught.value.hint == f"Edit {place}."


def test_missing_requirement_of_module_is_to_be_installed(weak):
    entry, folder = weak(model=f"import no_such.framework\n{MODEL}")
    with pytest.raises(PluginError) as caught:
        entry.resolve(entry.spec.builder)
    assert f"failed at {folder / 'model.py'}:1: ModuleNotFoundError" in caught.value.problem
    assert caught.value.hint == (
        "Install the package of no_such, which zoo-weak needs, or reinstall zoo-weak."
    )


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("recipes", "build", "expected a dict at zoo_weak.model:build, got function"),
        ("config", "RECIPES", "expected a subclass of zoo_core.ModelConfig at .*, got dict"),
        ("config", "config", "expected a subclass of zoo_core.ModelConfig at .*, got Config"),
        ("builder", "RECIPES", "expected a function or a class at .*, got dict"),
    ],
)
def test_object_of_wrong_kind_is_refused(weak, field, value, expected):
    own = {"recipes": "RECIPES", "config": "Config", "builder": "build"}[field]
    plugin = PLUGIN.replace(f'{field}="zoo_weak.model:{own}"', f'{field}="zoo_weak.model:{value}"')
    entry, _ = weak(plugin, f"{MODEL}\nconfig = Config()\n")
    with pytest.raises(PluginError, match=f"model 'weak' of zoo-weak 1.0: {field}: {expected}"):
        entry.resolve(getattr(entry.spec, field))


def test_function_that_returns_nothing_is_named_with_its_line(weak):
    entry, folder = weak(editable=True)
    with pytest.raises(PluginError) as caught:
        entry.call(entry.spec.builder, None, returns=dict)
    assert "expected dict from zoo_weak.model:build, got None" in caught.value.problem
    assert caught.value.hint == f"Edit {folder / 'model.py'}:9."


def test_doctor_names_wrong_import_string_once(cli, weak, site):
    head, _, model = PLUGIN.replace("zoo_weak.model:build", "zoo_weak.model:bild").partition(
        "return ["
    )
    second = model.strip().removesuffix("]").replace('"weak"', '"other"')
    weak(f"{head}return [\n{second},\n{model}")
    done = cli("doctor", "--json", site=site)
    assert done.code == 5
    found = [each for each in done.json["findings"] if "bild" in each["problem"]]
    assert len(found) == 1
    assert found[0]["problem"].endswith("zoo_weak.model has no 'bild' (did you mean 'build'?)")
    assert found[0]["remedy"] == "Upgrade or reinstall zoo-weak."


@pytest.mark.parametrize(
    "code",
    [
        "from zoo_weak.plugin import *",
        "def __getattr__(name):\n    return name",
        "globals()['made'] = 1",
        "x = (",
    ],
)
def test_names_that_only_an_import_makes_are_not_missing(weak, code):
    weak(model=code)
    assert missing_part("zoo_weak.model:made") == ""


@pytest.mark.parametrize(
    "code",
    ["def made(): ...", "class made: ...", "import os as made", "a, made = 1, 2", "made: int = 1"],
)
def test_defined_names_are_not_missing(weak, code):
    weak(model=code)
    assert missing_part("zoo_weak.model:made") == ""
    assert missing_part("zoo_weak.model:other") == "zoo_weak.model has no 'other'"


def test_every_import_string_of_installed_plugins_exists(every_plugin):
    for plugin in load_catalog().plugins:
        for _, spec in plugin.offers:
            for field, value in import_strings(spec):
                assert missing_part(value) == "", f"{spec.name}: {field}"
