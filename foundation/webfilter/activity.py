"""What happened in one exchange: the material of activity events and web log lines.

- `action` is what the user experienced: "allow", "block", "warn" (the page was shown), "proceed"
  (the user went on, or an HTTPS site that would warn passed: documented for endpoints).
- One exchange gives one activity, when it has ended, also when the client went away; a tunnel gives
  its own when it has stood for a while (`telling`), so its `size` is what had passed by then.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from foundation.webfilter.verdict import Verdict, WebRequest

ActivityAction = Literal["allow", "block", "warn", "proceed"]


class Activity(NamedTuple):
    """One exchange; `size` counts body bytes sent to the client, `error` is a refusal's code."""

    request: WebRequest
    verdict: Verdict
    action: ActivityAction
    status_code: int
    size: int = 0
    referer: str = ""
    content_type: str = ""
    server_address: str = ""
    milliseconds: float = 0.0
    connect_milliseconds: float = 0.0
    error: str = ""

    @property
    def at(self) -> datetime:
        """When the request came."""
        return self.request.at
