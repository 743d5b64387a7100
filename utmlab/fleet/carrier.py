"""What carries one agent: its connection, its timer, and the turn that is under way.

* One object per agent, and one more for each open connection; no task but while connecting.
* Requests are strictly serial; what follows from an outcome for the connection is the reaction's.
* An answer is timed from the last byte sent to the last byte read; connecting is timed apart.
* The watch over answers that never come is the fleet's, for all agents at once.
"""

import asyncio
import ssl
from typing import TYPE_CHECKING, Final

from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.reactions import reaction_to
from foundation.protocol.push import PushEvent
from utmlab.fleet.agent import Agent, Turn
from utmlab.fleet.answers import AnswerReader
from utmlab.fleet.call import Call
from utmlab.fleet.push_link import PushLink

if TYPE_CHECKING:
    from endpoint.mcs_client.push_target import PushTarget
    from utmlab.fleet.fleet import Fleet

_GRAIN_S: Final = 1e-6


class Link(asyncio.Protocol):
    """One connection of an agent."""

    __slots__ = ("_carrier", "reader", "transport")

    def __init__(self, carrier: "Carrier", reader: AnswerReader) -> None:
        self._carrier = carrier
        self.reader = reader
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports have the methods, but not the base class.
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Hand on an answer once it is whole."""
        outcome = self.reader.feed(data)
        if outcome is not None:
            self._carrier.answered(self, outcome)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the connection has ended."""
        self.transport = None
        outcome = self.reader.end() or NoAnswer(Breakdown.RESET, str(exc or "closed by the server"))
        self._carrier.lost(self, outcome)

    def abort(self) -> None:
        """End it at once."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.abort()


class Carrier:
    """The carrier of one agent.

    Args:
        agent: The agent.
        fleet: Connects, and counts.

    Attributes:
        agent: The agent.
        sent_at_s: When the request under way was sent.
    """

    __slots__ = (
        "_call",
        "_fleet",
        "_link",
        "_push",
        "_push_target",
        "_timer",
        "_turn",
        "agent",
        "sent_at_s",
    )

    def __init__(self, agent: Agent, fleet: "Fleet") -> None:
        self.agent = agent
        self._fleet = fleet
        self._link: Link | None = None
        self._turn: Turn | None = None
        self._call: Call | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._push: PushLink | None = None
        self._push_target: PushTarget | None = None
        self.sent_at_s = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether its connection is open."""
        return self._link is not None

    def start(self) -> None:
        """Begin at the agent's time."""
        self._schedule()

    def stop(self) -> None:
        """Stop at once; what is under way is given up."""
        if self._timer is not None:
            self._timer.cancel()
        self._turn = self._call = None
        self._fleet.in_flight.pop(self, None)
        self._close_push()
        self._drop()

    def answered(self, link: Link, outcome: Outcome) -> None:
        """Take an answer, or what spoilt it."""
        if link is self._link and self._call is not None:
            if not link.reader.keeps:
                self._drop()
            self._settle(outcome)

    def lost(self, link: Link, outcome: Outcome) -> None:
        """Take the end of a connection."""
        if link is not self._link:
            return
        self._link = None
        if self._call is not None:
            self._settle(outcome)

    def time_out(self) -> None:
        """Give up waiting for an answer."""
        self._settle(NoAnswer(Breakdown.TIMEOUT, "no answer in time"))

    def push_said(self, event: PushEvent) -> None:
        """Take an event of the push channel."""
        if self.agent.push_said(event) and self._turn is None:
            self._begin()

    def push_up(self) -> None:
        """Take note that the push channel is up."""
        self.agent.is_push_up = True
        self._fleet.tally.counts["push_opened"] += 1

    def push_lost(self, push: PushLink, reason: str) -> None:
        """Take the end of a push channel."""
        if push is not self._push:
            return
        self._push = self._push_target = None
        self._fleet.listeners.pop(self, None)
        self._fleet.tally.unanswered("push", reason, self._fleet.loop.time())
        if self.agent.is_push_up:
            self.agent.push_lost()
            if self._turn is None:
                self._schedule()

    def push_silent(self, now_s: float) -> None:
        """End a push channel that has been silent for too long."""
        push, target = self._push, self._push_target
        if push is None or target is None or not self.agent.is_push_up:
            return  # connecting has a limit of its own
        if now_s - push.heard_at_s <= target.ping_timeout_s:
            return
        push.close()
        self.push_lost(push, "No Ping from Server")

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        at_s = min(self.agent.wake_at_s, self.agent.restless.next_at_s)
        self._timer = self._fleet.loop.call_at(at_s, self._due)

    def _due(self) -> None:
        self._timer = None
        now_s, restless = self._fleet.loop.time(), self.agent.restless
        if now_s >= restless.next_at_s - _GRAIN_S:
            asleep_s = restless.happen(now_s)
            self._drop()
            if asleep_s:
                self._fleet.tally.counts["sleeps"] += 1
                self._close_push()
                self._timer = self._fleet.loop.call_at(now_s + asleep_s, self._due)
                return
            self._fleet.tally.counts["cuts"] += 1
        if now_s >= self.agent.wake_at_s - _GRAIN_S:
            self._begin()
        else:
            self._schedule()

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._turn = self.agent.turn()
        self._advance(None)

    def _advance(self, outcome: Outcome | None) -> None:
        if self._turn is None:
            return
        try:
            # A generator that has not begun takes nothing but None.
            call = next(self._turn) if outcome is None else self._turn.send(outcome)
        except StopIteration:
            self._turn = None
            self._ensure_push()
            self._schedule()
        else:
            self._call = call
            if self._link is None:
                self._fleet.begin(self._connect())
            else:
                self._send(call)

    def _send(self, call: Call) -> None:
        link, behaviour = self._link, self.agent.behaviour
        if link is None or link.transport is None:
            self._settle(NoAnswer(Breakdown.RESET, "the connection ended"))
            return
        self.sent_at_s = self._fleet.loop.time()
        self._fleet.in_flight[self] = None
        link.transport.write(call.request)
        if behaviour.reads_after_s:
            link.transport.pause_reading()
            self._fleet.loop.call_later(behaviour.reads_after_s, self._read_on, link)
        if self.agent.is_cut(call.name):
            self._drop()
            self._settle(NoAnswer(Breakdown.RESET, "cut on purpose"))

    def _read_on(self, link: Link) -> None:
        if link is self._link and link.transport is not None:
            link.transport.resume_reading()

    def _settle(self, outcome: Outcome) -> None:
        call, self._call = self._call, None
        self._fleet.in_flight.pop(self, None)
        if call is None:
            return
        now_s = self._fleet.loop.time()
        if isinstance(outcome, Answer):
            took_s = now_s - self.sent_at_s
            self._fleet.tally.answered(call.name, str(outcome.status), took_s, now_s)
        else:
            self._fleet.tally.unanswered(call.name, outcome.breakdown.value, now_s)
        if reaction_to(outcome).close_connection:
            self._drop()
        self._advance(outcome)

    async def _connect(self) -> None:
        call = self._call
        try:
            link = await self._fleet.connect(
                lambda: Link(self, AnswerReader(self._fleet.heads)),
                self.agent.number,
                self.agent.server,
            )
        except ssl.SSLError as error:
            self._settle(NoAnswer(Breakdown.CERTIFICATE, str(error)))
        except TimeoutError as error:
            self._settle(NoAnswer(Breakdown.CONNECT, str(error) or "no connection in time"))
        except OSError as error:
            self._settle(NoAnswer(Breakdown.CONNECT, str(error)))
        else:
            if self._call is None or self._call is not call:
                link.abort()  # stopped meanwhile
                return
            self._link = link
            self._send(self._call)

    def _ensure_push(self) -> None:
        agent = self.agent
        if not agent.is_push_wanted_now:
            return
        agent.is_push_wanted_now = False
        if agent.push == self._push_target:
            return
        self._close_push()
        if agent.push is not None:
            self._push_target = agent.push
            self._push = PushLink(self, self._fleet.loop.time())
            self._fleet.listeners[self] = None
            self._fleet.begin(self._push.open(self._fleet, agent.push, agent.number))

    def _close_push(self) -> None:
        push, self._push, self._push_target = self._push, None, None
        self._fleet.listeners.pop(self, None)
        self.agent.is_push_up = False
        if push is not None:
            push.close()

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.abort()
