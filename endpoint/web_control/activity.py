"""What Web Control saw, on its way into events: one notice per activity that is to be logged.

- `log_access`, `log_blocked` and their exception skips decide: an activity that they exclude
  leaves no trace (WEB-05).
- HTTPS that would warn was let through and is a `proceed` (documented; the proxy reports it so).
- What nobody fetches is kept for two months and up to a bound; what is dropped is counted.
- A notice survives a killed process at once; a power cut may cost the last ones.

Provenance: that browsing activity is uploaded is the seed's (LOG-02); the event's body is ours.
"""

from endpoint.outbox import Notice, NoticeIds, Outbox
from endpoint.retention import Retention
from foundation.durable.doorbell import Doorbell
from foundation.protocol.events import encode_web_control_event
from foundation.protocol.names import SWC
from foundation.webfilter.activity import Activity
from foundation.webfilter.event import event_of


class ActivityLog:
    """Spools the activities of one Web Control.

    Args:
        outbox: Where notices go.
        ids: Gives each its id, once.
        bell: Wakes the agent.
        retention: Bounds the outbox.
    """

    def __init__(
        self, outbox: Outbox, ids: NoticeIds, bell: Doorbell, *, retention: Retention
    ) -> None:
        self._retention = retention
        self._outbox = outbox
        self._ids = ids
        self._bell = bell

    def record(self, activity: Activity) -> bool:
        """Store an activity if it is to be logged; return whether it was."""
        if not activity.verdict.is_logged:
            return False
        body = encode_web_control_event(event_of(activity))
        self._outbox.put(
            Notice(id=self._ids.next(), app_id=SWC, at=activity.at, body=body), sync=False
        )
        self._bell.ring()
        self._retention.added()
        return True
