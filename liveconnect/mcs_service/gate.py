"""Who may call: Basic for the calls of version 1, Bearer for those of version 2.

- An unknown id or a wrong password is told to register again; a removed endpoint, a stale access
  token and a header that cannot be read are not.
- An endpoint speaks for itself only: the id in the path must be its own.

Provenance: the register realm and its effect are documented; 403 for a foreign path is ours.
"""

from aiohttp import web

from foundation.protocol.authorization import (
    AuthorizationMalformedError,
    decode_basic,
    decode_bearer,
)
from foundation.protocol.reasons import Reason
from liveconnect.access_token import AccessTokens
from liveconnect.enrolment import opens
from liveconnect.refusals import CredentialsRefusedError, ForeignEndpointError
from liveconnect.roster import Entry, Roster

_UNKNOWN_DIGEST = bytes(32)


class Gate:
    """Recognises the endpoint behind a request."""

    def __init__(self, roster: Roster, tokens: AccessTokens) -> None:
        self._roster = roster
        self._tokens = tokens

    def endpoint(self, request: web.Request) -> Entry:
        """Return who calls.

        Raises:
            CredentialsRefusedError: If the header is missing, malformed or not valid.
        """
        header = request.headers.get("Authorization")
        if header is None:
            raise CredentialsRefusedError(
                Reason.AUTHORIZATION_MISSING, "the request carries no Authorization"
            )
        entry = self._roster.by_header(header) or self._checked(header)
        if entry.removed:
            raise CredentialsRefusedError(
                Reason.ENDPOINT_REMOVED, "this endpoint was removed from its UTM"
            )
        return entry

    def endpoint_of_path(self, request: web.Request) -> Entry:
        """Return who calls, which must be the endpoint that the path names.

        Raises:
            CredentialsRefusedError: As `endpoint`.
            ForeignEndpointError: If the path names another endpoint.
        """
        entry = self.endpoint(request)
        if request.match_info["endpoint"] != entry.endpoint_id:
            raise ForeignEndpointError(
                Reason.ENDPOINT_UNKNOWN, "an endpoint may only speak for itself"
            )
        return entry

    def device_of_path(self, request: web.Request) -> Entry:
        """Return who calls with an access token, which must be the device the path names.

        Raises:
            CredentialsRefusedError: If the token is missing, not ours or expired.
            ForeignEndpointError: If path or headers name another device or tenant.
        """
        header = request.headers.get("Authorization")
        if header is None:
            raise CredentialsRefusedError(
                Reason.AUTHORIZATION_MISSING, "the request carries no Authorization"
            )
        entry = self._bearer(header)
        device = request.headers.get("X-Device-ID", entry.device_id)
        tenant = request.headers.get("X-Tenant-ID", entry.tenant)
        if not (device == request.match_info["device"] == entry.device_id) or (
            tenant != entry.tenant
        ):
            raise ForeignEndpointError(
                Reason.ENDPOINT_UNKNOWN, "the access token belongs to another device"
            )
        return entry

    def _checked(self, header: str) -> Entry:
        if header[:7].lower() == "bearer ":
            # A stale token is told so here as well; a valid one is for other calls.
            self._bearer(header)
            raise CredentialsRefusedError(
                Reason.AUTHORIZATION_MALFORMED, "this call is authorized with Basic"
            )
        try:
            credentials = decode_basic(header)
        except AuthorizationMalformedError as error:
            raise CredentialsRefusedError(Reason.AUTHORIZATION_MALFORMED, str(error)) from error
        entry = self._roster.by_id(credentials.endpoint_id)
        # Compared also for an unknown id, so that the time tells nothing.
        right = opens(
            credentials.password.reveal(), entry.password_digest if entry else _UNKNOWN_DIGEST
        )
        if entry is None:
            raise CredentialsRefusedError(
                Reason.ENDPOINT_UNKNOWN, "there is no endpoint of this id", register=True
            )
        if not right:
            if entry.removed:
                raise CredentialsRefusedError(
                    Reason.ENDPOINT_REMOVED, "this endpoint was removed from its UTM"
                )
            raise CredentialsRefusedError(
                Reason.PASSWORD_WRONG, "the password is not this endpoint's", register=True
            )
        self._roster.remember_header(entry, header)
        return entry

    def _bearer(self, header: str) -> Entry:
        try:
            bearer = self._tokens.read(decode_bearer(header))
        except AuthorizationMalformedError as error:
            raise CredentialsRefusedError(Reason.AUTHORIZATION_MALFORMED, str(error)) from error
        entry = self._roster.by_id(bearer.endpoint_id)
        if entry is None or entry.device_id != bearer.device_id:
            raise CredentialsRefusedError(
                Reason.JWT_INVALID, "the access token belongs to no endpoint"
            )
        if entry.removed:
            raise CredentialsRefusedError(
                Reason.ENDPOINT_REMOVED, "this endpoint was removed from its UTM"
            )
        return entry
