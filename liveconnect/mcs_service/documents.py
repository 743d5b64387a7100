"""Reading what endpoints send, with one refusal for each thing that can be wrong with it.

- A long document is read off the loop: the largest would hold up every poll for half a second.

- The envelope must be right, or nothing of it is taken.
- An adapter's own document inside a status is read as far as it can be: an app that this
  LiveConnect does not know still has a status.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.bodies import DocumentTooLargeError as ProtocolTooLargeError
from foundation.protocol.bodies import ScriptRefusedError
from foundation.protocol.computer_status import (
    ComputerStatusRefusedError,
    decode_computer_status,
)
from foundation.protocol.events import EventRefusedError, decode_events
from foundation.protocol.names import AGENT, APPSPROXY
from foundation.protocol.statuses import (
    Status,
    StatusRefusedError,
    decode_adapter_status,
    decode_registered_applications,
    decode_statuses,
)
from liveconnect.refusals import DocumentRefusedError, DocumentTooLargeError, refuse_xml
from liveconnect.reports import describe_computer
from liveconnect.store.records import ReceivedEvent, ReceivedStatus

T = TypeVar("T")
MOST_BYTES = 5_000_000
"""The longest body a client may send: that of the events document (documented)."""


LONGEST_NAME = 100
STATUSES_REMEMBERED = 256
SHORT = 2_000
"""Letters of a status that is remembered."""
LARGE_BYTES = 50_000
"""Above this, reading a document takes longer than a poll may wait."""


def read_name(header: str | None) -> str:
    """Return what a header that need not be there names; bytes beyond ASCII name nothing."""
    named = (header or "")[:LONGEST_NAME]
    return named if named.isascii() else ""


async def read_aside(read: Callable[[bytes], T], body: bytes) -> T:
    """Read a document, off the loop when it is long; errors are those of `read`."""
    if len(body) <= LARGE_BYTES:
        return read(body)
    return await asyncio.get_running_loop().run_in_executor(None, read, body)


def read_document(decode: Callable[[bytes], T], body: bytes) -> T:
    """Decode a document.

    Raises:
        DocumentRefusedError: If it cannot be read.
        DocumentTooLargeError: If it is longer than its kind may be.
    """
    try:
        return decode(body)
    except XmlRefusedError as error:
        raise refuse_xml(error) from error
    except ProtocolTooLargeError as error:
        raise DocumentTooLargeError(error.reason, str(error)) from error
    except (
        ComputerStatusRefusedError,
        EventRefusedError,
        ScriptRefusedError,
        StatusRefusedError,
    ) as error:
        raise DocumentRefusedError(error.reason, str(error)) from error


def read_statuses(body: bytes) -> tuple[ReceivedStatus, ...]:
    """Return the statuses of a document, each read as far as it can be."""
    return tuple(_received(status) for status in read_document(decode_statuses, body))


def read_events(body: bytes) -> tuple[ReceivedEvent, ...]:
    """Return the events of a document."""
    return tuple(
        ReceivedEvent(
            app_id=event.app_id,
            event_id=event.id,
            created_at=event.creation_time,
            body=event.body,
        )
        for event in read_document(decode_events, body)
    )


_read_adapter_status = lru_cache(maxsize=STATUSES_REMEMBERED)(decode_adapter_status)
"""After a change thousands say the same, letter by letter."""


def _received(status: Status) -> ReceivedStatus:
    res, revision = "", ""
    details: dict[str, Any] = {}
    try:
        if status.app_id == AGENT:
            details = describe_computer(decode_computer_status(status.body))
        elif status.app_id == APPSPROXY:
            details = {"applications": ";".join(decode_registered_applications(status.body))}
        else:
            read = _read_adapter_status if len(status.body) <= SHORT else decode_adapter_status
            adapter = read(status.app_id, status.body)
            res, revision, details = adapter.res, adapter.rev_id, dict(adapter.details)
    except DomainError as error:
        # Apps without a policy have statuses of their own form; the raw text is stored.
        details = {"unread": str(error)}
    return ReceivedStatus(
        app_id=status.app_id,
        created_at=status.creation_time,
        body=status.body,
        res=res,
        revision=revision,
        details=details,
    )
