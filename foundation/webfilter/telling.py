"""When a tunnel is told of: soon after it was decided, not when it ends, which may be days later.

- Told after `Limits.tunnel_told_s`, or at its end if that comes first; with 0 as soon as nothing is
  left to be judged. So a killed process loses no tunnel that stood longer than that.
- Size and duration are those until then; what passes afterwards is in no activity.
- Provenance: ours.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from foundation.webfilter.hearing import Hearing

HELLO_S: Final = 1.0
"""How long a client may keep silent before its tunnel is told of without a server name."""


class Telling:
    """Tells of one tunnel, once; to be entered when it stands.

    Args:
        hearing: The CONNECT or the upgrade.
        sent: How many bytes the client got through the tunnel.
    """

    def __init__(self, hearing: Hearing, sent: Callable[[], int]) -> None:
        self._hearing, self._sent = hearing, sent
        self._after_s = hearing.context.limits.tunnel_told_s
        self._timer = hearing.forwarder.loop.call_later(max(self._after_s, HELLO_S), self._tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._hearing.size = self._sent()

    def judged(self) -> None:
        """Take note that nothing more is going to be judged."""
        if self._after_s <= 0:
            self._tell()

    def _tell(self) -> None:
        self._hearing.size = self._sent()
        self._hearing.finish()
