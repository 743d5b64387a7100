"""What the handlers of the MCS service share."""

import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from foundation.checkpoints import Checkpoints
from foundation.operations_log import OperationsLog
from foundation.service import Now
from liveconnect.access_token import AccessTokens
from liveconnect.admission import Admission
from liveconnect.mcs_service.gate import Gate
from liveconnect.mcs_service.policy_shelf import PolicyShelf
from liveconnect.refusals import CredentialsRefusedError, Refusals, RefusedError
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Roster
from liveconnect.sharing import Currency
from liveconnect.store.port import EndpointStore
from liveconnect.traffic import Traffic

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
XML = "application/xml"
JSON = "application/json"


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
    checkpoints: Checkpoints
    admission: Admission
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
        answers, currency = self.traffic.answers, self.currency
        if currency is not None:
            handler = _when_current(currency, handler)

        async def guard(request: web.Request) -> web.StreamResponse:
            try:
                answer = await handler(request)
            except RefusedError as error:
                answer = self.refusals.answer(request, error)
            answers[call, answer.status] += 1
            return answer

        return guard

    def admitted(self, handler: Handler) -> Handler:
        """Return the handler for requests that count against how much is taken in at once."""
        admission = self.admission

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
