"""Our filtering proxy as a process of its own: `python -m bench.proxy_server`.

- A policy like a small office's: lists, categories, warnings, exceptions, a time window.
- Every exchange becomes a line of a log file, as squid's does, written in batches.
"""

import argparse
import asyncio
from pathlib import Path

import uvloop

from bench.measured import answer_usage
from bench.proxy_peers import SITE
from bench.proxy_policy import decide_by, office_policy
from foundation.collector import leave_out_of_collections
from foundation.service import utc_now
from foundation.webfilter.activity import Activity
from foundation.webfilter.content import ContentRules
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy

FLUSH_S = 0.2


class LineLog:
    """Lines of exchanges in memory, and in a file a moment later."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lines: list[str] = []
        self._second, self._stamp = 0, ""

    def note(self, activity: Activity) -> None:
        """Take one exchange."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_S, self._flush)
        request, verdict = activity.request, activity.verdict
        second = int(request.at.timestamp())
        if second != self._second:
            self._second, self._stamp = second, f"{request.at:%Y:%m:%d-%H:%M:%S}"
        self._lines.append(
            f'{self._stamp} utm httpproxy[1]: id="0001" severity="info" '
            f'sys="SecureWeb" sub="http" name="http access" action="{activity.action}" '
            f'method="{request.method}" srcip="{request.client_ip}" '
            f'dstip="{activity.server_address}" user="{request.user}" '
            f'statuscode="{activity.status_code}" profile="{verdict.profile_ref}" '
            f'filteraction="{verdict.filter_action_ref}" size="{activity.size}" '
            f'url="{verdict.url}" referer="{activity.referer}" '
            f'fullreqtime="{activity.milliseconds * 1000:.0f}" ua="{request.user_agent}" '
            f'category="{",".join(map(str, verdict.category_ids))}" '
            f'categoryname="{verdict.category_name}" reputation="{verdict.reputation}" '
            f'reason="{verdict.reason}" content-type="{activity.content_type}"\n'
        )

    def _flush(self) -> None:
        self._file.write("".join(self._lines))
        self._file.flush()
        self._lines.clear()


async def serve(folder: Path, origin_port: int) -> None:
    """Run the proxy until the standard input ends."""
    policy = office_policy()
    proxy = FilteringProxy(
        decide_by(policy),
        on_activity=LineLog(folder / "http.log").note,
        proceed=ProceedMemory(now=utc_now, timeout_s=lambda: 1800.0),
        connect_to={f"{SITE}:{origin_port}": ("127.0.0.1", origin_port)},
        user=lambda: "ann",
        decide_content=ContentRules(policy).verdict,
    )
    await proxy.start()
    leave_out_of_collections()  # as an endpoint does
    try:
        await answer_usage(port=proxy.port)
    finally:
        await proxy.stop()


def main() -> None:
    """Run until the standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.proxy_server", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--origin", type=int, required=True, help="the origin's port")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.folder, options.origin))


if __name__ == "__main__":
    main()
