"""What lint looks for in a line that parses: rules on its record, never errors.

Each rule takes the parsed line and yields (severity, code, message, hint).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from utm.logs.catalogue import LEADING_KEYS, Message, catalogue
from utm.logs.grammar import ParsedLine
from utmlab.logtools.findings import Finding, Severity

Said = tuple[Severity, str, str, str]
Rule = Callable[[ParsedLine], Iterator[Said]]

_HOST = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?")
_SEVERITIES = frozenset(
    {
        "debug",
        "info",
        "notice",
        "warn",
        "warning",
        "error",
        "critical",
        "alert",
        "emergency",
    }
)
_PARALLEL = ("category", "categoryname")
_ADDRESSES = ("srcip", "dstip")


def record_findings(number: int, parsed: ParsedLine) -> Iterator[Finding]:
    """Yield what the rules say about one line."""
    rules = _RULES if parsed.pairs else (_host,)
    for rule in rules:
        for severity, code, message, hint in rule(parsed):
            yield Finding(
                severity=severity, code=code, line=number, column=0, message=message, hint=hint
            )


def _host(parsed: ParsedLine) -> Iterator[Said]:
    if _HOST.fullmatch(parsed.host) is None:
        hint = "Consumers expect a host name, without underscore."
        yield "warning", "host_name", f"Host {parsed.host!r} is not a host name", hint


def _leading_keys(parsed: ParsedLine) -> Iterator[Said]:
    keys = [key for key, _ in parsed.pairs]
    if "id" not in keys:
        return  # free-form daemons have pairs without being records of the catalogue
    expected = [key for key in LEADING_KEYS[:4] if key in keys]
    if keys[: len(expected)] != expected:
        hint = "Strict parsers expect `id severity sys sub` first."
        yield "warning", "leading_keys", f"The line begins with {' '.join(keys[:4])}", hint
    if len(parsed.get("id") or "") != 4:
        yield "warning", "id_length", f"The id {parsed.get('id')!r} has not four characters", ""


def _repeated_keys(parsed: ParsedLine) -> Iterator[Said]:
    for key, count in Counter(key for key, _ in parsed.pairs).items():
        if count > 1:
            hint = "Most consumers keep only one of the values."
            yield "warning", "repeated_key", f"{key} stands {count} times", hint


def _severity(parsed: ParsedLine) -> Iterator[Said]:
    severity = parsed.get("severity")
    if severity is not None and severity not in _SEVERITIES:
        yield "warning", "severity", f"{severity!r} is no known severity", ""


def _values(parsed: ParsedLine) -> Iterator[Said]:
    for key, value in parsed.pairs:
        if key in catalogue().numbers and not value.isdigit():
            hint = "Consumers turn it into a number and fail; a UTM writes 0."
            yield "warning", "not_a_number", f"{key} is {value!r}", hint
        if key in _ADDRESSES and not value:
            hint = "Consumers turn it into an address and fail; leave the key out."
            yield "warning", "empty_address", f"{key} is empty", hint


def _parallel_lists(parsed: ParsedLine) -> Iterator[Said]:
    ids, names = (parsed.get(key) for key in _PARALLEL)
    if ids is not None and names is not None and ids.count(",") != names.count(","):
        message = "category and categoryname have different lengths"
        yield "warning", "parallel_lists", message, "They are parallel lists."


def _known(parsed: ParsedLine) -> Iterator[Said]:
    message_id = parsed.get("id")
    if message_id is None:
        return
    message = catalogue().find(parsed)
    if message is None:
        if catalogue().with_id(message_id):
            text = f"id {message_id} is known, but not as {parsed.get('name')!r}"
            yield "note", "unknown_name", text, ""
        else:
            yield "note", "unknown_id", f"No public source knows id {message_id}", ""
        return
    yield from _known_keys(parsed, message)


def _known_keys(parsed: ParsedLine, message: Message) -> Iterator[Said]:
    keys = [key for key, _ in parsed.pairs]
    for key in keys:
        if not message.has_key(key):
            yield "note", "unknown_key", f"No public source knows {key} in id {message.id}", ""
    known = [key for key in dict.fromkeys(keys) if key in message.keys]
    if known != sorted(known, key=message.keys.index):
        hint = "Order differs between versions; parsers that rely on it stop matching."
        yield "note", "key_order", f"The keys of id {message.id} stand in another order", hint
    if message.level != parsed.level and parsed.process == message.process:
        yield "note", "level_letter", f"Level letter {parsed.level} instead of {message.level}", ""


_RULES: tuple[Rule, ...] = (
    _host,
    _leading_keys,
    _repeated_keys,
    _severity,
    _values,
    _parallel_lists,
    _known,
)
