"""What is true of every healthy file, and still worth knowing about a consumer.

These rules run only when they are selected. Sources: the consumers' own rules, as
`utmlab.logtools.consumers` restates them.
"""

from collections.abc import Iterator
from typing import Final

from utm.logs.grammar import ParsedLine
from utmlab.logtools.findings import Said

ROUTED: Final = frozenset({"named", "dhcpd", "httpproxy", "ulogd"})
"""Processes whose lines Elastic's integration takes apart."""


def advice_said(parsed: ParsedLine) -> Iterator[Said]:
    """Yield the advice for a line."""
    hint = "Give each consumer the UTM's zone; in the hour after summer time ends none helps."
    yield Said("no_zone", "Stamps are local time without a zone", hint, 1)
    if parsed.pairs and parsed.process not in ROUTED:
        hint = "Elastic takes only the header apart, Filebeat does not know epsecd and eplog."
        if parsed.level is not None:
            hint += " The level letter also breaks patterns that expect `: id=`."
        yield Said("not_routed", f"Lines of {parsed.process} are not routed by name", hint)
    hint = "OSSEC knows the UTM's stamp from 3.6; Wazuh 4 has no decoder for its lines."
    yield Said("needs_utm_decoder", "The stamp is the UTM's own", hint, 1)
