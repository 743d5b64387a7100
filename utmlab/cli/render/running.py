"""Where everything of a running lab is, as text.

Provenance: ours.
"""

from collections.abc import Mapping
from typing import Any

from utmlab.cli.output import facts, table


def where_text(document: Mapping[str, Any]) -> str:
    """Return where everything is."""
    text = facts(
        [
            ("LiveConnect, for endpoints", f"https://localhost:{document['mcs_port']}"),
            ("LiveConnect, for UTMs", f"https://localhost:{document['link_port']}"),
            ("control API", document["control_url"]),
            ("WebAdmin", document["webadmin"]["url"]),
            ("REST API", document["webadmin"]["rest_url"]),
            ("CA of LiveConnect", document["ca_file"]),
            ("data", document["data"]),
            ("logs", document["logs"]),
            ("time zone of the UTM", document["timezone"]),
            ("poll interval", f"{document['poll_interval_s']:g} s"),
            ("process", f"{document['pid']} ({document['mode']})"),
        ]
    )
    if not document["computers"]:
        return text
    rows = [(one["name"], one["proxy_url"] or "-") for one in document["computers"]]
    return f"{text}\n\n{table(('COMPUTER', 'WEB CONTROL PROXY'), rows)}"
