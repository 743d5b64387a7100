"""What an id or a line means, as text: the meaning, how sure it is, the keys.

Provenance: ours.
"""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from utm.logs.catalogue import Message
from utm.logs.explaining import Neighbour
from utmlab.cli.output import facts
from utmlab.journal import printable
from utmlab.logtools.explain import ExplainedMessage, Explanation


def explanation_text(found: Explanation) -> str:
    """Return an explanation."""
    blocks = []
    if found.fixed is not None:
        changes = "; ".join(found.fixed.changes)
        blocks.append(f"restored ({changes}):\n{printable(found.fixed.line)}")
    if found.line is not None:
        blocks.append(_line_facts(found))
    blocks += [_message(one) for one in found.messages]
    if found.line is not None and not found.messages:
        blocks.append("No source knows this message.")
    if found.keys:
        blocks.append(facts((one.key, _key(one.value, one.meaning)) for one in found.keys))
    return "\n\n".join(blocks)


def explanation_record(found: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON values."""
    line = found.line
    return {
        "subject": found.subject,
        "restored": None if found.fixed is None else asdict(found.fixed),
        "line": None if line is None else {**asdict(line), "stamp": line.stamp.isoformat()},
        "messages": [
            {
                **_message_record(one.message),
                "precedes": [asdict(each) for each in one.precedes],
                "follows": [asdict(each) for each in one.follows],
                "occurrences": [asdict(each) for each in one.occurrences],
            }
            for one in found.messages
        ],
        "keys": [asdict(one) for one in found.keys],
    }


def _message_record(message: Message) -> dict[str, Any]:
    told = (one.name for one in fields(message) if one.name != "valued_keys")  # follows from keys
    plain = {name: getattr(message, name) for name in told}
    sources = ("readings", "distance", "absence")
    return {
        **plain,
        "older_keys": dict(message.older_keys),
        "sample": None if message.sample is None else asdict(message.sample),
        **{name: [asdict(each) for each in plain[name]] for name in sources},
    }


def _line_facts(found: Explanation) -> str:
    line = found.line
    if line is None:
        return ""
    process = line.process if line.pid is None else f"{line.process}[{line.pid}]"
    pairs = [("stamp", line.stamp.isoformat(sep=" ")), ("host", line.host), ("process", process)]
    pairs += [("level", line.level)] if line.level else []
    pairs += [("text", line.text)] if line.text else []
    return facts(pairs)


def _message(one: ExplainedMessage) -> str:
    message = one.message
    pairs = [
        ("id", message.id),
        ("name", message.name or "-"),
        ("written by", f"{message.process}, sys {message.sys}, sub {message.sub}"),
        ("severity", message.severity),
        ("known from", message.provenance),
        ("meaning", message.meaning),
        *(("reading", f"{each.text} ({each.source})") for each in message.readings),
        *_neighbours("precedes", one.precedes),
        *_neighbours("follows", one.follows),
        *(("distance", f"{each.text} ({each.source})") for each in message.distance),
        *(("if absent", f"{each.text} ({each.source})") for each in message.absence),
        ("keys", " ".join(message.keys)),
        *((f"keys in {name}", " ".join(keys)) for name, keys in message.older_keys.items()),
        *_sample(message),
        *(("last", f"{each.file}:{each.number}: {each.line}") for each in one.occurrences),
    ]
    return facts(pairs)


def _sample(message: Message) -> Iterable[tuple[str, str]]:
    if message.sample is not None:
        yield "sample", f"{message.sample.text} ({message.sample.source})"


def _neighbours(word: str, neighbours: Iterable[Neighbour]) -> Iterable[tuple[str, str]]:
    return ((word, f"{one.id} {one.name}".rstrip()) for one in neighbours)


def _key(value: str, meaning: str) -> str:
    shown = f'"{value}"'
    return f"{shown}  {meaning}" if meaning else shown
