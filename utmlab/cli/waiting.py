"""The option `--wait` of commands that cause a changeset.

Provenance: ours.
"""

import click

wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0.1),
    metavar="S",
    help="Wait up to S seconds until every endpoint complies; ends with 4 when they do not.",
)
