"""An MCS conformance suite for any server: `utmlab mcs check-server URL --token T`.

It speaks raw HTTP/1.1 over TLS sockets and reads documents by their literal tag names, as real
clients do. It shares no code with the emulator's own server, client or codecs, so that it can
find an error that those have in common.
"""

from utmlab.conformance.finding import Finding, Verdict
from utmlab.conformance.report import Report
from utmlab.conformance.rule import Rule
from utmlab.conformance.subject import Target
from utmlab.conformance.suite import ALL_RULES, check_server

__all__ = ["ALL_RULES", "Finding", "Report", "Rule", "Target", "Verdict", "check_server"]
