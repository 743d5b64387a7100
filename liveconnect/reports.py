"""What LiveConnect tells a UTM: an outbox with numbers, as pure rules.

- Each report has one number, rising per UTM and never given twice, also not after a restart.
- A report is handed out again and again until it is acknowledged, and never afterwards; the UTM
  recognises repetitions by the number.
- The same event or status of an endpoint, sent twice because an answer was lost, is one report:
  it is recognised by its id together with a digest of its content.

Provenance: that reports are received and acknowledged is the seed's; the numbers are ours.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.link import Report

MOST_IN_A_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something to report, before it has a number; `body` is JSON as the link describes it."""

    kind: str
    endpoint_id: str
    at: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """The reports of one UTM that are not acknowledged."""

    last_number: int = 0
    waiting: tuple[Report, ...] = ()


def add(outbox: Outbox, happening: Happening) -> Outbox:
    """Append a report under the next number."""
    number = outbox.last_number + 1
    return Outbox(last_number=number, waiting=(*outbox.waiting, numbered(happening, number)))


def numbered(happening: Happening, number: int) -> Report:
    """Return a happening as it travels to the UTM."""
    return Report(
        number=number,
        kind=happening.kind,
        endpoint_id=happening.endpoint_id,
        at=happening.at.isoformat(timespec="microseconds"),
        body=happening.body,
    )


def take(outbox: Outbox, most: int = MOST_IN_A_BATCH) -> tuple[Report, ...]:
    """Return the oldest reports; they stay until they are acknowledged."""
    return outbox.waiting[:most]


def acknowledge(outbox: Outbox, numbers: Collection[int]) -> Outbox:
    """Drop reports; numbers that are not waiting are passed over."""
    return replace(
        outbox, waiting=tuple(each for each in outbox.waiting if each.number not in numbers)
    )


def content_digest(*parts: str) -> str:
    """Return what recognises a message that was sent before, whatever its id."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


def describe_computer(computer: ComputerStatus) -> dict[str, Any]:
    """Return a computer's description of itself as JSON values."""
    return _fields(computer)


def _fields(record: Any) -> dict[str, Any]:
    # asdict would copy every value deeply first, and cost an eighth of an enrolment.
    return {each.name: _plain(getattr(record, each.name)) for each in fields(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _fields(value) if is_dataclass(value) else value
