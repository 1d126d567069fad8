"""The front page of `zoo`, and `zoo --help`, on terminals of several sizes."""

import json
import textwrap
import time

import click
import pytest

from zoo_core.cli.help.top_help import EXAMPLES, GROUPS, MAX_WIDTH, OPTIONS, help_text
from zoo_core.cli.main import zoo
from zoo_core.plugins.index.stamped_file import TICK
from zoo_core.plugins.specs import COMMAND_GROUPS, CommandSpec

SPEC = {"name": "greet", "summary": "s", "command": "zoo_polite.plugin:greet"}

MODULES = """
import json, sys
from zoo_core.__main__ import main
sys.argv = ["zoo", *sys.argv[1:]]
main()
print(json.dumps(sorted(sys.modules)))
"""

HEAVY = {"click", "numpy", "pydantic", "pluggy", "rich", "textwrap", "shutil", "zoo_toy"}


def row(**values):
    return {**SPEC, "group": "more", "plugin": "zoo-polite", **values}


def test_zoo_alone_prints_numbers_and_three_commands(cli):
    result = cli()
    assert (result.code, result.err) == (0, "")
    here, _, then = result.out.partition("Next:\n")
    assert "2  models\n" in here
    assert "0  models with published weights" in here
    commands = [line.split("  ")[1] for line in then.splitlines()]
    assert commands == ["zoo list", "zoo train softmax", "zoo --help"]


def test_zoo_alone_counts_published_weights_of_installed_models_only(cli, added):
    assert "1  model with published weights" in cli().out
    disabled = cli(env={"ZOO_PLUGINS": "zoo-core"}).out
    assert "0  models with published weights" in disabled


def test_zoo_alone_shows_latest_run(cli):
    for _ in range(2):
        assert cli("train", "softmax", "--epochs", "1").code == 0
    out = cli().out
    assert "2  runs of yours; the latest is runs/softmax-2" in out
    assert "zoo info runs/softmax-2" in out


def test_zoo_alone_without_models_suggests_own_model(cli):
    out = cli(env={"ZOO_PLUGINS": "zoo-core"}).out
    assert "0  models" in out
    assert "zoo new my-model" in out


def test_zoo_alone_names_unusable_plugins_in_one_line(cli, write_plugin, tmp_path):
    write_plugin(tmp_path / "site", "zoo-bad", "import no_such_module")
    result = cli(site=tmp_path / "site")
    (line,) = [line for line in result.out.splitlines() if "plugins" in line]
    assert line.split() == [
        "3",
        "plugins,",
        "1",
        "of",
        "them",
        "not",
        "usable:",
        "run",
        "`zoo",
        "doctor`",
    ]
    assert result.code == 0


def test_help_lists_every_command_below_heading_of_its_group(cli):
    headings, found = [], {}
    for line in cli("--help").out.splitlines()[3:]:
        if line.endswith(":"):
            headings.append(line.removesuffix(":"))
        found[line.split()[0]] = headings[-1]
    assert headings == [*list(GROUPS.values())[:-1], "Options", "Examples"]
    assert {found["predict"], found["list"]} == {"Use models"}
    assert (found["new"], found["doctor"]) == ("Extend zoo", "Care for the installation")


def test_help_is_the_same_with_click(cli):
    assert cli("--help").out == cli("-h").out == cli("--debug", "--help").out


def test_help_states_every_option_of_zoo():
    stated = {word.rstrip(",") for option in OPTIONS for word in option.split()}
    for option in zoo.params:
        assert stated >= set(option.opts), option


def test_headings_are_those_of_groups_of_specs():
    assert tuple(GROUPS) == COMMAND_GROUPS


def test_command_spec_refuses_unknown_group():
    assert CommandSpec(**SPEC).group == "more"
    with pytest.raises(ValueError, match=r"'greet': group: expected one of use, .*got 'misc'"):
        CommandSpec(**SPEC, group="misc")


@pytest.mark.parametrize("arguments", [["--help"], []], ids=["help", "front page"])
def test_warm_help_imports_no_click(cli, run_process, arguments):
    cli()  # writes the index
    time.sleep(2 * TICK / 1e9)  # because nothing is cached that depends on a file just written
    cli()  # writes the figures, which depend on the index
    *_, modules = run_process("-c", MODULES, *arguments).out.splitlines()
    assert not HEAVY & set(json.loads(modules))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("arguments", [["--help"], []], ids=["help", "front page"])
def test_help_fits_terminal(screen, width, arguments):
    shown = screen(*arguments, width=width, height=100, TERM="dumb", NO_COLOR="1", LC_ALL="C")
    assert shown.code == 0
    assert "\x1b" not in shown.raw
    # A line of exactly the width is a line that the terminal may have broken.
    assert max(map(len, shown.lines)) <= min(width, MAX_WIDTH)
    written = [line.rstrip("\r") for line in shown.raw.splitlines()]
    assert [line.rstrip() for line in written] == shown.lines


def test_help_of_core_is_at_most_40_lines(screen):
    assert len(screen("--help", height=40).lines) <= 40


LONG = """
from zoo_core import CommandSpec, hookimpl

@hookimpl
def zoo_commands():
    long = CommandSpec(name="a" * 64, summary="b" * 300, command="x:y", group="use")
    return [long, CommandSpec(name="greet", summary="Greet " + "people " * 42, command="x:y")]
"""


@pytest.mark.parametrize("width", [40, 80])
def test_help_wraps_long_name_and_summary_of_plugin(screen, write_plugin, site, width):
    write_plugin(site, "zoo-long", LONG)
    shown = screen("--help", site=site, width=width, height=100, TERM="dumb")
    lines = [line for line in shown.raw.splitlines() if "a" * 64 not in line]
    assert shown.code == 0
    assert max(map(len, lines)) <= width
    assert shown.text.count("people") == 42
    assert shown.text.count("b") > 300
    assert "More commands of plugins:" in shown.text


def test_help_escapes_control_characters():
    assert "\\x1b[31mred" in help_text([row(summary="\x1b[31mred")], 80)


def test_examples_of_zoo_name_its_commands():
    for line in EXAMPLES:
        program, command, *_ = line.split()
        assert program == "zoo"
        assert command in zoo.list_commands(click.Context(zoo))


WITHOUT_RICH = textwrap.dedent(
    """
    import sys
    sys.modules["rich"] = None
    from zoo_core.__main__ import main
    sys.argv = ["zoo", *sys.argv[1:]]
    main()
    """
)


@pytest.mark.parametrize("arguments", [["--help"], [], ["train", "--help"]], ids=str)
def test_help_works_without_rich(run_process, arguments):
    assert "zoo" in run_process("-c", WITHOUT_RICH, *arguments).out
