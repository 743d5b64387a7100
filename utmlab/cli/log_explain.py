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

    A line pasted from a page is restored first, and what a syslog receiver put around it comes
    off. `-` reads the line from standard input. The last occurrences are those in the data folder.
    """
    text = " ".join(subject)
    if text == "-":
        text = sys.stdin.readline()
    found = explained(text, session.places.utm_logs)
    emit(session, explanation_record(found), lambda: explanation_text(found))
