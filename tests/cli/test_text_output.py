"""Output of commands: encodings, names with control characters, secrets of URLs, hints."""

import ast
import csv
import io
import json
import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo_core.cli.output import print_facts, print_json
from zoo_core.cli.prediction.output import csv_line, json_records
from zoo_core.cli.prediction.verdicts import Verdict
from zoo_core.cli.tables.table import print_table
from zoo_core.metrics.predictions import predictions_of
from zoo_core.plugins.data_specs import class_targets
from zoo_core.tasks.classification import Classification

ROOT = Path(__file__).parents[2]

DIRECT = {
    "zoo_core/system/terminal.py",
    "zoo_core/cli/output.py",  # JSON and tables, whose cells are escaped
    "zoo_core/cli/prediction/writers.py",  # rows of CSV for programs
    "zoo_core/cli/commands/completion.py",  # click's own scripts
    "plugins/zoo-torch/zoo_torch/families/make_table.py",  # a tool of developers
}
"""Files that write to standard output themselves; all others use `print_lines`."""

NAMES = [b"\xff.png", b"\x1b[31m.png", "猫\u202e.png".encode(), b":cat:[bold].png", b"a\nb\r.png"]
SHOWN = [r"\xff.png", r"\x1b[31m.png", r"猫\u202e.png", ":cat:[bold].png", r"a\nb\r.png"]

ENCODINGS = ("ascii", "cp1252", "utf-8", "utf-16-le")


@pytest.fixture
def trained(cli, tmp_path):
    assert cli("train", "softmax", "--out", "my run").code == 0
    return tmp_path / "my run"


@pytest.fixture
def images(tmp_path):
    """Return a folder of images whose names are hostile."""
    if os.name == "nt":
        pytest.skip("names are restricted there")
    (tmp_path / "images").mkdir()
    for name in NAMES:
        with open(os.fsencode(tmp_path / "images") + b"/" + name, "wb") as file:
            Image.new("L", (5, 6)).save(file, "PNG")
    return tmp_path / "images"


@pytest.fixture
def zoo(run_process):
    """Return a function that runs `zoo` with standard streams in an encoding."""

    def run(*arguments, encoding):
        env = {"PYTHONIOENCODING": encoding}
        return run_process("-m", "zoo_core", *arguments, env=env, encoding=encoding)

    return run


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_predictions_are_complete_in_any_encoding(zoo, trained, images, encoding):
    result = zoo("predict", "my run", "images", "--force", encoding=encoding)
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert len(lines) == len(NAMES)
    for name in SHOWN:
        expected = name.encode(encoding, "backslashreplace").decode(encoding)
        assert any(line.startswith(f"images/{expected}: ") for line in lines), result.out


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_json_and_csv_are_valid_in_any_encoding(zoo, run_process, trained, images, encoding):
    result = zoo("predict", "my run", "images", "--json", encoding=encoding)
    files = {each["file"].removeprefix("images/") for each in json.loads(result.out)["predictions"]}
    expected = {os.fsdecode(name).replace("\udcff", r"\xff") for name in NAMES}
    assert files == expected
    environment = {"PYTHONIOENCODING": encoding}
    command = ("-m", "zoo_core", "predict", "my run", "images", "--csv")
    with_utf8 = run_process(*command, env=environment, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(with_utf8.out, newline="")))
    # The process's text mode has replaced the "\r" of a name.
    assert {row["file"].removeprefix("images/") for row in rows} == {
        name.replace("\r", "\n") for name in expected
    }


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--no-pictures"], ["--csv"]], ids=["picture", "text", "csv"])
def test_names_do_not_act_on_terminal(in_terminal, trained, images, more):
    code, shown = in_terminal("predict", "my run", "images", "--force", *more)
    assert code == 0
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    for name in SHOWN:
        assert f"images/{name}" in shown
    assert ("▀" in shown) is (not more)  # zoo's own escape sequences are left


@pytest.mark.slow
def test_list_is_complete_in_ascii(zoo, tmp_path):
    # `zoo list` is printed without click, from the index.
    cold, warm = (zoo("list", "datasets", encoding="ascii") for _ in range(2))
    assert (cold.code, warm.code) == (0, 0)
    assert "1x6x5" in warm.out
    assert zoo("list", "--plugin", "zoo-toy", encoding="ascii").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["info", "{}"],
        ["list", "models", "{}"],
        ["list", "{}"],
        ["predict", "{}", "x.png"],
        ["predict", "softmax.first", "{}"],
        ["train", "{}"],
        ["train", "softmax", "--dataset", "{}"],
        ["train", "softmax", "--dataset", "folder:{}"],
        ["train", "softmax", "--set", "{}=1"],
        ["train", "softmax", "--set", "lr={}"],
        ["train", "softmax", "--recipe", "{}.toml"],
        ["train", "--resume", "{}"],
        ["evaluate", "softmax", "--split", "{}"],
        ["evaluate", "softmax", "--registry", "{}"],
        ["registry", "add", "{}", "/nowhere"],
        ["registry", "add", "mine", "{}"],
        ["registry", "remove", "{}"],
        ["cache", "remove", "{}"],
        ["plugins", "info", "{}"],
        ["plugins", "disable", "{}"],
        ["check", "{}"],
        ["new", "{}"],
        ["{}"],
        ["list", "--{}"],
        ["--data-dir", "{}"],
        ["-p", "no:{}", "list"],
    ],
    ids=" ".join,
)
def test_argument_of_any_bytes_gives_one_printable_line(fresh_cli, arguments):
    bad = os.fsdecode(b"\xff\x1b[31m\r\xe2\x80\xae")
    result = fresh_cli(*(each.replace("{}", bad) for each in arguments))
    assert result.code in (0, 1, 2, 3, 4), result.err
    lines = (result.out + result.err).splitlines()
    assert lines
    assert all(line.isprintable() for line in lines), lines
    assert "unexpected" not in result.err


