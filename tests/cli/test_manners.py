"""What a person who types something finds: help with examples, and near misses understood."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from kognitos_migrate.cli.main import cli
from tests.cli.conftest import Run


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_has_examples_that_can_be_typed(run: Run, path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    lines = [line.partition("kognitos-migrate ")[2] for line in result.stdout.splitlines()]
    typed = [line for line in lines if line and "[OPTIONS]" not in line]
    assert typed
    for line in typed:
        words = shlex.split(line.partition("  ")[0].partition(" < ")[0].partition(" | ")[0].rstrip(')"'))
        assert tuple(words[: len(path)]) == path
        parser = COMMANDS[path].make_parser(click.Context(COMMANDS[path]))
        parser.parse_args(words[len(path) :])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["chek"],
            "error: No such command 'chek'. Did you mean 'check'?\n`kognitos-migrate --help` tells more.\n",
        ),
        (["xyz"], "error: No such command 'xyz'. Expected one of: check, fix, "),
        (["rules", "lst"], "Did you mean 'list'?\n`kognitos-migrate rules --help` tells more.\n"),
        (["check", "--selct", "KOG1"], "No such option '--selct'. (Did you mean"),
        (["check", "--output-format", "txt"], "'txt' is not one of 'text', 'full', "),
        (["check", "--select", "KOG111"], "--select: 'KOG111' selects no rule; did you mean KOG"),
        (["check", "--select", "X9"], "expected a code or how codes begin, as in KOG101 or KOG1"),
    ],
)
def test_what_is_nearly_right_is_understood(run: Run, typed: list[str], said: str) -> None:
    result = run(*typed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_without_arguments_there_is_help(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert "Usage: kognitos-migrate [OPTIONS] COMMAND" in result.output


def test_what_users_of_ruff_type(run: Run) -> None:
    assert run("rule", "KOG101").stdout == run("rules", "show", "KOG101").stdout
    assert "rule " not in run("--help").stdout
    assert run("check", "-e", "--select", "KOG1").exit_code == 0
