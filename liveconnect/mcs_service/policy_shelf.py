"""Policies in memory, for the rush after a change: thousands of endpoints fetch the same bytes.

- Bounded by bytes, the longest unused goes first.
- Only the policy that is assigned to the endpoint now is answered from here; everything else is
  the store's to decide.
"""

from collections import OrderedDict

MOST_BYTES = 32_000_000


class PolicyShelf:
    """The policies fetched last."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._bodies: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()

    def get(self, tenant: str, app_id: str, policy_id: str) -> bytes | None:
        """Return a policy, if it is here."""
        key = (tenant, app_id, policy_id)
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, tenant: str, app_id: str, policy_id: str, body: bytes) -> None:
        """Keep a policy, dropping others if it needs their room."""
        key = (tenant, app_id, policy_id)
        if key in self._bodies or len(body) > self._most_bytes:
            return
        self._bodies[key] = body
        self._bytes += len(body)
        while self._bytes > self._most_bytes:
            _, dropped = self._bodies.popitem(last=False)
            self._bytes -= len(dropped)
