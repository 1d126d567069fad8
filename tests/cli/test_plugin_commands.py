"""Commands of plugins: listed without an import, and isolated from each other."""

import pytest

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec

@hookimpl
def zoo_commands():
    return [CommandSpec(name="greet", command="zoo_NAME.greeting:greet", summary="Greet a person.")]
"""

GREETING = """
import sys
import click

sys.stderr.write("greeting is imported")

@click.command()
@click.argument("whom")
def greet(whom):
    click.echo(f"Hello {whom}")
"""


@pytest.fixture
def greeter(site, write_plugin):
    """Return a function that installs a plugin with the command `greet`."""

    def install(name, code=GREETING):
        write_plugin(site, f"zoo-{name}", PLUGIN.replace("NAME", name))
        (site / f"zoo_{name}" / "greeting.py").write_text(code)
        return site

    return install


def test_help_lists_plugin_command_without_import(cli, greeter):
    site = greeter("polite")
    for _ in ("cold", "warm"):
        done = cli("--help", site=site)
        assert "greet       Greet a person." in done.out
        assert "imported" not in done.err


def test_plugin_command_runs(cli, greeter):
    done = cli("greet", "you", site=greeter("polite"))
    assert (done.code, done.out) == (0, "Hello you\n")


def test_broken_plugin_command_leaves_others_usable(cli, greeter):
    site = greeter("rude", "import no_such_module")
    assert "greet" in cli("--help", site=site).out
    done = cli("greet", "you", site=site)
    assert done.code == 4
    assert "zoo-rude 1.0" in done.err
    assert "zoo_rude.greeting:greet" in done.err
    assert cli("list", site=site).code == 0


def test_ambiguous_plugin_command_requires_distribution(cli, greeter):
    greeter("polite")
    site = greeter("loud", GREETING.replace("Hello", "HEY"))
    done = cli("greet", "you", site=site)
    assert done.code == 3
    assert "zoo-loud/greet, zoo-polite/greet" in done.err
    assert cli("zoo-loud/greet", "you", site=site).out == "HEY you\n"


def test_plugin_command_exception_exits_1(cli, greeter):
    site = greeter("odd", GREETING.replace('click.echo(f"Hello {whom}")', "1 / 0"))
    done = cli("greet", "you", site=site)
    assert done.code == 1
    assert "ZeroDivisionError" in done.err


def test_plugin_command_without_decorator_names_its_line(cli, greeter, tmp_path):
    code = GREETING.replace("@click.command()\n", "").replace('@click.argument("whom")\n', "")
    done = cli("greet", "you", site=greeter("bare", code))
    assert done.code == 4
    assert "command 'greet' of zoo-bare 1.0: command: expected a click command" in done.err
    assert "zoo_bare.greeting:greet, got function" in done.err
    file = tmp_path / "bare.py"
    hooks = PLUGIN.replace("zoo_NAME.greeting:greet", "bare:greet")
    file.write_text(f"{hooks}\ndef greet():\n    pass\n", encoding="utf-8")
    assert f"Edit {file}:9." in cli("-p", file, "greet").err


def test_command_of_broken_plugin_is_unavailable(cli, site, write_plugin):
    write_plugin(site, "zoo-bad", "1 / 0")
    done = cli("greet", "you", site=site)
    assert done.code == 4
    assert "command 'greet'" in done.err
    assert "zoo-bad 1.0" in done.err


def test_zoo_train_rejects_dataset_as_model(cli):
    done = cli("train", "toy")
    assert done.code == 3
    assert "'toy' is a dataset" in done.err
    assert "zoo train MODEL --dataset toy" in done.err
