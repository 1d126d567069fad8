"""The command line in real processes: output, exit codes and files."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
from PIL import Image

from zoo_core.cli.main import run
from zoo_core.recipes.fields.schedule import SCHEDULES


def test_zoo_evaluate_scores_members_and_ensemble(cli, trained):
    assert cli("train", "softmax", "--out", "other", "--seed", "5", "--epochs", "1").code == 0
    whole = cli("evaluate", "run", "other", "--json").json
    alone = [cli("evaluate", name, "--json").json for name in ("run", "other")]
    assert [member["metrics"] for member in whole["members"]] == [r["metrics"] for r in alone]
    assert whole["model"] == " + ".join(report["model"] for report in alone)
    assert whole["metrics"] not in [report["metrics"] for report in alone]
    lines = cli("evaluate", "run", "other").out.splitlines()
    *_, ensemble, count = lines[: -len(whole["details"])]
    loss = f"loss {whole['metrics']['test']['loss'][0]:.4f}"
    assert all(fact in ensemble for fact in ("2", "toy", "test", loss)), ensemble
    assert f"{whole['metrics']['test']['correct'][0]} of 50" in count


def test_zoo_evaluate_rejects_ensemble_of_different_datasets(cli, trained):
    assert cli("train", "softmax-pairs", "--out", "pairs", "--epochs", "1").code == 0
    result = cli("evaluate", "run", "pairs")
    assert result.code == 2
    assert "toy, toy-pairs" in result.err
    assert "--dataset NAME" in result.err
    result = cli("evaluate", "run", "pairs", "--dataset", "toy")
    assert result.code == 2
    assert "(1, 6, 5)" in result.err
    assert "with 2 targets" in result.err


@pytest.fixture
def trained(cli, tmp_path):
    result = cli("train", "softmax", "--out", "run")
    assert result.code == 0, result.err
    return tmp_path / "run"


def test_zoo_list_shows_installed_models(cli):
    result = cli("list")
    assert result.code == 0
    columns = ["NAME", "TASK", "DATA", "PLUGIN", "SUMMARY"]
    assert result.out.splitlines()[0].split() == columns
    assert "softmax-pairs" in result.out
    warm = cli("list")
    assert warm.out == result.out


@pytest.mark.parametrize("kind", ["models", "datasets", "trainers", "plugins"])
def test_zoo_list_json_prints_one_object(cli, kind):
    report = cli("list", kind, "--json").json
    assert report["schema"] == 1
    names = {row["name"] for row in report[kind]}
    assert names & {"softmax", "toy", "zoo-toy"}


def test_zoo_list_filters_by_pattern(cli):
    assert [row["name"] for row in cli("list", "*-pairs", "--json").json["models"]] == [
        "softmax-pairs"
    ]
    assert "'modles'" in cli("list", "modles").err


@pytest.mark.parametrize("arguments", [["list", "--help"], ["train", "--help"], ["--help"]])
def test_help_prints_usage(cli, arguments):
    result = cli(*arguments)
    assert "Usage: zoo" in result.out + result.err


def test_zoo_list_rejects_invalid_arguments(cli):
    assert cli("list", "--no-such").code == 2
    assert cli("list", "models", "a", "b").code == 2


@pytest.mark.parametrize("name", ["softmax", "toy", "zoo-toy/softmax"])
def test_zoo_info_accepts_name(cli, name):
    assert cli("info", name).code == 0
    assert cli("info", name, "--json").json["summary"]


ADDED = """
from zoo_core import DatasetSpec, InputSpec, ModelSpec, TargetSpec, TrainerSpec, hookimpl

@hookimpl
def zoo_models():
    return [ModelSpec(name="line", summary="s", builder="zoo_toy.model:Softmax", license="MIT",
        config="zoo_toy.config:SoftmaxConfig", recipes="zoo_toy.config:RECIPES", trainer="lion",
        dataset="heights", tasks=("regression",), inputs=("features",))]

