"""Drives a recording against a server: each request once, in its order, on one connection.

- Every endpoint of the recording is registered afresh; the server's own ids take the place of the
  recorded ones, in paths, headers and bodies.
- A recording holds no credentials. What was refused for them, what was answered by a fault that was
  put in on purpose, and push streams are not sent, and the report says so.
- An endpoint whose registration is not in the recording is registered at its first call and takes
  what waits for it, as it had done before the recording began.

Provenance: ours.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Final

from foundation.net.journal import LONGEST_BODY, Exchange
from foundation.protocol import paths
from foundation.protocol.answers import AnswerMalformedError, decode_authenticate_answer
from foundation.protocol.commands import decode_commands
from foundation.redact import redact_headers
from liveconnect.mcs_service.journal import shown_body
from utmlab.conformance.documents import computer_status
from utmlab.conformance.endpoint import APPS, Endpoint, basic, read_credentials
from utmlab.conformance.outcomes import Violation
from utmlab.conformance.wire import Answer, Base, Wire, WireError
from utmlab.redrive.comparing import Difference, Said, differences
from utmlab.redrive.names import Names
from utmlab.redrive.report import RedriveReport, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from foundation.service import Now
    from utmlab.conformance.subject import Target
    from utmlab.redrive.recording import Recording

_KEPT_HEADERS: Final = frozenset(
    {
        "accept",
        "content-type",
        "content-encoding",
        "user-agent",
        "x-device-id",
        "x-sophos-capabilities",
        "x-tenant-id",
        "x-uncompressed-content-length",
    }
)
_POLL: Final = "/commands/applications/"
_DEVICE: Final = re.compile(r"/v2/[^/]+/device/([^/]+)")
_ENDPOINT: Final = re.compile(r"/endpoint/([^/]+)")
_ACK: Final = re.compile(r"/commands/endpoint/([^/]+)/(.+)")
_POLICY: Final = re.compile(r"/policy/(?:fragment/)?application/([^/]+)/(.+)")
_RESPONSE: Final = re.compile(r"(/v2/responses/.+/correlation_id/)(.+)")


class _NotSentError(Exception):
    """Why a request of the recording cannot be sent."""


class Redrive:
    """One run.

    Args:
        recording: What is driven.
        target: The server, and the token to register with.
        now: Time for the stamps of documents that the recording lacks.
        on_step: Called with each step as it is made.
    """

    def __init__(
        self,
        recording: Recording,
        target: Target,
        *,
        now: Now,
        on_step: Callable[[Step], None] | None = None,
    ) -> None:
        self._recording = recording
        self._token = target.token
        self._now = now
        self._on_step = on_step
        self._base = Base.parse(target.url)
        self._wire = Wire(self._base, target.context)
        self._names = Names()
        self._endpoints: dict[str, Endpoint] = {}
        self._devices: dict[str, str] = {}
        self._bearers: dict[str, str] = {}

    async def run(self) -> RedriveReport:
        """Drive everything.

        Raises:
            WireError: If the server cannot be reached at all.
        """
        steps = []
        await self._wire.connect()
        try:
            for number, exchange in enumerate(self._recording.exchanges, 1):
                step = await self._step(number, exchange)
                steps.append(step)
                if self._on_step is not None:
                    self._on_step(step)
        finally:
            await self._wire.close()
        return RedriveReport(tuple(steps))

    async def _step(self, number: int, exchange: Exchange) -> Step:
        request = f"{exchange.method} {exchange.path}"
        try:
            _refuse_what_cannot_be_sent(exchange)
            answer = await self._send(exchange)
        except _NotSentError as why:
            return Step(number, request, not_sent=str(why))
        except (WireError, Violation) as error:
            told = Difference("answer", str(exchange.status), str(error))
            return Step(number, request, (told,))
        self._learn(exchange, answer)
        return Step(number, request, tuple(differences(*self._said(exchange, answer))))

    async def _send(self, exchange: Exchange) -> Answer:
        call = self._recording.call(exchange)
        headers = {
            name: self._names.in_text(value)
            for name, value in exchange.request_headers.items()
            if name.lower() in _KEPT_HEADERS
        }
        body = self._names.in_text(exchange.request_body).encode()
        if any(
            name.lower() == "content-encoding" and value == "deflate"
            for name, value in headers.items()
        ):
            body = zlib.compress(body)
        if not call:
            return await self._wire.request(exchange.method, "", headers, body)
        if call == paths.register():
            return await self._register(exchange, headers, body)
        device = _DEVICE.match(call)
        owner = self._devices.get(device[1], "") if device else exchange.endpoint
        if not owner:
            raise _NotSentError("the recording does not say which endpoint asked")
        endpoint = self._endpoints.get(owner) or await self._settled(owner)
        authorization = f"Bearer {self._bearers.get(owner, '')}" if device else None
        return await endpoint.call(
            exchange.method,
            self._path(call),
            body,
            authorization=authorization,
            more=headers,
        )

    async def _register(self, exchange: Exchange, headers: dict[str, str], body: bytes) -> Answer:
        known = self._endpoints.get(exchange.endpoint)
        parts = (known.endpoint_id, known.password) if known else ("", "")
        endpoint = Endpoint(self._wire, *parts)
        answer = await endpoint.call(
            exchange.method,
            paths.register(),
            body,
            authorization=basic(*parts, self._token),
            more=headers,
        )
        if answer.status == 200:
            self._adopt(exchange.endpoint, Endpoint(self._wire, *read_credentials(answer)))
        return answer

    async def _settled(self, recorded: str) -> Endpoint:
        """Return an endpoint that stands where the recording found this one."""
        document = computer_status(f"redriven-{len(self._endpoints) + 1}", self._now())
        stranger = Endpoint(self._wire, "", "")
        answer = await stranger.call(
            "POST", paths.register(), document, authorization=basic("", "", self._token)
        )
        endpoint = self._adopt(recorded, Endpoint(self._wire, *read_credentials(answer)))
        polled = await endpoint.poll(APPS)
        for command in decode_commands(polled.body, received_at=self._now()):
            await endpoint.acknowledge(command.id)
        return endpoint

    def _adopt(self, recorded: str, endpoint: Endpoint) -> Endpoint:
        self._endpoints[recorded] = endpoint
        self._names.pair(recorded, endpoint.endpoint_id)
        return endpoint

    def _path(self, call: str) -> str:
        """Return a recorded call with the names of now."""
        if match := _ACK.fullmatch(call):
            listed = paths.split_list(match[2])
            commands = [self._command(one) for one in listed]
            return paths.command_ack(self._segment(match[1]), commands)
        if match := _POLICY.fullmatch(call):
            return call[: match.start(2)] + self._segment(match[2])
        if match := _RESPONSE.fullmatch(call):
            call = match[1] + self._command(match[2])
        if match := _DEVICE.match(call):
            return call[: match.start(1)] + self._segment(match[1]) + call[match.end(1) :]
        if match := _ENDPOINT.search(call):
            return call[: match.start(1)] + self._segment(match[1]) + call[match.end(1) :]
        return call

    def _segment(self, recorded: str) -> str:
        now = self._names.segment(recorded)
        if now is None:
            raise _NotSentError(f"the server gave nothing that stands for {recorded}")
        return now

    def _command(self, recorded: str) -> str:
        now = self._names.command(recorded)
        if now is None:
            raise _NotSentError(f"the server gave no counterpart of command {recorded}")
        return now

    def _learn(self, exchange: Exchange, answer: Answer) -> None:
        call = self._recording.call(exchange)
        if exchange.status != 200 or answer.status != 200:
            return
        if call.startswith(_POLL):
            self._names.learn(exchange.response_body.encode(), answer.body, exchange.at)
        elif call.startswith("/policy/application/MCS/"):
            self._names.pair_parties(exchange.response_body, answer.text)
        elif call.startswith("/authenticate/"):
            try:
                then = decode_authenticate_answer(exchange.response_body.encode())
                this = decode_authenticate_answer(answer.body)
            except AnswerMalformedError:
                return
            self._bearers[exchange.endpoint] = this.access_token
            self._devices[then.device_id] = exchange.endpoint
            self._names.pair(then.device_id, this.device_id)
            self._names.pair(then.tenant_id, this.tenant_id)

    def _said(self, exchange: Exchange, answer: Answer) -> tuple[Said, Said]:
        """Return both answers in the names of the recording."""
        recorded_host = next(
            (v for name, v in exchange.request_headers.items() if name.lower() == "host"), ""
        )
        body = shown_body(answer.path, answer.body)
        if recorded_host:
            this, then = (
                self._base.authority + self._base.path,
                recorded_host + self._recording.base,
            )
            body = body.replace(this, then).replace(self._base.authority, recorded_host)
        if answer.path.startswith(_POLL):
            body = self._names.commands_as_recorded(body)
        return (
            Said(exchange.status, exchange.response_headers, exchange.response_body),
            Said(
                answer.status,
                redact_headers(dict(answer.headers)),
                self._names.as_recorded(body)[:LONGEST_BODY],
            ),
        )


async def redrive(
    recording: Recording,
    target: Target,
    *,
    now: Now,
    on_step: Callable[[Step], None] | None = None,
) -> RedriveReport:
    """Drive a recording against a server and tell the differences.

    Raises:
        UrlRefusedError: If the address is no https URL.
        WireError: If the server cannot be reached at all.
    """
    return await Redrive(recording, target, now=now, on_step=on_step).run()


def _refuse_what_cannot_be_sent(exchange: Exchange) -> None:
    if exchange.injected:
        raise _NotSentError("its answer was a fault put in on purpose")
    if exchange.status == 401:
        raise _NotSentError("it was refused for credentials, which are not recorded")
    if exchange.cut and len(exchange.request_body) >= LONGEST_BODY:
        raise _NotSentError("its body is recorded in part only")
    if "/v2/push/" in exchange.path:
        raise _NotSentError("a push stream has no answer that ends")
    if not exchange.status:
        raise _NotSentError("it got no answer")
