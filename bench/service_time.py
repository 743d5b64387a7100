"""How long a server takes for a request, measured inside it; installed by the benchmark alone.

- From the moment aiohttp is given the bytes of a request to the moment its answer is written: the
  wait for the handler's turn is in it, what lies in the kernel before is not.
- Nothing of it is in the server: without `install` there is no code to skip.
"""

import time
from collections import Counter
from typing import Any

from aiohttp.web_protocol import RequestHandler

from utmlab.fleet.tally import bucket_of


class ServiceTimes:
    """The times of one process."""

    def __init__(self) -> None:
        self._began: dict[RequestHandler, float] = {}
        self.buckets: Counter[int] = Counter()

    def install(self) -> None:
        """Measure from now on, in this process."""
        served: Any = RequestHandler  # its methods are replaced, which no type allows
        received, finished = served.data_received, served.finish_response
        began, buckets = self._began, self.buckets

        def data_received(handler: RequestHandler, data: bytes) -> None:
            began.setdefault(handler, time.perf_counter())
            received(handler, data)

        async def finish_response(handler: RequestHandler, *rest: Any) -> Any:
            answer = await finished(handler, *rest)
            at = began.pop(handler, None)
            if at is not None:
                buckets[bucket_of(time.perf_counter() - at)] += 1
            return answer

        served.data_received, served.finish_response = data_received, finish_response

    def take(self) -> dict[str, Any]:
        """Return what was measured since the last time."""
        told = {"buckets": sorted(self.buckets.items())}
        self.buckets.clear()
        return told
