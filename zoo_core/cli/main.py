"""The command group ``zoo`` and its error reporting; commands are imported when they are called.

Help and completion import neither NumPy nor pydantic, because those take longer than click itself:
a command imports what it computes with in its function.
"""

from __future__ import annotations

import io
import os
import sys
import time
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from zoo_core.cli.help.top_help import OPTIONS, SUMMARY, help_text, help_width
from zoo_core.errors import (
    InterruptedTrainingError,
    InvalidValueError,
    TrainingError,
    UnknownNameError,
    ZooError,
    choose_from,
)
from zoo_core.installation.click_commands import resolve_command
from zoo_core.installation.installed import (
    EXTRA,
    installed_catalog,
    installed_rows,
    plugin_row,
    warn_of_unusable,
)
from zoo_core.plugins.selection import BLOCK
from zoo_core.system.terminal import discard_output, live_lines, print_lines
from zoo_core.text import shown
from zoo_core.version import __version__

if TYPE_CHECKING:
    from zoo_core.plugins.rows import Rows

REPAIR_COMMANDS = {"check", "doctor", "install", "plugins", "uninstall"}
"""Commands that diagnose or repair plugins: they print no warning and ignore strict mode."""

REPORT_TIMEOUT = 10.0
"""Seconds for the first process of a distributed training to report an error before the others."""


class _ClosedPipeError(Exception):
    """A `BrokenPipeError` that click does not catch, because it would exit with 1 for any."""

    def __init__(self, error: BrokenPipeError) -> None:
        super().__init__(str(error))
        self.error = error


class _Commands(click.Group):
    """The commands that plugins offer, the core's own plugin included."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Return the context; `_ClosedPipeError` for a closed pipe: ``zoo --help | true``."""
        try:
            return super().make_context(*args, terminal_width=help_width(), **kwargs)
        except BrokenPipeError as exc:
            raise _ClosedPipeError(exc) from exc

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; `_ClosedPipeError` for a closed pipe."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as exc:
            raise _ClosedPipeError(exc) from exc
        finally:
            # Because a signal may come between the drawing of a line and the block that erases it.
            for line in live_lines[::-1]:
                line.close()

    # Names and summaries come from the index, so that listing commands imports no plugin.
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [row["name"] for row in _rows(ctx)["commands"]]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return resolve_command(installed_catalog(_rows(ctx)).command(cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] in known or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        try:
            # Raises a PluginError instead if an unusable plugin may offer the command.
            installed_catalog().command(args[0])
        except UnknownNameError as exc:
            hint = choose_from(args[0], known, command="zoo --help")
            raise InvalidValueError(f"there is no command {args[0]!r}", hint=hint) from exc
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command from the index."""
        # Not click's own method, because that imports every command for its help.
        return [
            CompletionItem(row["name"], help=shown(row["summary"]))
            for row in installed_rows()["commands"]
            if row["name"].startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)

    def get_help(self, ctx: click.Context) -> str:
        """Return the text that `zoo --help` prints without click."""
        return help_text(_rows(ctx)["commands"])


def _rows(ctx: click.Context) -> Rows:
    """Return the rows of the index, which are read once per command line."""
    root = ctx.find_root()
    if root.obj is None:
        root.obj = installed_rows()
    rows: Rows = root.obj
    return rows


def _select_plugins(ctx: click.Context, option: click.Parameter, words: tuple[str, ...]) -> None:
    """Add the excluded plugins to ``ZOO_PLUGINS``, and files and modules to the extra ones."""
    if not words:
        return
    from zoo_core.plugins.added import absolute, is_word

    names = [word for word in words if word.startswith(BLOCK)]
    # A completion imports no file, because an error would be printed into the prompt.
    extra = [] if ctx.resilient_parsing else [word for word in words if word not in names]
    for word in words:
        if word == BLOCK or (word in extra and not is_word(word)):
            expected = f"{BLOCK}NAME, a file such as ./my_model.py or a module"
            raise click.BadParameter(f"expected {expected}, got {word!r}", ctx, option)
    # Variables, not parameters, because worker processes must load the same plugins.
    _extend("ZOO_PLUGINS", ",", names)
    _extend(EXTRA, os.pathsep, map(absolute, extra))
    for name in names:  # after the variables are set, because this may import the other plugins
        plugin_row(name.removeprefix(BLOCK))


def _extend(variable: str, separator: str, words: Iterable[str]) -> None:
    """Append words to an environment variable."""
    values = [*filter(None, [os.environ.get(variable)]), *words]
    if values:
        os.environ[variable] = separator.join(values)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=SUMMARY,
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="zoo", help=OPTIONS["--version"])
@click.option("--debug", is_flag=True, help=OPTIONS["--debug"])
@click.option(
    "-p",
    "selected",
    metavar="no:NAME|FILE|MODULE",
    multiple=True,
    is_eager=True,  # before --help, which lists the commands of the loaded plugins
    expose_value=False,
    callback=_select_plugins,
    help=OPTIONS["-p no:NAME|FILE|MODULE"],
)
@click.pass_context
def zoo(ctx: click.Context, debug: bool) -> None:
    if ctx.invoked_subcommand is None:
        from zoo_core.cli.help.front_page import print_front_page

        print_front_page()
    elif ctx.invoked_subcommand not in {"list", *REPAIR_COMMANDS}:  # list warns below its table
        warn_of_unusable(_rows(ctx)["plugins"])


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors are reported on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Not parsed by click, because users append --debug to the command that has just failed.
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result: Any = zoo.main(arguments, prog_name="zoo", standalone_mode=False)
        sys.stdout.flush()  # here, because at exit a closed pipe could not be caught
    except click.ClickException as exc:
        return _report_usage(exc)
    except (click.Abort, KeyboardInterrupt) as exc:
        return _report_interrupt(exc)
    except Exception as exc:
        return _report(exc, debug=debug)
    return result if isinstance(result, int) else 0


def _report_usage(exc: click.ClickException) -> int:
    message = io.StringIO()
    exc.show(message)
    print_lines(*message.getvalue().rstrip("\n").split("\n"), err=True)
    return exc.exit_code


def _report_interrupt(exc: BaseException) -> int:
    # click converts every KeyboardInterrupt to an Abort.
    interrupt = exc.__cause__ if isinstance(exc, click.Abort) else exc
    if not isinstance(interrupt, InterruptedTrainingError):
        print_lines("zoo: interrupted", err=True)
        return 130
    from zoo_core.frameworks.distributed import env_rank

    if env_rank() == 0:
        print_lines(f"zoo: {interrupt}", err=True)
    return interrupt.exit_code


def _report(exc: Exception, *, debug: bool) -> int:
    if isinstance(exc, _ClosedPipeError):
        exc = exc.error
    if isinstance(exc, BrokenPipeError) and discard_output():
        return 0
    if debug:
        # Through `print_lines`, because the messages in it are masked and escaped, too.
        print_lines(*traceback.format_exc().rstrip("\n").split("\n"), err=True)
        return 1
    if isinstance(exc, ZooError):
        from zoo_core.frameworks.distributed import env_rank

        if env_rank() > 0 and not isinstance(exc, TrainingError):
            # A mistake in a command occurs in every process. The first process prints it and exits;
            # then the launcher ends this one. If this one exited first, the launcher would end the
            # first process before it printed anything.
            time.sleep(REPORT_TIMEOUT)
        print_lines(f"zoo: {exc}", err=True)
        return exc.exit_code
    from zoo_core.installation.exceptions import describe_exception

    print_lines(f"zoo: {describe_exception(exc)}", err=True)
    return 1
