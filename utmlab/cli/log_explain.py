"""`utmlab log explain`: what an id or a line means, and how sure that is."""

import sys

import click

from utmlab.cli.output import emit
from utmlab.cli.render.explanation import explanation_record, explanation_text
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.explain import explain as explained


@click.command(cls=LabCommand)
@click.argument("subject", nargs=-1, required=True, metavar="ID|LINE")
@click.pass_obj
def explain(session: Session, subject: tuple[str, ...]) -> None:
    """Explain a message id (4233) or a whole log line, key by key.

    A line pasted from a page is restored first. `-` reads the line from standard input.
    """
    text = " ".join(subject)
    if text == "-":
        text = sys.stdin.readline()
    found = explained(text)
    emit(session, explanation_record(found), lambda: explanation_text(found))
