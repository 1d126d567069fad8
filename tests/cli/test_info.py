"""`zoo info`: words and small tables, on terminals of any size; facts as JSON."""

import re

import pytest

LONG = "a summary that goes on and on " * 10  # 300 characters
NAME = "n" * 300

PLUGIN = f"""
from zoo_core import DatasetSpec, InputSpec, LossSpec, ModelSpec, TargetSpec, hookimpl

RECIPES = {{"default": {{"epochs": 0}}}}

@hookimpl
def zoo_models():
    return [ModelSpec(name="odd", summary="s", builder="zoo_toy.model:Softmax", license="MIT",
        config="zoo_toy.config:SoftmaxConfig", recipes="zoo_added.plugin:RECIPES",
        trainer="nowhere", dataset="nothing")]

@hookimpl
def zoo_datasets():
    return [DatasetSpec(name="{NAME}", summary="{LONG}", loader="zoo_toy.data:load", source="s",
        input=InputSpec(shape=(1, 6, 5)), sizes={{"train": 9, "test": 1}}, sha256="",
        targets=(TargetSpec(task="classification", size=10, name="{NAME}"),), license="MIT")]

@hookimpl
def zoo_losses():
    return [LossSpec(name="gentle", task=task, framework="zoo-toy", summary="s",
        loss="zoo_toy.model:Softmax") for task in ("classification", "regression")]
"""


@pytest.fixture
def site(write_plugin, tmp_path):
    write_plugin(tmp_path / "site", "zoo-added", PLUGIN)
    return tmp_path / "site"


def is_plain(text):
    """Return whether text has neither JSON nor settings such as ``lr=0.1``."""
    prose = re.sub(r"zoo .*|--set .*", "", text)
    return not re.search(r"[\[{]|\b\w+=\S", prose)


def letters_of(text):
    return re.sub(r"[\W_]", "", text)


def test_model_page_has_words_and_tables(cli):
    out = cli("info", "softmax").out
    assert is_plain(out)
    assert re.search(r"(?m)^  RECIPE +EPOCHS +SETTINGS\n  default +\d+ +\w", out)
    assert re.search(r"(?m)^  FIELD +DEFAULT +MEANING$", out)
    assert re.search(r"(?m)^  zoo train softmax +# ", out)


def test_model_page_lists_published_weights_with_interval(cli, added):
    out = cli("info", "softmax").out
    assert re.search(r"softmax\.first +yes +toy +\d+\.\d\d% \(\d+\.\d\d to \d+\.\d\d\)", out)
    assert "zoo info softmax.first" in out


def test_weights_page_has_scores_training_and_commands(cli, added):
    out = cli("info", "softmax.first").out
    assert is_plain(out)
    assert re.search(r"(?m)^  test +\d+ +\d+\.\d\d% \(\d+\.\d\d to \d+\.\d\d\) +\d", out)
    assert re.search(r"(?m)^  held out +\d+ examples: a share of 0\.1 ", out)
    assert re.search(r"(?m)^  zoo verify softmax\.first +# ", out)


def test_run_page_shows_settings_that_differ_from_the_default_recipe(cli):
    cli("train", "softmax", "--set", "batch_size=7", "--out", "run")
    out = cli("info", "run").out
    assert re.search(r"(?m)^  batch size +7 +16$", out)
    assert not re.search(r"(?m)^  (momentum|lr) ", out)
    assert "zoo publish run --as softmax.TAG --registry FOLDER" in out
    alone = cli("info", "run/model.safetensors").out
    assert "weight file" in alone.splitlines()[0]
    assert "zoo publish" not in alone


def test_commands_of_weights_name_the_registry_that_was_given(cli, registry):
    out = cli("info", "softmax.first", "--registry", registry).out
    assert f"zoo verify softmax.first --registry {registry}" in out


def test_loss_page_has_its_tasks_and_frameworks(cli, site):
    out = cli("info", "gentle", site=site).out
    assert re.search(r"(?m)^  classification +zoo-toy +zoo-added", out)
    found = cli("info", "gentle", "--json", site=site).json
    assert [each["task"] for each in found["losses"]] == ["classification", "regression"]


def test_model_page_names_parts_that_are_missing_or_invalid(cli, site):
    out = " ".join(cli("info", "odd", site=site).out.split())
    assert "needs a plugin with the trainer nowhere, which is not installed" in out
    assert "data nothing, not installed" in out
    assert "One of them is invalid: invalid recipe" in out


def test_weights_of_unusable_model_are_described(cli, added):
    out = cli("-p", "no:zoo-toy", "info", "softmax.first").out
    assert "softmax of zoo-toy, which is not usable here" in out
    assert re.search(r"(?m)^  batch size +16$", out)
    assert "DEFAULT RECIPE" not in out


def test_unknown_name_has_suggestions_also_beside_unusable_plugin(cli, site):
    result = cli("-p", "no:zoo-toy", "info", "od", site=site)
    assert result.code == 3
    assert "Did you mean 'odd'?" in result.err
    assert cli("-p", "no:zoo-toy", "info", "softmax", site=site).code == 4


@pytest.mark.slow
@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("name", ["softmax", "toy", NAME])
def test_page_fits_terminal_and_nothing_is_cut(screen, cli, site, name, width):
    shown = screen("info", name, width=width, height=200, site=site)
    assert shown.code == 0
    page, _, _ = shown.raw.partition("\nNext")  # with commands, which are never broken
    assert max(map(len, page.splitlines())) <= min(width, 100)
    # Headings of columns are left out, because a narrow page has lists in place of tables.
    words = [word for word in cli("info", name, site=site).out.split() if not word.isupper()]
    shown_letters = letters_of(shown.raw)
    assert not [word for word in words if letters_of(word[:24]) not in shown_letters]


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"CI": "true"}, {"LC_ALL": "C"}]
)
def test_page_has_no_color_on_any_terminal(screen, variables):
    shown = screen("info", "softmax", **variables)
    assert shown.code == 0
    assert "\x1b" not in shown.raw


@pytest.mark.slow
def test_page_is_readable_without_utf_8(fresh_cli):
    shown = fresh_cli("info", "toy", env={"PYTHONIOENCODING": "ascii"})
    assert shown.code == 0
    assert "\\x" not in shown.out
    assert re.search(r"images of \d+x\d+ pixels", shown.out)


IMPORTS = """
import sys
from zoo_core.__main__ import main
sys.argv = ["zoo", "info", sys.argv[1]]
try:
    main()
except SystemExit as end:
    assert not end.code
print(*sorted({"torch", "rich", "pydantic", "zoo_toy.model"} & sys.modules.keys()))
"""


@pytest.mark.parametrize(("name", "imported"), [("softmax", ["pydantic"]), ("toy", [])])
def test_info_imports_neither_framework_nor_rich(run_process, fresh_cli, name, imported):
    assert fresh_cli("list").code == 0, "the index is written"
    done = run_process("-c", IMPORTS, name)
    assert done.out.splitlines()[-1].split() == imported
