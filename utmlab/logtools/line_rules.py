"""What lint says of a line before or instead of its record: ends, bytes, transports, damage.

Damage is recognised by its marks: two records on one line, a line that a receiver rewrote, a last
line that stops, a line as long as a transport allows, a paste from a web page.
"""

import re
from collections.abc import Iterator
from typing import Final

from utm.logs.grammar import LineMalformedError
from utmlab.logtools.findings import Said
from utmlab.logtools.fix import TYPOGRAPHIC_QUOTES, fix_line
from utmlab.logtools.reading import LONGEST_LINE, RawLine
from utmlab.logtools.transport import Received

TRANSPORT_LIMITS: Final = frozenset({1024, 2048, 4096, 8096, 8192})
"""Bytes at which receivers and senders cut: RFC 3164, RFC 5424's floor, rsyslog, syslog-ng."""
_RESTORABLE: Final = "--fix restores it."
_STAMP_SAMPLE: Final = "2018:07:26-17:57:33"
_CUT: Final = frozenset({"header", "pair", "unterminated"})
_GLUED = re.compile(
    r'"(?:<\d{1,3}>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?|(?=\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d ))'
    r"\S"
)
_PASTE_MARKS = re.compile(rf"[{TYPOGRAPHIC_QUOTES}\u00a0\ufeff|]")


def bytes_said(raw: RawLine) -> Iterator[Said]:
    """Say what the bytes of a line tell."""
    if not raw.is_ended:
        if len(raw.data) >= LONGEST_LINE:
            message, hint = f"More than {LONGEST_LINE} bytes without a line feed", "Not a log file?"
        else:
            message, hint = "The last line has no line feed", "The file was cut off while written."
        yield Said("no_line_feed", message, hint)
    if raw.data.endswith(b"\r"):
        hint = "The file went through a system that ends lines with CR LF."
        yield Said("carriage_return", "CR at the end", hint, len(raw.data))
    try:
        raw.data.decode()
    except UnicodeDecodeError as error:
        yield Said("not_utf8", "The line is not UTF-8", "", error.start + 1)


def transport_said(received: Received) -> Iterator[Said]:
    """Say how a line came, when that was not from the disk."""
    if received.transport == "mangled":
        yield Said(
            "rewritten_by_receiver",
            "A syslog receiver took the year for a tag and put its own header in front",
            "Receive raw, or match the rewritten form: `YYYY: MM:DD-HH:MM:SS host process[pid]:`.",
            1,
        )
    elif received.transport == "relayed":
        hint = "OSSEC, Wazuh and others take host and program from that header."
        message = f"The header of a receiver ({received.receiver}) stands in front of the line"
        yield Said("relayed", message, hint, 1)
    elif received.transport == "octet":
        hint = "TCP with octet counting; a receiver that knows it takes the number off."
        yield Said("octet_counted", "The length of the message stands in front of it", hint, 1)
    if received.priority is not None and received.transport in {"pri", "octet"}:
        message = f"<{received.priority}> belongs to the transport, not to the line on disk"
        hint = "A parser that expects the date first finds no match (Elastic before 3.5.1)."
        yield Said("priority_prefix", message, hint, 1)


def broken_said(raw: RawLine, text: str, error: LineMalformedError) -> Iterator[Said]:
    """Say what is wrong with a text that does not parse."""
    if not raw.is_ended and _may_be_cut(text, error):
        return
    if (glued := _GLUED.search(text)) is not None:
        hint = "A daemon wrote a record without line feed (seen on real UTMs)."
        message = "A second record begins in the middle of the line"
        yield Said("glued_records", message, hint, glued.start() + 2)
    elif error.reason in _CUT and len(raw.data) in TRANSPORT_LIMITS:
        hint = "Raise the message size of the receiver, or use TCP."
        message = f"The line was cut at {len(raw.data)} bytes"
        yield Said("cut_at_limit", message, hint, len(raw.data))
    elif (pasted := pasted_said(text)) is not None:
        yield pasted
    else:
        is_fixable = bool(fix_line(text).changes)
        hint = _RESTORABLE if is_fixable else ""
        yield Said(error.reason, str(error), hint, error.column + 1, is_fixable)


def pasted_said(text: str) -> Said | None:
    """Say that a line was pasted from a page, if it has the marks and can be restored."""
    if not _PASTE_MARKS.search(text) or not (fixed := fix_line(text)).changes:
        return None
    message = "A line pasted from a page: " + "; ".join(fixed.changes)
    return Said("pasted", message, _RESTORABLE, 0, is_fixable=True)


def _may_be_cut(text: str, error: LineMalformedError) -> bool:
    """Whether a last line without line feed is the beginning of a right one."""
    return error.reason in _CUT or len(text) < len(_STAMP_SAMPLE)
