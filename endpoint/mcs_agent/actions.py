"""Actions: what an admin asked this endpoint to do once.

- Acted on once by command id: the hand-over remembers what was done, and every effect is keyed by
  the command's id, so that a killed agent which acts again changes nothing.
- An action that came too late, or that nobody here understands, is logged and counts as done.

- An action that wants a reply (`replyRequired`) gets one, which the client posts as its response.

Provenance: ALCForceUpdate and ScanNow are public; the scan itself is emulated, and what its reply
says is ours.
"""

import hashlib
import json
from typing import Final

from endpoint.answer_spool import ResponseSpool, StoredResponse
from endpoint.handover import Handover, StoredAction
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.mcs_agent.gathering import EVENT_TTL_S
from endpoint.outbox import Notice, Outbox
from endpoint.products import ANTI_VIRUS, AUTOUPDATE, InstalledProducts
from foundation.durable.doorbell import Doorbell
from foundation.protocol.actions import (
    FORCE_UPDATE,
    SCAN_NOW,
    ActionRefusedError,
    decode_action,
)
from foundation.protocol.events import Event
from foundation.protocol.names import ALC, SAV
from foundation.protocol.timestamps import format_timestamp
from foundation.service import Now

_COMPONENT: Final = "Actions"
_SCAN_COMPLETE: Final = "sophos.mgt.sav.scanCompleteEvent"
_SCANNED: Final = "scan finished, nothing found (emulated)"


class Actions:
    """Acts on the actions of one host.

    Args:
        host: The machine.
        handover: Where actions come from and events go.
        log: MCSAgent.log.
        now: The present.
        autoupdate_bell: Wakes AutoUpdate.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        handover: Handover,
        log: EndpointLog,
        now: Now,
        autoupdate_bell: Doorbell | None,
    ) -> None:
        self._host = host
        self._handover = handover
        self._log = log
        self._now = now
        self._autoupdate_bell = autoupdate_bell
        self._products = InstalledProducts(host)
        self._responses = ResponseSpool(host, handover.spool_bell)

    def act(self) -> None:
        """Act on everything that waits, in the order in which it came."""
        for action in self._handover.actions():
            self._log.information(_COMPONENT, self._act_on(action))
            self._handover.action_done(action.command_id)

    def _act_on(self, action: StoredAction) -> str:
        try:
            decoded = decode_action(action.body)
        except ActionRefusedError as error:
            return f"Command {action.command_id} ({action.app_id}) is dropped: {error}"
        kind = decoded.type
        named = f"Command {action.command_id} ({action.app_id} {kind})"
        if action.expires_at is not None and action.expires_at < self._now():
            return f"{named} came too late and is dropped"
        if action.app_id == ALC and kind == FORCE_UPDATE:
            return f"{named}: {self._force_update(action)}"
        if action.app_id == SAV and kind == SCAN_NOW:
            outcome = self._scan(action)
            if decoded.parameters.get("replyRequired") == "1":
                self._respond(action, kind, outcome)
            return f"{named}: {outcome}"
        return f"{named} is not known here and is dropped"

    def _force_update(self, action: StoredAction) -> str:
        if self._products.find(AUTOUPDATE) is None:
            return "AutoUpdate is not installed"
        request = Notice(id=_key(action), app_id=ALC, at=self._now(), body=action.command_id)
        Outbox(self._host.autoupdate / "Requests").put(request)
        if self._autoupdate_bell is not None:
            self._autoupdate_bell.ring()
        return "AutoUpdate was asked to update now"

    def _scan(self, action: StoredAction) -> str:
        if self._products.find(ANTI_VIRUS) is None:
            return "the anti-virus is not installed"
        at = self._now()
        # The id comes from the command, so that a repetition is the same event.
        id_ = _key(action)
        body = f'<event type="{_SCAN_COMPLETE}" ts="{format_timestamp(at)}"/>'
        self._handover.put_event(id_, Event(SAV, at, EVENT_TTL_S, body, 0, id_))
        return _SCANNED

    def _respond(self, action: StoredAction, kind: str, outcome: str) -> None:
        at = self._now()
        body = json.dumps(
            {
                "type": f"sophos.mgt.response.{kind}",
                "result": 0 if outcome == _SCANNED else 1,
                "message": outcome,
                "finishedAt": format_timestamp(at),
            }
        )
        self._responses.put(StoredResponse(action.app_id, action.command_id, body, at))


def _key(action: StoredAction) -> str:
    # With its time: another server may give out the same id for another command.
    identity = f"{action.command_id} {action.expires_at}"
    return hashlib.sha256(identity.encode()).hexdigest()[:24]
