"""Endpoints that come from another LiveConnect, and the word of those that went to one.

- Who comes shows a token that this LiveConnect made for that purpose alone; it opens one UTM, for
  a limited time. The same endpoint that comes twice, because an answer was lost, is one endpoint.
- An endpoint that says that it has moved is removed here: its old identity opens nothing more.

Provenance: the calls are documented (mcs-protocol 1.3 call 15, 2.5); the removal is ours.
"""

from aiohttp import web

from foundation.protocol.authorization import AuthorizationMalformedError, decode_bearer
from foundation.protocol.computer_status import decode_computer_status
from foundation.protocol.migration import MigrationOutcome, NewIdentity
from foundation.protocol.reasons import Reason
from liveconnect.bodies import read_body
from liveconnect.enrolment import digest_of, new_password
from liveconnect.mcs_service.context import JSON, McsContext
from liveconnect.mcs_service.documents import read_document, read_name
from liveconnect.refusals import CredentialsRefusedError
from liveconnect.roster import Entry
from liveconnect.store.records import Enrolment


class Migrating:
    """Handlers of endpoints that come and go."""

    def __init__(self, context: McsContext) -> None:
        self._context = context

    async def migrate(self, request: web.Request) -> web.Response:
        """POST /v2/migrate."""
        context = self._context
        tenant = self._tenant_of(request)
        former = read_name(request.headers.get("X-Device-ID"))
        computer = read_document(decode_computer_status, await read_body(request))
        password = new_password()
        enrolled = await context.store.enrol(
            Enrolment(
                token="",
                tenant=tenant,
                shown_id="",
                new_id=context.new_id(),
                new_device_id=context.new_id(),
                new_password_digest=digest_of(password.reveal()),
                shown_password="",
                computer=computer,
                attempt=f"migrated from device {former}" if former else "",
            ),
            context.now(),
        )
        endpoint = enrolled.endpoint
        context.roster.put(endpoint)
        context.bells.ring(tenant)
        context.log.record(
            "migrated_here",
            endpoint=endpoint.endpoint_id,
            computer=endpoint.computer_name,
            tenant=tenant,
        )
        answer = NewIdentity(
            endpoint_id=endpoint.endpoint_id,
            device_id=endpoint.device_id,
            tenant_id=tenant,
            password=password.reveal(),
        )
        return web.Response(body=answer.encode(), content_type=JSON)

    async def take_outcome(self, entry: Entry, outcome: MigrationOutcome) -> web.Response:
        """Take what an endpoint says about its migration."""
        context = self._context
        event = "migrated_away" if outcome.has_moved else "migration_failed"
        context.log.record(
            event, endpoint=entry.endpoint_id, tenant=entry.tenant, sentence=outcome.error
        )
        if outcome.has_moved:
            removed = await context.store.remove_endpoint(
                entry.tenant, entry.endpoint_id, context.now()
            )
            context.roster.put(removed)
            context.bells.ring(entry.tenant)
        return web.Response()

    def _tenant_of(self, request: web.Request) -> str:
        header = request.headers.get("Authorization")
        if header is None:
            raise CredentialsRefusedError(
                Reason.AUTHORIZATION_MISSING, "the request carries no Authorization"
            )
        try:
            return self._context.tokens.read_migration(decode_bearer(header))
        except AuthorizationMalformedError as error:
            raise CredentialsRefusedError(Reason.AUTHORIZATION_MALFORMED, str(error)) from error
