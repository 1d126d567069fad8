"""Help of every command: examples that are valid, sections of options, and suggestions."""

import re
import shlex

import click
import pytest

from zoo_core.cli.help.zoo_command import ZooCommand, ZooGroup
from zoo_core.cli.main import run, zoo

PLUGINS = ("zoo-demo", "zoo-export", "zoo-report", "zoo-tune")


def commands(group, words):
    """Yield the words and the command of a group's commands, and of those in groups."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if not command.hidden:
            yield [*words, name], command
            if isinstance(command, click.Group):
                yield from commands(command, [*words, name])


def examples():
    found = [(words, line) for words, each in commands(zoo, ["zoo"]) for line in lines(each)]
    assert len(found) > 80
    return found


def lines(command):
    return [without_shell(line) for line in getattr(command, "examples", {}).values()]


def without_shell(line):
    """Return the command of a line such as ``eval "$(zoo completion bash)"`` or ``zoo x | y``."""
    inner = re.search(r"\$\((.*?)\)", line)
    return re.split(r" [|<>] ", inner[1] if inner else line)[0]


def parse(line):
    """Return the words of the command that an example calls, after its arguments were parsed."""
    program, *arguments = shlex.split(line)
    assert program == "zoo"
    context, command, words = None, zoo, [program]
    while True:
        with command.make_context(words[-1], arguments, parent=context) as context:
            rest = [*context._protected_args, *context.args]
            if not isinstance(command, click.Group) or not rest:
                return words
            name, command, arguments = command.resolve_command(context, rest)
            words.append(name)


@pytest.fixture
def _plugins(monkeypatch):
    """Enable the plugins that have commands."""
    monkeypatch.setenv("ZOO_PLUGINS", ",".join(["zoo-core", *PLUGINS]))


@pytest.mark.usefixtures("_plugins")
def test_every_command_has_examples_that_call_it():
    for words, command in commands(zoo, ["zoo"]):
        own = [line for line in lines(command) if line.startswith(" ".join(words))]
        assert own, f"{' '.join(words)} has no example"
        assert len(lines(command)) <= 5


@pytest.mark.usefixtures("_plugins")
def test_every_example_parses(monkeypatch):
    for words, line in examples():
        with monkeypatch.context() as variables:
            variables.setenv("ZOO_EXTRA_PLUGINS", "")
            variables.setattr("zoo_core.cli.main.plugin_row", lambda name: {"name": name})
            called = parse(line)
        assert called[1] in zoo.list_commands(click.Context(zoo)), f"{words}: {line}"


def test_parse_refuses_unknown_option_of_example():
    with pytest.raises(click.NoSuchOption):
        parse("zoo train mlp --epoch 3")


@pytest.mark.usefixtures("_plugins")
def test_every_help_ends_with_examples(capsys):
    for words, command in commands(zoo, ["zoo"]):
        assert run([*words[1:], "--help"]) == 0
        _, _, end = capsys.readouterr().out.partition("\nExamples:\n")
        shown = [line.strip() for line in end.splitlines() if not line.startswith("  # ")]
        assert shown == list(command.examples.values())


@pytest.mark.usefixtures("_plugins")
def test_sections_name_options_of_their_command():
    for words, command in commands(zoo, ["zoo"]):
        known = {name for option in command.params for name in option.opts}
        for names in command.sections.values():
            assert {*names} <= known, words


@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_of_command_fits_terminal(screen, width):
    shown = screen("train", "--help", width=width, height=100, TERM="dumb", LC_ALL="C")
    examples = " ".join(shown.lines).partition("Examples:")[2]
    assert "\x1b" not in shown.raw
    assert "zoo train cnn --dataset folder:photos --out runs/photos" in examples, "not wrapped"
    written = shown.raw.replace("\r", "").partition("\nExamples")[0].splitlines()
    assert max(map(len, written)) <= min(width, 80)


@pytest.mark.usefixtures("_plugins")
def test_every_help_fits_narrow_terminal():
    for words, command in commands(zoo, ["zoo"]):
        context = command.context_class(command, info_name=" ".join(words), terminal_width=39)
        text, _, _ = command.get_help(context).partition("Examples:")
        # A name longer than half of the line has a line of its own.
        wide = [line for line in text.splitlines() if len(line) > 39 and " " in line.strip()]
        assert not wide, words


@click.group(cls=ZooGroup)
def box():
    """Open and close boxes."""


@box.command("open", examples={"A red one": "zoo box open red"}, sections={"Force": ("--hard",)})
@click.argument("color")
@click.option("--hard", is_flag=True, help="Pull.")
@click.option("--secret", hidden=True)
def open_(color, hard, secret):
    """Open a box."""


def test_command_of_plugin_has_examples_and_sections():
    command = box.commands["open"]
    text = command.get_help(command.make_context("open", ["red"]))
    *_, force, options, examples = text.split("\n\n")
    assert force == "Force:\n  --hard  Pull."
    assert options == "Options:\n  -h, --help  Show this message and exit."
    assert examples == "Examples:\n  # A red one\n  zoo box open red"


def test_help_of_group_shows_whole_summaries():
    words = "Look for boxes " + "of many sizes " * 9 + "in a cellar."
    group = ZooGroup("box", commands={"find": ZooCommand("find", help=words)})
    text = group.get_help(group.make_context("box", ["find"]))
    assert words in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["trian"], ["'trian'", "Did you mean 'train'?", "zoo --help"]),
        (["train", "softmax", "--epoch", "3"], ["--epoch", "--epochs", "zoo train --help"]),
        (["predict"], ["Missing argument 'WEIGHTS'", "zoo predict --help"]),
        (["cache", "lst"], ["'lst'", "zoo cache --help"]),
    ],
)
def test_usage_error_suggests_next_step(cli, arguments, facts):
    result = cli(*arguments)
    assert result.code == 2
    assert all(fact in result.err for fact in facts), result.err