@hookimpl
def zoo_datasets():
    return [DatasetSpec(name="heights", summary="s", loader="zoo_toy.data:load", source="s",
        input=InputSpec(kind="features", shape=(3,)), sizes={"train": 9, "test": 1}, sha256="",
        targets=(TargetSpec(task="regression", name="height"),), license="MIT")]

@hookimpl
def zoo_trainers():
    return [TrainerSpec(name="lion", summary="s", factory="zoo_toy.model:ToyTrainer",
        framework="zoo-toy", recipe_fields=("optimizer",), values={"optimizer": ("lion",)})]
"""


def test_zoo_info_shows_outputs_and_implemented_fields(cli, write_plugin, tmp_path):
    site = tmp_path / "site"
    write_plugin(site, "zoo-added", ADDED)
    config = cli("info", "line", "--json", site=site).json["config"]
    assert config == {"input_shape": [3], "outputs": [1], "tasks": ["regression"], "scale": 0.01}
    assert cli("info", "softmax", "--json").json["config"]["classes"] == [10]
    values = cli("info", "lion", "--json", site=site).json["values"]
    assert values == {"optimizer": ["lion"], "schedule": [*SCHEDULES]}


def test_zoo_info_accepts_run(cli, trained):
    report = cli("info", "run", "--json").json
    assert report["sha256"] == json.loads((trained / "card.json").read_text())["weights"]["sha256"]
    assert cli("info", "run").code == 0


def test_zoo_train_prints_progress(cli):
    result = cli("train", "softmax")
    lines = result.out.splitlines()
    assert all(fact in lines[0] for fact in ("softmax", "toy", "180 examples", "20", "seed 0"))
    assert lines[1].startswith("Epoch 1/5: training loss ")
    assert "of 50 examples" in lines[8]
    assert "runs/softmax-1/model.safetensors" in result.out
    assert result.err == ""


def test_zoo_train_json_prints_one_object(cli):
    options = ["--seed", 7, "--epochs", 2, "--set", "lr=0.3", "--set", "model.scale=0.5"]
    report = cli("train", "softmax", "--json", *options).json
    assert report["schema"] == 1
    assert report["run"] == "runs/softmax-1"
    recipe = report["recipe"]
    assert (recipe["seed"], recipe["epochs"], recipe["lr"]) == (7, 2, 0.3)
    assert recipe["model"] == {"scale": 0.5}
    assert report["seconds"] > 0
    for split, total in (("train", 180), ("validation", 20), ("test", 50)):
        scores = report["metrics"][split]
        assert scores["total"] == total
        assert len(scores["loss"]) == len(scores["accuracy"]) == len(scores["correct"]) == 1
        assert scores["accuracy"][0] == scores["correct"][0] / total


def test_zoo_evaluate_repeats_metrics_of_training(cli, trained):
    card = json.loads((trained / "card.json").read_text())
    report = cli("evaluate", "run", "--json").json
    assert report["metrics"]["test"] == card["metrics"]["test"]
    assert report["model"] == f"softmax@sha256:{card['weights']['sha256']}"
    assert (
        cli("evaluate", "run", "--split", "train", "--json").json["metrics"]["train"]["total"]
        == 200
    )
    assert f"{card['metrics']['test']['correct'][0]} of 50 examples" in cli("evaluate", "run").out


@pytest.fixture
def picture(tmp_path):
    image = Image.new("L", (5, 6))
    image.paste(200, (0, 4, 5, 6))  # the two rows of class 2
    image.save(tmp_path / "low.png")
    return tmp_path / "low.png"


def test_zoo_predict_classifies_image(cli, trained, picture):
    report = cli("predict", "run", "low.png", "--json", "--force").json
    (answer,) = report["predictions"]
    assert answer["file"] == "low.png"
    assert answer["labels"] == [2]
    assert answer["probabilities"][0] > answer["runners_up"][0][0]["probability"]
    assert report["model"].startswith("softmax@sha256:")
    assert cli("predict", "run", "low.png", "--force").out.startswith("low.png: low (")


def test_zoo_predict_fits_other_sizes_and_colors(cli, trained, picture):
    large = Image.open(picture).resize((50, 60), Image.Resampling.NEAREST)
    large.save(picture.parent / "large.png")
    large.convert("RGB").save(picture.parent / "color.jpg")
    report = cli("predict", "run", "large.png", "color.jpg", "--json", "--force").json
    assert [answer["labels"] for answer in report["predictions"]] == [[2], [2]]


def test_zoo_predict_names_unreadable_files_and_continues(cli, trained, picture):
    (trained.parent / "text.png").write_text("not an image")
    (trained.parent / "cut.png").write_bytes(picture.read_bytes()[:45])
    result = cli(
        "predict", "run", "text.png", "low.png", "none.png", "cut.png", "--json", "--force"
    )
    assert result.code == 1
    assert [answer["file"] for answer in result.json["predictions"]] == ["low.png"]
    for name in ("text.png", "none.png", "cut.png"):
        assert name in result.err


BAD = [
    # arguments, exit code, facts in the line
    (["train", "sotfmax"], 3, ("model 'sotfmax'", "'softmax'")),
    (["train", "nothing-of-all"], 3, ("model 'nothing-of-all'", ". ")),
    (["train", "softmax", "--dataset", "imagenet"], 3, ("dataset 'imagenet'", ". ")),
    (["train", "softmax", "--recipe", "fast"], 3, ("softmax", "recipe 'fast'", "default, slow")),
    (["train", "softmax", "--set", "trainer=jax"], 3, ("trainer 'jax'", "toy")),
    (["train", "softmax", "--set", "lr"], 2, ("--set", "KEY=VALUE", "'lr'")),
    (["train", "softmax", "--set", "color=3"], 2, ("'color'", "accumulate, batch_size")),
    (["train", "softmax", "--set", "model.width=3"], 2, ("'model.width'", "model.outputs")),
    (["train", "softmax", "--set", "model=3"], 2, ("model: ", "object", "got 3")),
    (
        ["train", "softmax", "--set", "model=3", "--set", "model.scale=1"],
        2,
        ("model: ", "object", "got 3"),
    ),
    (["train", "softmax", "--set", "lr=fast"], 2, ("lr: ", "a number", "got 'fast'")),
    (["train", "softmax", "--set", "lr=-1"], 2, ("lr: ", "than 0", "got -1")),
    (["train", "softmax", "--epochs", "0"], 2, ("epochs: ", "at least 1", "got 0")),
    (["train", "softmax", "--epochs", "two"], 2, ("'--epochs'", "'two'", "integer")),
    (["train", "softmax", "--seed", "-1"], 2, ("seed: ", "at least 0", "got -1")),
    (
        ["train", "softmax", "--set", "batch_size=999"],
        2,
        ("batch_size: ", "180", "'toy'", "got 999"),
    ),
    (["train", "softmax", "--set", "fresh=true"], 2, ("dataset 'toy'", "--set fresh=false")),
    (["train", "softmax", "--set", "ema=0.9"], 2, ("ema ", "0.9", "trainer 'toy'")),
    (
        ["train", "softmax", "--dataset", "toy-pairs"],
        2,
        ("model 'softmax'", "dataset 'toy-pairs'", "1", "2"),
    ),
    (["train", "softmax", "--out", "full"], 2, ("full ", "not empty", "--out")),
    (["train", "softmax", "--out", "full/file"], 2, ("--out full/file", "a file")),
    (
        ["train", "softmax", "--out", "full/file/run"],
        1,
        ("full/file/run", "/full/file", "--out"),
    ),
    (["train", "softmax", "--recipe", "none.toml"], 1, ("none.toml", "does not exist")),
    (["train"], 2, ("model", "zoo list")),
    (["train", "--resume", "nowhere"], 1, ("no folder nowhere", "stopped")),
    (["train", "softmax", "--resume", "full"], 2, ("--resume", "full", "NAME")),
    (
        ["train", "--resume", "full", "--set", "lr=1"],
        2,
        ("--resume", "full", "config.json", "--set"),
    ),
    (["tarin", "softmax"], 2, ("command 'tarin'", "'train'")),
    (["info", "softmxa"], 3, ("'softmxa'", "'softmax'")),
    (["evaluate", "nowhere"], 3, ("published weights 'nowhere'", "zoo list weights")),
    (["evaluate", "full"], 3, ("path full", "not a run's", "zoo list weights")),
    (["evaluate", "full/file"], 5, ("full/file", "8 bytes", "header")),
    (["predict", "nowhere", "x.png"], 3, ("published weights 'nowhere'", "zoo list weights")),
]


@pytest.mark.parametrize(
    ("arguments", "code", "facts"), BAD, ids=lambda v: " ".join(v) if isinstance(v, list) else ""
)
@pytest.mark.usefixtures("every_plugin")
def test_command_error_prints_one_line(cli, tmp_path, arguments, code, facts):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("precious")
    result = cli(*arguments)
    assert result.code == code
    assert result.out == ""
    lines = result.err.splitlines()
    message = lines[-1]
    assert len(lines) == 1 or result.err.startswith("Usage: zoo"), result.err
    assert message.startswith("zoo: " if len(lines) == 1 else "Error: ")
    assert all(fact in message for fact in facts), message
    assert (tmp_path / "full" / "file").read_text() == "precious"
    assert os.listdir(tmp_path / "full") == ["file"]
    assert not (tmp_path / "runs").exists()


def test_zoo_evaluate_rejects_unknown_split_or_unfit_dataset(cli, trained):
    assert cli("evaluate", "run", "--split", "holdout").code == 3
    result = cli("evaluate", "run", "--dataset", "toy-pairs")
    assert result.code == 2
    assert "(1, 6, 5)" in result.err
    assert "with 2 targets" in result.err


def test_zoo_train_rejects_dataset_with_other_checksum(cli):
    result = cli("train", "softmax", env={"TOY_SHA256": "0" * 64})
    assert result.code == 5
    assert "dataset 'toy'" in result.err
    assert "0" * 64 in result.err


def test_zoo_train_names_unwritable_folder(cli):
    result = cli("train", "softmax", "--out", "/proc/nowhere/run")
    assert result.code == 1
    assert "/proc/nowhere/run" in result.err
    assert "--out" in result.err


def test_broken_plugin_prints_one_warning_and_leaves_others_usable(cli, write_plugin, tmp_path):
    site = tmp_path / "site"
    write_plugin(site, "zoo-bad", "import no_such_module")
    for arguments in (["list"], ["list"], ["info", "softmax"], ["train", "softmax"]):
        result = cli(*arguments, site=site)
        assert result.code == 0, result.err
        (line,) = result.err.splitlines()
        assert line.startswith("zoo: ")
        assert "zoo-bad 1.0 (zoo-bad = zoo_bad.plugin): " in line
        assert "ModuleNotFoundError: No module named 'no_such_module'" in line
    assert cli("info", "toy", site=site).code == 0  # not a model, but a data set
    assert cli("info", "bad-model", site=site).code == 4
    needed = cli("train", "bad-model", site=site)
    assert needed.code == 4
    assert "zoo-bad 1.0" in needed.err
    rows = cli("list", "plugins", "--json", site=site).json["plugins"]
    status = {row["name"]: row["status"] for row in rows}
    assert status["zoo-bad"] == "broken"
    assert status["zoo-toy"] == "ok"


def test_zoo_info_lists_choices_for_ambiguous_name(cli, write_plugin, tmp_path):
    site = tmp_path / "site"
    code = (Path(__file__).parents[1] / "toy" / "zoo_toy" / "plugin.py").read_text()
    write_plugin(site, "zoo-twin", code)
    result = cli("info", "softmax", site=site)
    assert result.code == 3
    assert "zoo-toy/softmax, zoo-twin/softmax" in result.err
    assert cli("info", "zoo-toy/softmax", "--json", site=site).json["plugin"] == "zoo-toy"


@pytest.mark.parametrize(
    ("exc", "line"),
    [
        (OSError(28, "No space left on device", "run/x"), "No space left on device: run/x"),
        (OSError("image file is truncated"), "image file is truncated"),
    ],
)
def test_os_error_prints_one_line(exc, line, monkeypatch, capsys):
    def refuse(*_arguments, **_options):
        raise exc

    monkeypatch.setattr("zoo_core.cli.main.zoo.main", refuse)
    assert run(["list"]) == 1
    assert capsys.readouterr().err == f"zoo: {line}\n"


@pytest.mark.slow
def test_zoo_train_exits_130_on_interrupt(spawn):
    with spawn("-m", "zoo_core", "train", "softmax", "--epochs", 100_000) as process:
        while not process.stdout.readline().startswith("Epoch"):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=600)
    assert process.returncode == 130
    assert re.fullmatch(
        r"zoo: .*\b(step \d+|validation) of epoch \d+.*\bzoo train --resume runs/softmax-1",
        err.strip(),
    )


@pytest.mark.slow
def test_debug_option_shows_traceback(run_process):
    result = run_process("-m", "zoo_core", "train", "sotfmax", "--debug")
    assert "Traceback" in result.err
    assert "UnknownNameError" in result.err


@pytest.mark.parametrize(
    "command",
    [
        "",
        "list",
        "list models --license MIT",
        "list tasks --json",
        "--help",
        "train --help",
        "plugins list --debug",
    ],
)
@pytest.mark.parametrize("wait", [False, True], ids=["closed before", "closed while writing"])
def test_closed_pipe_is_not_an_error(spawn, command, wait):
    """As with ``zoo list | head -1``, which reads no more than the first lines."""
    buffered = {"PYTHONUNBUFFERED": ""}  # as in a shell, so that output is written at exit
    with spawn("-m", "zoo_core", *command.split(), env=buffered) as process:
        if wait:
            process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_broken_pipe_of_a_command_is_an_error(cli, site, write_plugin):
    """Only a closed standard stream is not, unlike the pipe of a worker that was killed."""
    code = """
