"""Commands of plugins: listed without being imported, each apart from the others."""

import pytest

PLUGIN = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec

@hookimpl
def zoo_commands():
    return [CommandSpec(name="greet", command="zoo_NAME.greeting:greet", summary="Greet somebody.")]
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


def test_a_command_is_listed_without_being_imported(cli, greeter):
    site = greeter("polite")
    for _ in ("cold", "warm"):
        done = cli("--help", site=site)
        assert "greet       Greet somebody." in done.out
        assert "imported" not in done.err


def test_a_command_is_called(cli, greeter):
    done = cli("greet", "you", site=greeter("polite"))
    assert (done.code, done.out) == (0, "Hello you\n")


def test_a_command_that_cannot_be_imported_stops_itself_alone(cli, greeter):
    site = greeter("rude", "import no_such_module")
    assert "greet" in cli("--help", site=site).out
    done = cli("greet", "you", site=site)
    assert done.code == 4
    assert "plugin zoo-rude 1.0 cannot be used: zoo_rude.greeting:greet" in done.err
    assert cli("list", site=site).code == 0


def test_a_command_that_two_plugins_offer_needs_its_distribution(cli, greeter):
    greeter("polite")
    site = greeter("loud", GREETING.replace("Hello", "HEY"))
    done = cli("greet", "you", site=site)
    assert done.code == 3
    assert "Say which one: zoo-loud/greet, zoo-polite/greet." in done.err
    assert cli("zoo-loud/greet", "you", site=site).out == "HEY you\n"


def test_what_a_command_raises_is_one_line(cli, greeter):
    site = greeter("odd", GREETING.replace('click.echo(f"Hello {whom}")', "1 / 0"))
    done = cli("greet", "you", site=site)
    assert done.code == 1
    assert "unexpected ZeroDivisionError" in done.err


def test_a_command_of_a_broken_plugin_is_not_to_be_had(cli, site, write_plugin):
    write_plugin(site, "zoo-bad", "1 / 0")
    done = cli("greet", "you", site=site)
    assert done.code == 4
    assert "no usable plugin offers a command 'greet'" in done.err


def test_a_data_set_is_no_model(cli):
    done = cli("train", "toy")
    assert done.code == 3
    assert (
        "'toy' is a dataset, no model. To train a model on it: zoo train MODEL --dataset toy"
        in (done.err)
    )
