"""`utmlab completion SHELL`: the script that a shell reads to complete our words."""

import click
from click.shell_completion import get_completion_class

from utmlab.cli.session import LabCommand

VARIABLE = "_UTMLAB_COMPLETE"


@click.command(cls=LabCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion of a shell.

    In bash: eval "$(utmlab completion bash)". Commands, options, computers, groups and logs are
    completed, the last three from the data folder.
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no completion for {shell}", ctx)
    click.echo(found(ctx.find_root().command, {}, "utmlab", VARIABLE).source())