import click
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec

@hookimpl
def zoo_commands():
    return [CommandSpec(name="work", summary="s", command="zoo_work.plugin:work")]

@click.command()
def work():
    raise BrokenPipeError(32, "Broken pipe")
"""
    write_plugin(site, "zoo-work", code)
    done = cli("work", site=site)
    assert done.code == 1
    assert "Broken pipe" in done.err


@pytest.mark.slow
def test_python_api_covers_train_load_and_evaluate(run_python):
    run_python(
        """
import numpy as np
import zoo_core as zoo
assert zoo.list_models("softmax*") == ["softmax", "softmax-pairs"]
assert zoo.list_models(plugin="zoo-mlp", task="none") == []
assert "default" in zoo.get_model_info("softmax").recipes
assert zoo.create_model("softmax", scale=0.5).config.scale == 0.5
run = zoo.train("softmax", out="run", epochs=2, dataset="toy", model={"scale": 0.1})
assert run.recipe.epochs == 2
pretrained = zoo.load("run")
assert pretrained.card.config["scale"] == 0.1
assert pretrained.predict(np.zeros((6, 5), np.uint8)).labels.shape == (1, 1)
assert zoo.evaluate("run") == zoo.evaluate(pretrained, split="test") == run.card.metrics["test"]
try:
    zoo.create_model("softmax", scael=1)
except zoo.ZooError as exc:
    assert "'scale'" in str(exc)
else:
    raise AssertionError
"""
    )


@pytest.mark.usefixtures("every_plugin")
def test_later_ranks_wait_before_reporting_error(toy_site, monkeypatch, capsys):
    """The launcher ends all ranks after the first exit, before the others can report."""
    waited = []

    def wait(seconds):
        waited.append(seconds)
        assert capsys.readouterr().err == ""

    monkeypatch.setattr("zoo_core.cli.main.time.sleep", wait)
    for rank in (0, 1):
        monkeypatch.setenv("RANK", str(rank))
        assert run(["train", "nonsuch"]) == 3
        assert len(waited) == rank
        assert "nonsuch" in capsys.readouterr().err
