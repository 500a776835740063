"""Classes of commands: groups that import their commands on first use, and help with sections of options."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click

COMPLETION_VARIABLE = "_KOGNITOS_MIGRATE_COMPLETE"
"""The environment variable in which a shell requests completions, read before a command is imported."""


class LazyGroup(click.Group):
    """A group with an import path, `module:attribute`, and a line of help for each command."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, tuple[str, str]],
        aliases: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        """Commands by name: `lazy` has each one's import path and help.

        `aliases` are unlisted names, with import paths.
        """
        super().__init__(*args, **extra)
        self._lazy = lazy
        self._aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of their definition."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command with this name; None if there is none."""
        place = self._aliases.get(cmd_name) or self._lazy.get(cmd_name, ("",))[0]
        if not place:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Fails with the closest match if there is none."""
        name = args[0]
        if name not in self._lazy and name not in self._aliases and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, self._lazy, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(self._lazy)}"
            ctx.fail(f"no such command {name!r}; {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self._lazy.items()])


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
