"""The fleet's agents as users of locust, the load engine that spreads over machines.

    UTMLAB_URL=https://HOST:4443/sophos/management/ep UTMLAB_TOKEN=... UTMLAB_CA_FILE=ca.crt \
        .venv-locust/bin/locust -f bench/locustfile.py --headless -u 100 -r 10 -t 60s

- A user is one agent: the same state machine, sent over a socket of its own by gevent.
- Numbers of agents differ between workers, so that names do.
- Runs in an environment of its own (tools/locust); of utmlab it needs the source only.
- Settings: UTMLAB_URL, UTMLAB_TOKEN, UTMLAB_CA_FILE, UTMLAB_MIX (a mix, default `steady`),
  UTMLAB_POLL (seconds instead of what policies say), UTMLAB_SEED.
- A policy's push server is not listened to: locust counts answers, not streams.
"""

import os
import random
import secrets
import socket
import ssl
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import User, constant, task

sys.path.insert(0, str(Path(__file__).parent.parent))

from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.reactions import reaction_to
from utmlab.fleet.agent import Agent
from utmlab.fleet.answers import AnswerReader, Heads
from utmlab.fleet.behaviour import KINDS, kind_of, read_mix
from utmlab.fleet.call import Call
from utmlab.fleet.surroundings import Surroundings

TIMEOUT_S = 90.0
_CHUNK = 65_536
_PER_WORKER = 100_000


class _Settings:
    """What the users of one worker share."""

    def __init__(self) -> None:
        poll = os.environ.get("UTMLAB_POLL")
        self.around = Surroundings(
            url=os.environ["UTMLAB_URL"],
            token=os.environ["UTMLAB_TOKEN"],
            options=McsClientOptions(poll_interval_s=float(poll) if poll else None),
            secret=secrets.token_hex(16),
            now=lambda: datetime.now(UTC),
            clock=time.monotonic,
        )
        self.context = ssl.create_default_context(cafile=os.environ["UTMLAB_CA_FILE"])
        self.mix = read_mix(os.environ.get("UTMLAB_MIX", "steady"))
        self.seed = int(os.environ.get("UTMLAB_SEED", "1"))
        self.heads = Heads()
        self._started = 0

    def next_number(self, worker: int) -> int:
        """Return the number of the next user, one that no other worker gives."""
        self._started += 1
        return max(worker, 0) * _PER_WORKER + self._started


class AgentUser(User):  # type: ignore[misc] # locust has no types
    """One agent."""

    wait_time = constant(0)
    shared: _Settings | None = None

    def on_start(self) -> None:
        """Become an agent."""
        if AgentUser.shared is None:
            AgentUser.shared = _Settings()
        self._shared = AgentUser.shared
        runner: Any = self.environment.runner
        number = self._shared.next_number(getattr(runner, "worker_index", 0))
        rng = random.Random(f"{self._shared.seed} agent {number}")
        self._agent = Agent(
            number,
            f"LOCUST-{number:06}",
            KINDS[kind_of(self._shared.mix, number, self._shared.seed)],
            self._shared.around,
            rng=rng,
            known=None,
            start_s=time.monotonic(),
            is_spread=False,
        )
        self._socket: ssl.SSLSocket | None = None
        self._reader = AnswerReader(self._shared.heads)

    def on_stop(self) -> None:
        """Let go of the connection."""
        self._drop()

    @task
    def live(self) -> None:
        """Wait until something is due, and do it."""
        gevent.sleep(max(self._agent.wake_at_s - time.monotonic(), 0.0))
        turn = self._agent.turn()
        try:
            call = next(turn)
            while True:
                call = turn.send(self._timed(call))
        except StopIteration:
            return

    def _timed(self, call: Call) -> Outcome:
        began_s = time.perf_counter()
        outcome = self._exchanged(call)
        is_good = isinstance(outcome, Answer) and outcome.is_success
        self.environment.events.request.fire(
            request_type="MCS",
            name=call.name,
            response_time=(time.perf_counter() - began_s) * 1e3,
            response_length=len(outcome.body) if isinstance(outcome, Answer) else 0,
            exception=None if is_good else RuntimeError(_words(outcome)),
        )
        if reaction_to(outcome).close_connection:
            self._drop()
        return outcome

    def _exchanged(self, call: Call) -> Outcome:
        try:
            stream = self._connected()
        except ssl.SSLError as error:
            return NoAnswer(Breakdown.CERTIFICATE, str(error))
        except OSError as error:
            return NoAnswer(Breakdown.CONNECT, str(error))
        try:
            stream.sendall(call.request)
            while True:
                data = stream.recv(_CHUNK)
                outcome = self._reader.feed(data) if data else self._reader.end()
                if not data or not self._reader.keeps:
                    self._drop()
                if outcome is not None:
                    return outcome
                if not data:
                    return NoAnswer(Breakdown.RESET, "closed by the server")
        except TimeoutError:
            self._drop()
            return NoAnswer(Breakdown.TIMEOUT, "no answer in time")
        except OSError as error:
            self._drop()
            return NoAnswer(Breakdown.RESET, str(error))

    def _connected(self) -> ssl.SSLSocket:
        if self._socket is None:
            server = urlsplit(self._shared.around.url)
            host = server.hostname or ""
            plain = socket.create_connection((host, server.port or 443), timeout=TIMEOUT_S)
            self._socket = self._shared.context.wrap_socket(plain, server_hostname=host)
            self._reader = AnswerReader(self._shared.heads)
        return self._socket

    def _drop(self) -> None:
        stream, self._socket = self._socket, None
        if stream is not None:
            stream.close()


def _words(outcome: Outcome) -> str:
    return str(outcome.status) if isinstance(outcome, Answer) else outcome.breakdown.value
