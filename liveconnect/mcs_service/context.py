"""What the handlers of the MCS service share."""

import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from foundation.checkpoints import Checkpoints
from foundation.faults import FaultPlan, Hop
from foundation.net.fault_effects import carry_out
from foundation.operations_log import OperationsLog
from foundation.service import Now
from liveconnect.access_token import AccessTokens
from liveconnect.admission import Admission
from liveconnect.clones import COOKIE, CloneWatch, cookie_of
from liveconnect.mcs_service.gate import Gate
from liveconnect.mcs_service.policy_shelf import PolicyShelf
from liveconnect.mcs_service.turns import Turns
from liveconnect.refusals import CredentialsRefusedError, Refusals, RefusedError
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Entry, Roster
from liveconnect.sharing import Currency
from liveconnect.store.port import EndpointStore
from liveconnect.traffic import Traffic

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
XML = "application/xml"
JSON = "application/json"
_HOPS = {"push": Hop.PUSH, "software": Hop.CONTENT}
"""Calls that are hops of their own; every other is MCS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McsContext:
    """The parts of one LiveConnect that answer endpoints."""

    store: EndpointStore
    roster: Roster
    gate: Gate
    tokens: AccessTokens
    shelf: PolicyShelf
    refusals: Refusals
    traffic: Traffic
    log: OperationsLog
    bells: ReportBells
    clones: CloneWatch
    checkpoints: Checkpoints
    faults: FaultPlan
    admission: Admission
    telling_admission: Admission
    turns: Turns
    currency: Currency | None
    now: Now
    rng: random.Random

    def new_id(self) -> str:
        """Return an id for an endpoint or a device."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def guarded(self, call: str, handler: Handler) -> Handler:
        """Return the handler with refusals turned into their answers, which are all counted.

        Args:
            call: The name of the call, as in mcs-protocol 1.3.
            handler: What answers it.
        """
        answers, currency, faults = self.traffic.answers, self.currency, self.faults
        if currency is not None:
            handler = _when_current(currency, handler)

        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except RefusedError as error:
                return self.refusals.answer(request, error)

        async def guard(request: web.Request) -> web.StreamResponse:
            if faults.is_active:
                answer = await self._perhaps_faulty(call, request, answered)
            else:  # the usual way spares the layer of `answered`
                try:
                    answer = await handler(request)
                except RefusedError as error:
                    answer = self.refusals.answer(request, error)
            answers[call, answer.status] += 1
            return answer

        return guard

    async def _perhaps_faulty(
        self, call: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        hop = _HOPS.get(call, Hop.MCS)
        entry = self._asking(request)
        endpoint, tenant = (entry.endpoint_id, entry.tenant) if entry is not None else ("", "")
        active = self.faults.choose(hop, call, endpoint=endpoint, tenant=tenant)
        if active is None:
            return await handler(request)
        return await carry_out(active, request, handler, self.faults)

    def _asking(self, request: web.Request) -> Entry | None:
        """Return the endpoint that a request is about, whether it may speak for it or not."""
        named = request.match_info
        if "endpoint" in named:
            return self.roster.by_id(named["endpoint"])
        if "device" in named:
            return self.roster.by_device(named["device"])
        return self.roster.by_header(request.headers.get("Authorization", ""))

    async def in_session(
        self, entry: Entry, request: web.Request, answer: web.Response
    ) -> web.Response:
        """Return the answer with the session's cookie; two sessions that alternate are told."""
        cookie, is_new_clone = await self.clones.saw(
            entry.endpoint_id, cookie_of(request), self.now()
        )
        if cookie:
            answer.headers["Set-Cookie"] = f"{COOKIE}={cookie}; Path=/; Secure; HttpOnly"
        if is_new_clone:
            self.log.record("clone_detected", endpoint=entry.endpoint_id, tenant=entry.tenant)
        return answer

    def admitted(self, handler: Handler, *, tells: bool = False) -> Handler:
        """Return the handler for requests that count against how much is taken in at once.

        Args:
            handler: What answers it.
            tells: Whether the request tells something rather than fetches it: of those as many
                are taken in beside, so that a rush of reports keeps nobody from a policy.
        """
        admission = self.telling_admission if tells else self.admission

        async def admit(request: web.Request) -> web.StreamResponse:
            with admission.admitted(request):
                return await handler(request)

        return admit


def _when_current(currency: Currency, handler: Handler) -> Handler:
    """Return the handler, called only while the memory may answer.

    Nobody is refused by a memory that is a moment old: another worker may have enrolled who calls.
    """

    async def when_current(request: web.Request) -> web.StreamResponse:
        if not currency.is_current:
            await currency.catch_up()
        try:
            return await handler(request)
        except CredentialsRefusedError:
            await currency.look_again()
            return await handler(request)

    return when_current
