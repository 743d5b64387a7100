r"""The push channel's stream: server-sent events in the little dialect that MCS speaks. Pure.

* An event carries one line of data; line breaks inside it travel as the two characters ``\n``.
* A comment, or an event without data, is a ping.
* A reader takes any cut of the bytes; a line that grows without end is refused.

Provenance: mcs-protocol 1.7 (public); the bound on a line is ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from foundation.errors import DomainError
from foundation.protocol.actions import GET_COMMANDS

CAPABILITIES_HEADER: Final = "x-sophos-capabilities"
CAPABILITIES: Final = "cloneDetectionV2,terminate"
CONTENT_TYPE: Final = "text/event-stream"
LONGEST_LINE: Final = 5_000_000
WAKE_UP: Final = f'<action type="{GET_COMMANDS}"/>'
PING: Final = b":\n\n"
_DATA: Final = b"data:"


class PushStreamBrokenError(DomainError):
    """What came over the push channel is no stream of events."""

    code: ClassVar[str] = "push_stream_broken"
    hint: ClassVar[str] = "The client polls as without push, and connects again at the next poll."


class PushKind(StrEnum):
    """What an event asks for."""

    PING = "ping"
    WAKE_UP = "wake_up"
    COMMANDS = "commands"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PushEvent:
    """An event; `data` is the document of commands, with its line breaks."""

    kind: PushKind
    data: str = ""


def encode_event(data: str) -> bytes:
    r"""Return an event as it goes on the wire.

    Args:
        data: Its content; line breaks become the two characters ``\n``.
    """
    line = data.replace("\r", "").replace("\n", "\\n")
    return b"data: " + line.encode() + b"\n\n"


def read_event(data: str) -> PushEvent:
    """Tell what the data of an event asks for."""
    text = data.replace("\\n", "\n").strip()
    if not text:
        return PushEvent(PushKind.PING)
    if "<ns:commands" in text:
        return PushEvent(PushKind.COMMANDS, text)
    if GET_COMMANDS in text:
        return PushEvent(PushKind.WAKE_UP)
    return PushEvent(PushKind.UNKNOWN, text)


class EventReader:
    """Takes bytes as they come and gives events when they are whole."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []
        self._said_something = False

    def feed(self, chunk: bytes) -> Iterator[PushEvent]:
        """Yield the events that are whole now.

        Raises:
            PushStreamBrokenError: If a line has no end, or is no UTF-8.
        """
        *lines, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            yield from self._take(line.rstrip(b"\r"))
        if len(self._rest) > LONGEST_LINE:
            raise PushStreamBrokenError(f"a line has more than {LONGEST_LINE} bytes")

    def _take(self, line: bytes) -> Iterator[PushEvent]:
        if line.startswith(b":"):
            yield PushEvent(PushKind.PING)
        elif line.startswith(_DATA):
            try:
                self._data.append(line[len(_DATA) :].decode().removeprefix(" "))
            except UnicodeDecodeError as error:
                raise PushStreamBrokenError(f"an event is no UTF-8: {error}") from error
            self._said_something = True
        elif line:
            self._said_something = True  # event, id, retry: nothing of it is used
        elif self._said_something:
            data, self._data, self._said_something = "\n".join(self._data), [], False
            yield read_event(data)
