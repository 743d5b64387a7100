"""What an endpoint tells: who it is, its statuses, its events, its responses.

- Everything is answered after the commit; what was sent twice is taken once.
- Statuses and events wait for a turn once they have come whole (`liveconnect.mcs_service.turns`).
"""

from aiohttp import web

from foundation.protocol.authorization import (
    AuthorizationMalformedError,
    EndpointCredentials,
    RegistrationCredentials,
    decode_registration,
    encode_registration_answer,
)
from foundation.protocol.computer_status import ComputerStatus, decode_computer_status
from foundation.protocol.migration import decode_outcome
from foundation.protocol.reasons import Reason
from foundation.redact import Secret
from liveconnect.bodies import read_body
from liveconnect.enrolment import digest_of, new_password
from liveconnect.mcs_service.context import McsContext
from liveconnect.mcs_service.documents import (
    read_aside,
    read_document,
    read_events,
    read_name,
    read_statuses,
)
from liveconnect.mcs_service.migrating import Migrating
from liveconnect.refusals import CredentialsRefusedError
from liveconnect.store.records import Enrolled, Enrolment, ReceivedResponse

ATTEMPT_HEADER = "X-Registration-Attempt"
"""Ours, optional: names one attempt to register, so that a lost answer makes no second endpoint."""


class Telling:
    """Handlers of the calls that send something."""

    def __init__(self, context: McsContext) -> None:
        self._context = context
        self._migrating = Migrating(context)

    async def register(self, request: web.Request) -> web.Response:
        """POST /register."""
        credentials = _registration_credentials(request)
        computer = read_document(decode_computer_status, await read_body(request))
        password = new_password()
        enrolled = await self._enrol(request, credentials, computer, password)
        endpoint = enrolled.endpoint
        shown = credentials.password if self._keeps(enrolled, credentials) else password
        self._context.log.record(
            "enrolled" if enrolled.is_new else "registered_again",
            endpoint=endpoint.endpoint_id,
            computer=endpoint.computer_name,
            tenant=endpoint.tenant,
        )
        answer = encode_registration_answer(EndpointCredentials(endpoint.endpoint_id, shown))
        return web.Response(body=answer, content_type="text/plain")

    async def statuses(self, request: web.Request) -> web.Response:
        """PUT /statuses/endpoint/{endpoint}."""
        context = self._context
        entry = context.gate.endpoint_of_path(request)
        body = await read_body(request)
        async with context.turns:
            received = await read_aside(read_statuses, body)
            fetches, entry.fetches = tuple(entry.fetches), []
            now = context.now()
            entry.last_seen = now
            context.checkpoints.reach("liveconnect.before_statuses_commit")
            new = await context.store.record_statuses(
                entry.tenant, entry.endpoint_id, received, fetches, now
            )
        context.checkpoints.reach("liveconnect.after_statuses_commit")
        if new:
            context.bells.ring(entry.tenant)
        return await context.in_session(entry, request, web.Response())

    async def events(self, request: web.Request) -> web.Response:
        """POST /events/endpoint/{endpoint}."""
        context = self._context
        entry = context.gate.endpoint_of_path(request)
        body = await read_body(request)
        outcome = decode_outcome(body)
        if outcome is not None:
            return await self._migrating.take_outcome(entry, outcome)
        async with context.turns:
            received = await read_aside(read_events, body)
            now = context.now()
            entry.last_seen = now
            context.checkpoints.reach("liveconnect.before_events_commit")
            new = await context.store.record_events(entry.tenant, entry.endpoint_id, received, now)
        context.checkpoints.reach("liveconnect.after_events_commit")
        if new:
            context.bells.ring(entry.tenant)
        return await context.in_session(entry, request, web.Response())

    async def response(self, request: web.Request) -> web.Response:
        """POST /v2/responses/device/{device}/app_id/{app}/correlation_id/{command}."""
        context = self._context
        entry = context.gate.device_of_path(request)
        body = await read_body(request)
        response = ReceivedResponse(
            endpoint_id=entry.endpoint_id,
            app_id=request.match_info["app"],
            command_id=request.match_info["command"],
            body=body.decode(errors="replace"),
        )
        await context.store.record_response(entry.tenant, response, context.now())
        return web.Response()

    async def _enrol(
        self,
        request: web.Request,
        credentials: RegistrationCredentials,
        computer: ComputerStatus,
        password: Secret,
    ) -> Enrolled:
        context = self._context
        enrolment = Enrolment(
            token=credentials.token,
            shown_id=credentials.endpoint_id,
            shown_password=credentials.password.reveal(),
            new_id=context.new_id(),
            new_device_id=context.new_id(),
            new_password_digest=digest_of(password.reveal()),
            computer=computer,
            attempt=read_name(request.headers.get(ATTEMPT_HEADER)),
        )
        context.checkpoints.reach("liveconnect.before_enrol_commit")
        enrolled = await context.store.enrol(enrolment, context.now())
        context.checkpoints.reach("liveconnect.after_enrol_commit")
        context.roster.put(enrolled.endpoint)
        context.bells.ring(enrolled.endpoint.tenant)
        return enrolled

    def _keeps(self, enrolled: Enrolled, credentials: RegistrationCredentials) -> bool:
        """Tell whether the endpoint keeps the password that it showed."""
        shown = digest_of(credentials.password.reveal())
        return not enrolled.is_new and shown == enrolled.endpoint.password_digest


def _registration_credentials(request: web.Request) -> RegistrationCredentials:
    header = request.headers.get("Authorization")
    if header is None:
        raise CredentialsRefusedError(
            Reason.AUTHORIZATION_MISSING, "the request carries no Authorization"
        )
    try:
        return decode_registration(header)
    except AuthorizationMalformedError as error:
        raise CredentialsRefusedError(Reason.AUTHORIZATION_MALFORMED, str(error)) from error
