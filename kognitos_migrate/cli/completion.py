"""The command `completion`, and the completion of codes and reasons."""

import click
from click.shell_completion import get_completion_class

PROGRAM = "kognitos-migrate"
VARIABLE = "_KOGNITOS_MIGRATE_COMPLETE"
"""The environment variable in which a shell requests completions."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, options and paths in your SHELL.

    \b
    bash:  eval "$(kognitos-migrate completion bash)"       in ~/.bashrc
    zsh:   eval "$(kognitos-migrate completion zsh)"        in ~/.zshrc, after compinit
    fish:  kognitos-migrate completion fish | source        in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())


def complete_codes(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes and code prefixes that complete `incomplete`, or its part behind the last comma."""
    from kognitos_migrate.rulebook.codes import all_rules
    from kognitos_migrate.rulebook.load import load_rulebook

    before, comma, prefix = incomplete.rpartition(",")
    codes = [rule.code for rule in all_rules(load_rulebook())]
    choices = dict.fromkeys((*(code[:-2] for code in codes), *codes))
    return [f"{before}{comma}{choice}" for choice in choices if choice.startswith(prefix.upper())]


def complete_codes_and_reasons(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes and the reasons that complete `incomplete`."""
    from kognitos_migrate.findings.reasons import all_reasons

    return [
        *complete_codes(ctx, parameter, incomplete),
        *(name for name in all_reasons() if name.startswith(incomplete)),
    ]