def test_out_folder_of_any_bytes(cli, tmp_path):
    folder = os.fsdecode(b"run\xff \x1b[31m")
    if os.name == "nt":
        pytest.skip("names are restricted there")
    result = cli("train", "softmax", "--out", folder)
    assert result.code == 0, result.err
    assert result.out.isprintable() or "\x1b" not in result.out
    (hint,) = re.findall("To predict: (.*)", result.out)
    assert hint == r"zoo predict $'run\xff \x1b[31m' IMAGE"
    report = cli("train", "softmax", "--out", folder + "2", "--json").json
    assert report["run"] == "run\\xff \x1b[31m2"
    assert cli("info", folder).code == 0


def test_hints_are_quoted_for_the_shell(cli, trained):
    (trained.parent / "my photos").mkdir()
    result = cli("train", "softmax", "--dataset", "./my photos")
    assert result.code == 3
    assert shlex.split(result.err)[-2:] == ["--dataset", "folder:./my photos"]
    out = cli("train", "softmax", "--out", "it's $HOME").out
    assert shlex.split(out.splitlines()[-1].partition(": ")[2])[2] == "it's $HOME"


def test_no_command_prints_password_of_registry(cli, tmp_path):
    url = "https://user:secret@registry.invalid/path?token=secret"
    settings = tmp_path / "zoo-home" / "registries.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(json.dumps({"registries": {"mine": url}}))
    commands = [
        ["registry", "list"],
        ["registry", "list", "--json"],
        ["registry", "add", "other", url],
        ["pull", "--all"],
        ["evaluate", "softmax", "--registry", url],
        ["doctor"],
        ["doctor", "--json"],
        ["list", "weights"],
    ]
    for command in commands:
        result = cli(*command, env={"ZOO_OFFLINE": "1"})
        assert "secret" not in result.out + result.err, command
    assert "https://user:***@registry.invalid/path?token=***" in cli("registry", "list").out
    assert json.loads(settings.read_text())["registries"]["mine"] == url


def test_debug_shows_no_password(run_process):
    url = "https://user:secret@registry.invalid/"
    result = run_process("-m", "zoo_core", "evaluate", "x", "--registry", url, "--debug")
    assert "Traceback" in result.err
    assert "secret" not in result.err


def test_tables_and_facts_are_printable(capsys):
    evil = "\x1b[2J|\u202e"
    print_table(("name", "sizes"), [{"name": evil, "sizes": {evil: 3}}])
    print_facts({evil: {evil: [evil, "猫"]}, "b": evil})
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    assert "猫" in out


def test_json_is_read_by_any_parser(capsys):
    print_json({"a": "x\udcff", "b": float("nan"), "c": ["https://u:secret@h", {"\udcff": 1}]})
    out = capsys.readouterr().out
    assert out.isascii()

    def refuse(constant):
        raise AssertionError(constant)

    assert json.loads(out, parse_constant=refuse) == {
        "schema": 1,
        "a": r"x\xff",
        "b": None,
        "c": ["https://u:***@h", {r"\xff": 1}],
    }


def test_json_of_prediction_names_every_class_it_numbers():
    tasks = [Classification(target) for target in class_targets(["dog", "cat"])]
    predictions = predictions_of(tasks, [np.array([[0.0, 0.0], [-1.0, 2.0]], np.float32)])
    accepted = [Verdict("")] * 2
    first, second = json_records(["a.png", "b.png"], predictions, tasks, accepted, force=False)
    assert (first["file"], first["labels"], first["classes"]) == ("a.png", [0], ["dog"])
    assert first["runners_up"] == [[{"label": 1, "class": "cat", "probability": 0.5}]]
    assert (second["labels"], second["classes"]) == ([1], ["cat"])


@pytest.mark.parametrize("cell", ["a\nb", "a\rb", 'a"b', "a,b", "plain"])
def test_csv_line_is_one_row(cell):
    (row,) = csv.reader(io.StringIO(csv_line([cell, "1"]), newline=""))
    assert row == [cell, "1"]


def _writes(path):
    """Yield the calls in a file that print text as it is."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    for call in calls:
        name = ast.unparse(call.func)
        if name in ("print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"):
            yield f"{path}:{call.lineno}: {name}"


def test_all_text_is_printed_where_it_is_escaped():
    files = [*ROOT.glob("zoo_core/**/*.py"), *ROOT.glob("plugins/*/zoo_*/**/*.py")]
    others = [path for path in files if path.relative_to(ROOT).as_posix() not in DIRECT]
    assert len(others) > 200
    assert not [line for path in others for line in _writes(path)]
