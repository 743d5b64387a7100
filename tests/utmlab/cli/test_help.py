"""Every command explains itself, and the first screen comes fast."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from utmlab.cli.root import COMMANDS, root


def every_command(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


ALL = list(every_command(root))
IDS = [" ".join(path) for path, _ in ALL]


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_has_help(path, command):
    result = CliRunner().invoke(root, [*path, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: utmlab {' '.join(path)}")
    assert command.help
    assert command.help.splitlines()[0].strip().endswith(".")


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_option_has_help_and_the_global_ones_are_there(path, command):
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert all(one.help for one in options)
    assert {"--data", "--json"} <= {name for one in options for name in one.opts}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_sentence_in_the_list_is_the_commands_own(name):
    command = COMMANDS[name].load()
    first = " ".join((command.help or "").split("\n\n")[0].split())
    assert first == COMMANDS[name].short_help


def test_the_first_screen_loads_no_command():
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom utmlab.cli.root import root\n"
        "assert CliRunner().invoke(root, ['--help']).exit_code == 0\n"
        "slow = {'aiohttp', 'rich', 'cryptography', 'sqlite_utils', 'uvloop', 'utmlab.stack'}\n"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_first_completion_is_a_list_of_commands(run):
    result = run(
        env={"_UTMLAB_COMPLETE": "bash_complete", "COMP_WORDS": "utmlab p", "COMP_CWORD": "1"}
    )
    assert result.stdout.split() == ["plain,policy"]


def test_computers_are_completed_from_the_data_folder(run, lab):
    words = f"utmlab --data {lab.data} endpoint show PC-0"
    result = run(env={"_UTMLAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "5"})
    assert result.stdout.split() == ["plain,PC-01", "plain,PC-02"]


def test_groups_are_completed_from_the_data_folder(run, lab):
    words = f"utmlab --data {lab.data} policy show M"
    result = run(env={"_UTMLAB_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "5"})
    assert result.stdout.split() == ["plain,Marketing"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_each_shell_is_printed(run, shell):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_UTMLAB_COMPLETE" in result.stdout
