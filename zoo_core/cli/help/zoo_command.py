"""Commands and groups of click whose help ends with examples and has sections of options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

SUMMARY_LENGTH = 500
"""Maximum length of a sub-command's summary in the help of its group."""


class _Formatter(click.HelpFormatter):
    """A formatter whose lists of definitions also fit narrow terminals."""

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl(list(rows), min(col_max, self.width // 2 - 6), col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class ZooCommand(click.Command):
    """A command with examples.

    Args:
        examples: purpose -> command line, printed at the end of the help as they are.
        sections: heading -> options such as ``--seed``; the others follow below "Options".
    """

    context_class = _Context

    def __init__(
        self,
        *args: Any,
        examples: Mapping[str, str] | None = None,
        sections: Mapping[str, Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples or {}
        self.sections = sections or {}

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Return the names of the option for help, also outside the group `zoo`."""
        # Not from the context, because a command keeps the option that it makes for the first one.
        return ["-h", "--help"]

    def option_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield headings, each with its options and their help."""
        left = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        for heading, names in {**self.sections, "Options": ()}.items():
            chosen = [each for each in left if {*names} & {*each.opts}] if names else left
            left = [each for each in left if each not in chosen]
            records = [each.get_help_record(ctx) for each in chosen]
            yield heading, [record for record in records if record]  # a hidden option has none

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, by section."""
        for heading, records in self.option_sections(ctx):
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog and the examples."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for purpose, line in self.examples.items():
                    formatter.write(f"  # {purpose}\n  {line}\n")


class ZooGroup(ZooCommand, click.Group):
    """A group of commands with examples."""

    command_class = ZooCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the commands."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(SUMMARY_LENGTH))
                    for name, command in sorted(self.commands.items())
                    if not command.hidden
                ]
            )
