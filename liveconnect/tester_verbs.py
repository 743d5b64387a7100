"""Verbs for testers: what a test server for MCS has to offer beside the work of the UTM.

- What is replaced here is stored, and told to nobody but the endpoints concerned.

Provenance: ours; the list is that of mcs-protocol 5.
"""

from collections.abc import Callable
from typing import Any

from foundation.net.control import Verb
from foundation.protocol.actions import encode_migrate
from foundation.protocol.mcs_policy import is_server_url
from foundation.protocol.names import APPSPROXY
from foundation.protocol.reasons import Reason
from foundation.service import Now
from liveconnect.access_token import AccessTokens
from liveconnect.refusals import DocumentRefusedError, NotFoundError
from liveconnect.replacing import document_for
from liveconnect.roster import Entry, Roster
from liveconnect.store.port import Store
from liveconnect.ways import read_ways


class TesterVerbs:
    """The verbs of one running LiveConnect."""

    def __init__(
        self, *, store: Store, roster: Roster, tokens: Callable[[], AccessTokens], now: Now
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._roster = roster
        self._now = now

    def by_name(self) -> dict[str, Verb]:
        """Return every verb under its name."""
        return {
            "flags": self.flags,
            "flags_replace": self.flags_replace,
            "migrate": self.migrate,
            "migration_token": self.migration_token,
            "ways_replace": self.ways_replace,
            "policy": self.policy,
            "policy_replace": self.policy_replace,
        }

    async def flags(self, endpoint_id: str) -> dict[str, bool]:
        """Return the feature flags that hold for an endpoint."""
        return await self._store.flags(self._entry(endpoint_id).tenant, endpoint_id)

    async def flags_replace(
        self, flags: dict[str, bool], tenant: str = "", endpoint_id: str = ""
    ) -> dict[str, Any]:
        """Replace the flags of everybody, of a UTM or of one endpoint; the narrower ones win."""
        if not all(isinstance(value, bool) for value in flags.values()):
            raise DocumentRefusedError(Reason.FIELD_MISSING, "a flag is true or false")
        owner = self._entry(endpoint_id).tenant if endpoint_id else tenant
        await self._store.replace_flags(owner, endpoint_id, flags)
        return {"tenant": owner, "endpoint_id": endpoint_id, "flags": flags}

    async def migration_token(self, tenant: str = "") -> dict[str, str]:
        """Return a token that moves endpoints here; by default to the first UTM."""
        owner = await self._utm(tenant)
        return {"tenant": owner, "token": self._tokens().issue_migration(owner)}

    async def ways_replace(self, ways: dict[str, Any], tenant: str = "") -> dict[str, Any]:
        """Set relays and proxies in the MCS policies of a UTM, by default of the first.

        `message_relays` (address, port, priority, id), `proxies`, `proxy_credentials` (base64 of
        USER:PASSWORD), `use_system_proxy`, `use_direct`; what is left out has its default.
        """
        owner, read = await self._utm(tenant), read_ways(ways)
        changed = await self._store.replace_ways(owner, read, self._now())
        self._roster.apply(changed)
        return {"tenant": owner, "endpoints": len(changed)}

    async def migrate(
        self, endpoint_id: str, server: str, token: str, ca_pem: str = ""
    ) -> dict[str, Any]:
        """Have an endpoint move to another server, with a migration token of that one."""
        if not is_server_url(server):
            raise DocumentRefusedError(Reason.FIELD_MISSING, "clients refuse such a server URL")
        tenant = self._entry(endpoint_id).tenant
        body = encode_migrate(server, token, ca_pem)
        snapshot = await self._store.send_command(tenant, endpoint_id, APPSPROXY, body, self._now())
        self._roster.apply((snapshot,))
        return {"command_id": snapshot.waiting[-1].command.id}

    async def policy(self, endpoint_id: str, app_id: str) -> dict[str, Any]:
        """Return the policy that is assigned to an endpoint, and what its status says of it."""
        policy_id = self._entry(endpoint_id).policies.get(app_id, "")
        body = await self._store.policy(endpoint_id, app_id, policy_id) if policy_id else None
        if body is None:
            raise NotFoundError(Reason.POLICY_UNKNOWN, f"no {app_id} policy is assigned")
        told = [one for one in await self._store.compliance(endpoint_id) if one["app_id"] == app_id]
        return {**told[0], "policy_id": policy_id, "body": body.decode(errors="replace")}

    async def policy_replace(self, endpoint_id: str, app_id: str, body: str) -> dict[str, Any]:
        """Assign a document to one endpoint, until its UTM assigns another for that app."""
        tenant = self._entry(endpoint_id).tenant
        document = document_for(app_id, body.encode())
        snapshot = await self._store.replace_policy(tenant, endpoint_id, document, self._now())
        self._roster.apply((snapshot,))
        return {"endpoint_id": endpoint_id, "app_id": app_id, "policy_id": document.revision}

    async def _utm(self, tenant: str) -> str:
        utms = [one.tenant for one in await self._store.tenants() if one.removed_at is None]
        if not utms or (tenant and tenant not in utms):
            raise NotFoundError(Reason.ENDPOINT_UNKNOWN, "there is no such UTM")
        return tenant or utms[0]

    def _entry(self, endpoint_id: str) -> Entry:
        entry = self._roster.by_id(endpoint_id)
        if entry is None:
            raise NotFoundError(Reason.ENDPOINT_UNKNOWN, f"there is no endpoint {endpoint_id}")
        return entry
