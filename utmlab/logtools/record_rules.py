"""What lint looks for in a line that parses: rules on its record, never errors."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from utm.logs.catalogue import LEADING_KEYS, Message, catalogue
from utm.logs.grammar import ParsedLine
from utmlab.logtools.findings import Said

Judge = Callable[[ParsedLine], Iterator[Said]]

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
MOVING_KEYS: Final = frozenset(
    {
        *("overridecategory", "overridereputation", "country", "category", "reputation"),
        *("categoryname", "application", "app-id", "content-type", "sandbox", "reason"),
        *("extension", "filename", "eventtime"),
    }
)
"""Keys at the end of a web line, whose order is not fixed (public: seen in several)."""
_PARALLEL = ("category", "categoryname")
ADDRESSES = ("srcip", "dstip")


def record_said(parsed: ParsedLine) -> Iterator[Said]:
    """Yield what the rules say about one line."""
    for judge in _JUDGES if parsed.pairs else (_host, _process):
        yield from judge(parsed)


def _host(parsed: ParsedLine) -> Iterator[Said]:
    if _HOST.fullmatch(parsed.host) is None:
        hint = "Consumers expect a host name, without underscore."
        yield Said("host_name", f"Host {parsed.host!r} is not a host name", hint)


def _process(parsed: ParsedLine) -> Iterator[Said]:
    if parsed.pid is None:
        hint = "Filebeat's older headers take `host process` for one word then."
        yield Said("process_without_pid", f"{parsed.process} has no [number]", hint)


def _end(parsed: ParsedLine) -> Iterator[Said]:
    if parsed.trailing_space:
        hint = 'ulogd writes it so (public); a pattern that ends in `"$` does not match.'
        yield Said("trailing_space", f"Lines of {parsed.process} end in a space", hint)


def _leading_keys(parsed: ParsedLine) -> Iterator[Said]:
    keys = [key for key, _ in parsed.pairs]
    if "id" not in keys:
        return  # free-form daemons have pairs without being records of the catalogue
    expected = [key for key in LEADING_KEYS[:4] if key in keys]
    if keys[: len(expected)] != expected:
        hint = "Strict parsers expect `id severity sys sub` first."
        yield Said("leading_keys", f"The line begins with {' '.join(keys[:4])}", hint)
    if len(parsed.get("id") or "") != 4:
        yield Said("id_length", f"The id {parsed.get('id')!r} has not four characters")


def _repeated_keys(parsed: ParsedLine) -> Iterator[Said]:
    for key, count in Counter(key for key, _ in parsed.pairs).items():
        if count > 1:
            hint = "Most consumers keep only one of the values."
            yield Said("repeated_key", f"{key} stands {count} times", hint)


def _severity(parsed: ParsedLine) -> Iterator[Said]:
    severity = parsed.get("severity")
    if severity is not None and severity not in _SEVERITIES:
        yield Said("severity", f"{severity!r} is no known severity")


def _values(parsed: ParsedLine) -> Iterator[Said]:
    for key, value in parsed.pairs:
        if key in catalogue().numbers and not value.isdigit():
            hint = "Consumers turn it into a number and fail; a UTM writes 0."
            yield Said("not_a_number", f"{key} is {value!r}", hint)
        if key in ADDRESSES and not value:
            hint = "Consumers turn it into an address and fail; leave the key out."
            yield Said("empty_address", f"{key} is empty", hint)


def _parallel_lists(parsed: ParsedLine) -> Iterator[Said]:
    ids, names = (parsed.get(key) for key in _PARALLEL)
    if ids is not None and names is not None and ids.count(",") != names.count(","):
        message = "category and categoryname have different lengths"
        yield Said("parallel_lists", message, "They are parallel lists.")


def _known(parsed: ParsedLine) -> Iterator[Said]:
    message_id = parsed.get("id")
    if message_id is None:
        return
    message = catalogue().find(parsed)
    if message is None:
        if catalogue().with_id(message_id):
            text = f"id {message_id} is known, but not as {parsed.get('name')!r}"
            yield Said("unknown_name", text)
        else:
            yield Said("unknown_id", f"No public source knows id {message_id}")
        return
    yield from _known_keys(parsed, message)


def _known_keys(parsed: ParsedLine, message: Message) -> Iterator[Said]:
    keys = [key for key, _ in parsed.pairs]
    for key in keys:
        if not message.has_key(key):
            yield Said("unknown_key", f"No public source knows {key} in id {message.id}")
    if not _is_ordered(keys, message):
        hint = "Order differs between versions; parsers that rely on it stop matching."
        yield Said("key_order", f"The keys of id {message.id} stand in another order", hint)
    if message.level != parsed.level and parsed.process == message.process:
        yield Said("level_letter", f"Level letter {parsed.level} instead of {message.level}")


def _is_ordered(keys: list[str], message: Message) -> bool:
    """Whether the keys stand as in some version of the UTM."""
    known = [key for key in dict.fromkeys(keys) if key in message.keys]
    return any(_follows(known, order) for order in (message.keys, *message.older_keys.values()))


def _follows(keys: list[str], order: tuple[str, ...]) -> bool:
    last = len(order)
    places = {key: last if key in MOVING_KEYS else place for place, key in enumerate(order)}
    found = [places.get(key, last) for key in keys]
    return found == sorted(found)


_JUDGES: tuple[Judge, ...] = (
    _host,
    _process,
    _end,
    _leading_keys,
    _repeated_keys,
    _severity,
    _values,
    _parallel_lists,
    _known,
)
