"""The command group ``zoo``, and the reporting of errors. Commands are imported when called.

Help and completion import no NumPy and no pydantic, because those take longer than click itself:
what a command computes with is imported in its function.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import click
from click.shell_completion import CompletionItem

from zoo_core.errors import (
    InterruptedTrainingError,
    InvalidValueError,
    TrainingError,
    UnknownNameError,
    ZooError,
    did_you_mean,
    join_names,
    one_line,
)
from zoo_core.installation.installed import installed_catalog, installed_rows, warn_of_unusable
from zoo_core.plugins.selection import BLOCK
from zoo_core.version import __version__

REPAIR_COMMANDS = {"check", "doctor", "install", "plugins", "uninstall"}
"""Commands that find out and mend what is wrong with plugins, so that no plugin stops them."""

REPORT_TIMEOUT = 10.0
"""Seconds that a process gives the first of those that train together to report a mistake."""


class _Commands(click.Group):
    """The commands that plugins offer, the core's own plugin among them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [row["name"] for row in installed_rows()["commands"]]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        entry = installed_catalog().command(cmd_name)
        command: click.Command = entry.resolve(entry.spec.command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] in known or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        try:
            installed_catalog().command(args[0])  # which may be what an unusable plugin offers
        except UnknownNameError as exc:
            hint = f"{did_you_mean(args[0], known)} There are: {join_names(known)}.".strip()
            raise InvalidValueError(f"zoo has no command {args[0]!r}", hint=hint) from exc
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name from the index, importing no command."""
        return [
            CompletionItem(row["name"], help=row["summary"])
            for row in installed_rows()["commands"]
            if row["name"].startswith(incomplete)
        ] + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their specs' summaries, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(row["name"], row["summary"]) for row in installed_rows()["commands"]]
            )


def _exclude_plugins(ctx: click.Context, option: click.Parameter, names: tuple[str, ...]) -> None:
    """Add to ``ZOO_PLUGINS``, which processes that this one starts see too."""
    for name in names:
        if not name.removeprefix(BLOCK) or not name.startswith(BLOCK):
            raise click.BadParameter(f"{name!r} is not {BLOCK}NAME", ctx, option)
    if names:
        os.environ["ZOO_PLUGINS"] = ",".join(
            [*filter(None, [os.environ.get("ZOO_PLUGINS")]), *names]
        )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zoo")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "-p",
    "left_out",
    metavar="no:NAME",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_exclude_plugins,
    help="Leave a plugin out, this time. Repeatable.",
)
@click.pass_context
def zoo(ctx: click.Context, debug: bool) -> None:
    """List, train, check and share models by name."""
    if ctx.invoked_subcommand not in {"list", *REPAIR_COMMANDS}:  # list warns by itself
        warn_of_unusable(installed_rows()["plugins"])


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors become one line on stderr."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments  # wherever it stands, after the command too
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        result: Any = zoo.main(arguments, prog_name="zoo", standalone_mode=False)
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt) as exc:
        return _report_interrupt(exc)
    except Exception as exc:
        if debug:
            raise
        return _report(exc)
    return result if isinstance(result, int) else 0


def _report_interrupt(exc: BaseException) -> int:
    # click makes an Abort of every KeyboardInterrupt.
    interrupt = exc.__cause__ if isinstance(exc, click.Abort) else exc
    if not isinstance(interrupt, InterruptedTrainingError):
        sys.stderr.write("zoo: interrupted\n")
        return 130
    from zoo_core.frameworks.distributed import env_rank

    if env_rank() == 0:
        sys.stderr.write(f"zoo: {interrupt}\n")
    return interrupt.exit_code


def _report(exc: Exception) -> int:
    if isinstance(exc, ZooError):
        from zoo_core.frameworks.distributed import env_rank

        if env_rank() > 0 and not isinstance(exc, TrainingError):
            # What is wrong with a command is wrong in every process: the first says it and ends,
            # upon which the launcher ends this one. Were this one quicker, it would not be said.
            time.sleep(REPORT_TIMEOUT)
        sys.stderr.write(f"zoo: {exc}\n")
        return exc.exit_code
    if isinstance(exc, BrokenPipeError):
        sys.stderr.close()  # whoever read our output has seen enough
        return 0
    if isinstance(exc, OSError):
        where = f": {exc.filename}" if exc.filename else ""
        sys.stderr.write(f"zoo: {exc.strerror or exc}{where}\n")
        return 1
    sys.stderr.write(
        f"zoo: unexpected {one_line(exc)}. "
        "This is a fault of zoo or of a plugin; --debug shows where.\n"
    )
    return 1
