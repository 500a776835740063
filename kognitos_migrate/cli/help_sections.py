"""Sections of options in the help of a command."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

SECTIONS = ("Output", "Rule selection", "File selection", "Miscellaneous")
"""The sections of a help text, after the options of the command itself."""

_section_of: dict[click.Parameter, str] = {}
"""The section of each option that has one."""


def in_section(section: str, *options: Decorator[Any]) -> Decorator[Any]:
    """A decorator that adds `options` to a command, in this section of its help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        parameters: list[click.Parameter] = vars(command)["__click_params__"]
        _section_of.update(dict.fromkeys(parameters[-len(options) :], section))
        return command

    return decorate


class SectionedCommand(click.Command):
    """A command whose help lists its options by section."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the command, then each section."""
        rows: dict[str, list[tuple[str, str]]] = {"Options": [], **{section: [] for section in SECTIONS}}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                is_help = not {*parameter.opts}.isdisjoint(ctx.help_option_names)
                section = "Miscellaneous" if is_help else _section_of.get(parameter, "Options")
                rows[section].append(record)
        for section, records in rows.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)
