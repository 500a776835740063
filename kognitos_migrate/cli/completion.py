"""The command `completion`, and the shells that it supports."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from kognitos_migrate.cli.command_classes import COMPLETION_VARIABLE
from kognitos_migrate.cli.options import message_color_option, refuse_if, results_only_option

PROGRAM = "kognitos-migrate"
SHELLS = ("bash", "zsh", "fish", "powershell")

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_CWORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $type, $value, $help = $_ -split "`t", 3
            if ($type -eq 'plain') {
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
            } else {
                [System.Management.Automation.CompletionCompleters]::CompleteFilename($value)
            }
        }
    } finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_CWORD
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell: words in lines, and items with tabs between their parts."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor without the program's name, and the word to complete."""
        words = os.environ["COMP_WORDS"].splitlines()
        return [word.strip("'\"") for word in words[1:]], os.environ.get("COMP_CWORD", "")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """The line of an item: type, value, help."""
        return f"{item.type}\t{item.value}\t{' '.join((item.help or '').split())}"


_BASH_WORDS = 'COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD'
_BASH_LINE = 'COMP_LINE="${COMP_LINE:0:COMP_POINT}"'


class LineBashComplete(BashComplete):
    """Completion for Bash by the text before the cursor, since Bash itself splits `FILE:LINE` at the colon.

    Bash replaces only the part behind the colon, so items lack what is before it.
    """

    name = "bash"
    source_template = BashComplete.source_template.replace(_BASH_WORDS, _BASH_LINE)
    _before_colon = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor without the program's name, and the word to complete."""
        from click.shell_completion import split_arg_string

        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        incomplete = "" if not words or line[-1:].isspace() else words.pop()
        self._before_colon = incomplete.rpartition(":")[0] + ":" if ":" in incomplete else ""
        return words, incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """The line of an item, without the part of the word that Bash keeps."""
        return f"{item.type},{str(item.value).removeprefix(self._before_colon)}"


add_completion_class(PowerShellComplete)
add_completion_class(LineBashComplete)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@message_color_option
@results_only_option
@click.pass_context
def completion(ctx: click.Context, shell: str | None) -> None:
    """Print the script that completes commands, options, codes and locations in SHELL (default: $SHELL).

    \b
    bash:        eval "$(kognitos-migrate completion bash)"       in ~/.bashrc
    zsh:         eval "$(kognitos-migrate completion zsh)"        in ~/.zshrc, after compinit
    fish:        kognitos-migrate completion fish | source        in ~/.config/fish/config.fish
    powershell:  kognitos-migrate completion powershell | Out-String | Invoke-Expression    in $PROFILE
    """
    current = os.path.basename(os.environ.get("SHELL", ""))
    chosen = shell or (current if current in SHELLS else None)
    refuse_if(chosen is None, "can't detect your shell from $SHELL", f"pass one of {', '.join(SHELLS)}")
    kind = get_completion_class(chosen or "")
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, COMPLETION_VARIABLE).source())
