"""From policies in Persist to configurations in force, and the statuses that say so.

- Works from Persist alone: the client may be stopped, or may have been replaced meanwhile (MCS-06).
- A policy that is refused leaves the last good one in force and is reported (Diff, or NoRef when
  there is none) with the reason code among the details.
- Order: configuration on disk, then the record, then the status. Killed in between, the rest is
  made good at the next start, and nothing is applied or stored a second time.
- A file that differs is the only cause of work; files of one pass go by their age, so that the
  newest document of an app decides.

Provenance: adapters and Persist are the seed's; Res and RevID are documented; the record and the
reason codes in the details are ours.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from endpoint.handover import Handover, status_digest
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.mcs_agent.adapters import Adapter
from endpoint.mcs_agent.adapters.base import Configuration
from endpoint.mcs_agent.record import AppState, Memory, read_memory, write_memory
from endpoint.products import InstalledProducts
from foundation.checkpoints import Checkpoints
from foundation.errors import DomainError
from foundation.protocol.policies import PolicyRefusedError
from foundation.protocol.reasons import Reason
from foundation.protocol.statuses import AdapterStatus, encode_adapter_status
from foundation.service import Now

_SUFFIX: Final = "_policy.xml"
_COMPONENT: Final = "PolicyApplication"


def record_file(host: HostFolder) -> Path:
    """Return where the agent remembers what is in force."""
    return host.config_file.parent / "applied_policies.json"


class Enforcement:
    """Applies the policies of one host.

    Args:
        host: The machine.
        handover: Where policies come from and statuses go.
        adapters: App id → adapter.
        log: MCSAgent.log.
        now: The present.
        checkpoints: Named points for tests.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        handover: Handover,
        adapters: Mapping[str, Adapter],
        log: EndpointLog,
        now: Now,
        checkpoints: Checkpoints,
    ) -> None:
        self._host = host
        self._handover = handover
        self._adapters = adapters
        self._products = InstalledProducts(host)
        self._log = log
        self._now = now
        self._checkpoints = checkpoints
        self._waiting: set[str] = set()
        self.memory = read_memory(record_file(host))

    def reload(self) -> None:
        """Forget what is in memory and read the record again."""
        self.memory = read_memory(record_file(self._host))
        self._waiting.clear()

    def changed_files(self) -> Iterator[str]:
        """Yield the policy files that differ from what was dealt with, oldest first."""
        present = self._handover.policies()
        changed = [name for name in present if self.memory.files.get(name) != present[name]]
        self._log.trace(
            _COMPONENT, f"Persist holds {len(present)} policies, {len(changed)} of them new"
        )
        yield from sorted(changed, key=lambda name: (self._age(name), name))

    def deal_with(self, name: str) -> str | None:
        """Apply, refuse or postpone one policy file.

        Returns:
            The app whose configuration changed, or None.
        """
        try:
            body = self._handover.policy(name)
        except FileNotFoundError:  # removed since it was listed: nothing to apply
            return None
        digest = hashlib.sha256(body).hexdigest()
        app_id, policy_type = _parse_name(name)
        adapter = self._adapters.get(app_id)
        if adapter is None:
            self._log.warning(_COMPONENT, f"No adapter for {app_id}; {name} is left alone")
            unknown = AppState(
                app_id=app_id, policy_type=policy_type, refusal=str(Reason.APP_UNKNOWN)
            )
            self._remember(self.memory.with_app(unknown).with_file(name, digest))
            return None
        if adapter.product is not None and self._products.find(adapter.product) is None:
            self._postpone(name, adapter)
            return None
        self._waiting.discard(name)
        before = self.memory.apps.get(app_id) or AppState(
            app_id=app_id, policy_type=adapter.policy_type
        )
        try:
            configuration = adapter.configure(body)
        except DomainError as error:
            self._refuse(name, digest, before, error)
            return None
        return self._apply(name, digest, before, configuration)

    def store_statuses(self) -> None:
        """Store the status of every app that differs from the one stored last."""
        versions = {product.name: product.version for product in self._products.all()}
        for state in tuple(self.memory.apps.values()):
            body = encode_adapter_status(self._status(state, versions))
            digest = status_digest(body)
            if digest == state.status_digest:
                continue
            self._handover.put_status(state.app_id, body, self._now())
            self._remember(self.memory.with_app(replace(state, status_digest=digest)))
            self._checkpoints.reach("agent.after_status_stored")
            in_force = state.rev_id or "nothing"
            self._log.information("Status", f"{state.app_id} {state.res}, {in_force} in force")

    def _apply(
        self, name: str, digest: str, before: AppState, configuration: Configuration
    ) -> str | None:
        self._checkpoints.reach("agent.before_apply")
        changed = [file for file in configuration.files if file.write(self._host)]
        is_new = before.policy_digest != digest
        after = replace(
            before,
            rev_id=configuration.rev_id,
            policy_digest=digest,
            applied_at=self._now().isoformat() if is_new else before.applied_at,
            applications=before.applications + is_new,
            details=configuration.details,
            refusal="",
        )
        self._remember(self.memory.with_app(after).with_file(name, digest))
        self._checkpoints.reach("agent.after_apply")
        self._log.information(
            _COMPONENT,
            f"Applied {name} RevID={configuration.rev_id}: {configuration.summary}",
        )
        return before.app_id if changed else None

    def _refuse(self, name: str, digest: str, before: AppState, error: DomainError) -> None:
        reason = str(error.reason) if isinstance(error, PolicyRefusedError) else error.code
        in_force = f"RevID={before.rev_id} stays in force" if before.rev_id else "nothing in force"
        self._log.error(_COMPONENT, f"Refused {name} ({reason}): {error} {in_force}")
        refused = replace(before, refusal=reason)
        self._remember(self.memory.with_app(refused).with_file(name, digest))

    def _postpone(self, name: str, adapter: Adapter) -> None:
        if name not in self._waiting:
            self._waiting.add(name)
            self._log.information(_COMPONENT, f"{name} waits until {adapter.product} is installed")

    def _remember(self, memory: Memory) -> None:
        write_memory(record_file(self._host), memory)
        self.memory = memory

    def _status(self, state: AppState, versions: Mapping[str, str]) -> AdapterStatus:
        details = dict(state.details)
        adapter = self._adapters.get(state.app_id)
        if adapter is not None:
            details |= adapter.facts(self._host)
            if adapter.product is not None and adapter.product in versions:
                details["product_version"] = versions[adapter.product]
        if state.refusal:
            details["reason"] = state.refusal
        return AdapterStatus(
            app_id=state.app_id,
            policy_type=state.policy_type,
            res=state.res,
            rev_id=state.rev_id,
            details=details,
        )

    def _age(self, name: str) -> int:
        try:
            return (self._host.persist / name).stat().st_mtime_ns
        except FileNotFoundError:
            return 0


def _parse_name(name: str) -> tuple[str, int]:
    app_id, _, policy_type = name.removesuffix(_SUFFIX).partition("-")
    return app_id, int(policy_type) if policy_type.isdecimal() else 0
