"""`kognitos-migrate completion`."""

import click
from click.shell_completion import get_completion_class

PROGRAM = "kognitos-migrate"
VARIABLE = "_KOGNITOS_MIGRATE_COMPLETE"
"""What click looks at when a shell asks it to complete."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Write the script that completes commands, options and paths in your SHELL.

    \b
    bash:  eval "$(kognitos-migrate completion bash)"       in ~/.bashrc
    zsh:   eval "$(kognitos-migrate completion zsh)"        in ~/.zshrc, after compinit
    fish:  kognitos-migrate completion fish | source        in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
