"""Who is connected for push, and how they are told: one write, no task, for each of thousands.

- One stream per endpoint; a newer one takes the older one's place.
- Policies that are assigned travel whole in the event: the endpoint acknowledges and fetches them
  without a poll. For anything else it is woken, and polls.
- An endpoint that was woken is not told again until it has polled: a wake-up carries nothing, so
  one is as good as many.
- Where workers share a store, who was woken may poll at one that learns a moment later what for,
  and would wait for its next poll. So it is woken a second time, unless its work is done by then.
- What waits when a stream begins is told at once: it may have come while nobody listened. Later
  only what neither a poll nor an event has carried yet is told.
- A stream that is not read does not grow: over its bound it is cut off, and the client polls.
- A removed endpoint's stream ends with its removal.

Provenance: mcs-protocol 1.7 (public); bounds and pace are ours.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from foundation.faults import Fault
from foundation.protocol.push import PING, WAKE_UP, encode_event
from liveconnect.roster import Entry

MOST_UNREAD: Final = 256_000
"""Bytes that may wait in a stream; a whole command document of usual size fits many times."""
PINGS_AT_A_TIME: Final = 200
AGAIN_S: Final = 1.5
"""By then every worker that answers knows what was committed: none is stale for longer than 1 s."""
TICK_S: Final = 1.0
_WAKE: Final = encode_event(WAKE_UP)
Carry = Callable[[Entry], bytes | None]
"""Returns the commands that an event shall carry; None if the endpoint is to be woken instead."""


@dataclass(slots=True, eq=False)
class PushStream:
    """One endpoint's stream.

    Attributes:
        entry: The endpoint.
        write: Sends bytes at once; returns how many wait unsent.
        is_gone: Whether the client has left; the server is not told by itself.
        ended: Set when the stream shall end.
        sent_at_s: Loop time of the last write.
        is_silent: Whether nothing is sent, not even a ping: a fault of a test's making.
        ping_every_s: After so much silence it is pinged, by a fault too; None for the usual.
    """

    entry: Entry
    write: Callable[[bytes], int]
    is_gone: Callable[[], bool]
    ended: asyncio.Event
    sent_at_s: float = 0.0
    is_silent: bool = False
    ping_every_s: float | None = None


class PushHub:
    """The streams of one LiveConnect.

    Args:
        ping_interval_s: After so much silence a stream is pinged.
        carry: What goes whole; by default nothing.
        is_shared: Whether other workers answer polls too.
    """

    def __init__(
        self,
        ping_interval_s: float,
        carry: Carry = lambda _entry: None,
        *,
        is_shared: bool = False,
    ) -> None:
        self.ping_interval_s = ping_interval_s
        self._carry = carry
        self._is_shared = is_shared
        self._streams: dict[str, PushStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def connect(self, stream: PushStream) -> None:
        """Take a stream in; one that the endpoint had before ends."""
        former = self._streams.get(stream.entry.endpoint_id)
        if former is not None:
            former.ended.set()
        self._streams[stream.entry.endpoint_id] = stream
        stream.entry.is_told = False
        stream.entry.forget_pushed()
        self._write(stream, PING)
        if stream.entry.waiting:
            self._wake(stream)
        self.notice(stream.entry)

    def disconnect(self, stream: PushStream) -> None:
        """Forget a stream that has ended, unless another took its place."""
        if self._streams.get(stream.entry.endpoint_id) is stream:
            del self._streams[stream.entry.endpoint_id]

    def is_connected(self, endpoint_id: str) -> bool:
        """Whether an endpoint listens."""
        return endpoint_id in self._streams

    def notice(self, entry: Entry) -> None:
        """Look at an endpoint whose queue or standing changed, and tell it if there is a need."""
        stream = self._streams.get(entry.endpoint_id)
        if stream is None:
            return
        stream.entry = entry  # another one, if all were loaded anew
        if entry.removed:
            stream.ended.set()
        elif len(entry.delivered) < len(entry.waiting) and not entry.is_told:
            # What was carried already is being worked at: each acknowledgement comes by here.
            self._tell(stream)

    def send(self, endpoint_id: str, data: str) -> bool:
        """Send one event of any content; return whether the endpoint listens."""
        stream = self._streams.get(endpoint_id)
        if stream is None:
            return False
        self._write(stream, encode_event(data))
        return True

    def silence(self, endpoint_id: str, *, is_silent: bool = True) -> bool:
        """Send an endpoint nothing any more, or again; return whether it listens."""
        stream = self._streams.get(endpoint_id)
        if stream is not None:
            stream.is_silent = is_silent
        return stream is not None

    def let_happen(self, fault: Fault, stream: PushStream) -> None:
        """Let a fault of streams happen to one."""
        if fault.effect == "silence":
            stream.is_silent = True
        elif fault.effect == "pings":
            stream.ping_every_s = fault.value
        elif fault.effect == "drop":
            asyncio.get_running_loop().call_later(max(fault.value, 0.0), stream.ended.set)

    def fault_was_set(self, fault: Fault) -> None:
        """Let a fault happen to the streams that are open already."""
        for stream in self._streams.values():
            entry = stream.entry
            if fault.target.meets("push", entry.endpoint_id, entry.tenant):
                self.let_happen(fault, stream)

    def faults_were_cleared(self) -> None:
        """Speak again to whoever was met with silence, and ping at the usual interval."""
        for stream in self._streams.values():
            stream.ping_every_s = None
            if stream.is_silent:
                stream.is_silent = False
                stream.entry.is_told = False
                self.notice(stream.entry)

    def drop(self, endpoint_id: str) -> bool:
        """End an endpoint's stream; return whether there was one."""
        stream = self._streams.get(endpoint_id)
        if stream is not None:
            stream.ended.set()
        return stream is not None

    def close(self) -> None:
        """End every stream."""
        for stream in self._streams.values():
            stream.ended.set()

    async def run(self) -> None:
        """Ping streams that were silent for long, until cancelled."""
        while True:
            await asyncio.sleep(min(TICK_S, self.ping_interval_s / 2))
            await self.ping_silent()

    async def ping_silent(self) -> None:
        """Ping now what has to be pinged, a few at a time so that polls have their turn."""
        now_s = asyncio.get_running_loop().time()
        for stream in self._streams.values():
            if stream.is_gone():
                stream.ended.set()
        due = [one for one in self._streams.values() if self._is_due(one, now_s)]
        for number, stream in enumerate(due, 1):
            if not stream.ended.is_set():
                self._write(stream, PING)
            if number % PINGS_AT_A_TIME == 0:
                await asyncio.sleep(0)

    def _is_due(self, stream: PushStream, now_s: float) -> bool:
        every_s = stream.ping_every_s
        return now_s - stream.sent_at_s >= (self.ping_interval_s if every_s is None else every_s)

    def _tell(self, stream: PushStream) -> None:
        carried = None if stream.is_silent else self._carry(stream.entry)
        if carried is None:
            self._wake(stream)
        else:
            self._write(stream, encode_event(carried.decode()))

    def _wake(self, stream: PushStream) -> None:
        stream.entry.is_told = not stream.is_silent
        self._write(stream, _WAKE)
        if self._is_shared:
            asyncio.get_running_loop().call_later(AGAIN_S, self._wake_again, stream)

    def _wake_again(self, stream: PushStream) -> None:
        entry = stream.entry
        if len(entry.delivered) < len(entry.waiting) and not stream.ended.is_set():
            self._write(stream, _WAKE)

    def _write(self, stream: PushStream, data: bytes) -> None:
        if stream.is_silent:
            return
        stream.sent_at_s = asyncio.get_running_loop().time()
        if stream.write(data) > MOST_UNREAD:
            stream.ended.set()
