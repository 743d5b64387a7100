"""The command `utmlab`: each command is a module of its own, loaded when it is used."""

from utmlab.cli.root import main

__all__ = ["main"]
