"""What the handlers of the link share."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from foundation.checkpoints import Checkpoints
from foundation.faults import FaultPlan, Hop
from foundation.net.fault_effects import carry_out
from foundation.operations_log import OperationsLog
from foundation.protocol.link import LinkDocumentMalformedError
from foundation.protocol.reasons import Reason
from foundation.redact import Secret
from foundation.service import Now
from liveconnect.admission import Admission
from liveconnect.bodies import read_body
from liveconnect.link_service.certificates import tenant_of
from liveconnect.pki import CertificateAuthority, CertificateRequestInvalidError
from liveconnect.refusals import (
    DocumentRefusedError,
    Refusals,
    RefusedError,
)
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Roster
from liveconnect.sharing import Currency
from liveconnect.store.port import Store
from liveconnect.traffic import Traffic

MOST_BYTES = 200_000_000
"""A changeset of a large UTM; long lists travel as parts."""
Call = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkContext:
    """The parts of one LiveConnect that answer UTMs."""

    store: Store
    roster: Roster
    authority: CertificateAuthority
    enrolment_secret: Secret
    trusts_loopback: bool
    mcs_url: Callable[[], str]
    refusals: Refusals
    traffic: Traffic
    log: OperationsLog
    bells: ReportBells
    checkpoints: Checkpoints
    faults: FaultPlan
    admission: Admission
    currency: Currency | None
    now: Now

    async def with_newest_keys(self) -> CertificateAuthority:
        """Return the CA as it is now, also when another worker has just changed it."""
        if self.currency is not None:
            await self.currency.look_again()
        return self.authority

    def of_utm(self, name: str, call: Call) -> Handler:
        """Return a handler that hands the calling UTM to `call`, counted under its name."""

        async def of_tenant(request: web.Request) -> web.StreamResponse:
            return await call(request, await tenant_of(request, self.store, self.now))

        async def admitted(request: web.Request) -> web.StreamResponse:
            with self.admission.admitted(request):
                return await of_tenant(request)

        # A report request is held for minutes, and there is one per UTM: it takes nobody's place.
        return self.guarded(name, of_tenant if name == "reports" else admitted)

    def guarded(self, name: str, handler: Handler) -> Handler:
        """Return the handler with refusals turned into their answers, which are all counted."""

        async def guard(request: web.Request) -> web.StreamResponse:
            if self.faults.is_active:
                answer = await self._perhaps_faulty(name, request, handler)
            else:
                answer = await self._answer(request, handler)
            self.traffic.answers[f"link {name}", answer.status] += 1
            return answer

        return guard

    async def _perhaps_faulty(
        self, name: str, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        async def answered(one: web.Request) -> web.StreamResponse:
            return await self._answer(one, handler)

        active = self.faults.choose(Hop.LINK, name)
        if active is None:
            return await answered(request)
        return await carry_out(active, request, answered, self.faults)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal: RefusedError
        try:
            return await handler(request)
        except RefusedError as error:
            refusal = error
        except LinkDocumentMalformedError as error:
            refusal = DocumentRefusedError(Reason.FIELD_MISSING, str(error))
        except CertificateRequestInvalidError as error:
            refusal = DocumentRefusedError(Reason.CSR_INVALID, str(error))
        return self.refusals.answer_utm(request, refusal)


async def read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in a request.

    Raises:
        LinkDocumentMalformedError: If it is none.
    """
    try:
        content = json.loads(await read_body(request) or b"{}")
    except (ValueError, RecursionError) as error:
        raise LinkDocumentMalformedError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise LinkDocumentMalformedError("not a JSON object")
    return content
