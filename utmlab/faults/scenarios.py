"""Named courses of events, each with what has to be observed.

- Each runs on a lab that is up, for a given time, takes back what it did, and returns what it saw.
- Waits are asyncio's: in virtual time an hour passes at once.

Provenance: ours; each rests on behaviour that mcs-protocol 1.5 and 1.6 document.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final

from endpoint.mcs_client.backoff import CAP_S
from foundation.errors import DomainError
from liveconnect.pki import SERVER_LIFE
from liveconnect.roots import EARLY
from utmlab.house_maker import LIVECONNECT, UTM

if TYPE_CHECKING:
    from utmlab.stack import Stack

Scenario = Callable[["Stack", float], Awaitable[dict[str, Any]]]
ATTACKERS: Final = 50
BYTE_EVERY_S: Final = 1.0
PROBE_S: Final = 10.0


class UnknownScenarioError(DomainError):
    """There is no scenario of this name."""

    code: ClassVar[str] = "unknown_scenario"
    hint: ClassVar[str] = "`utmlab fault scenarios` lists them."


async def run_scenario(lab: "Stack", name: str, seconds: float) -> dict[str, Any]:
    """Run a scenario for so long; return what was seen, and in how long the lab converged.

    Raises:
        UnknownScenarioError: If there is none of that name.
        NotCompliantError: If endpoints do not come to comply afterwards.
    """
    if name not in SCENARIOS:
        raise UnknownScenarioError(f"there is no scenario {name!r}")
    lab.operations.record("scenario", name=name, seconds=seconds)
    seen = await SCENARIOS[name](lab, seconds)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await lab.wait_compliant(timeout_s=2 * CAP_S)
    return {"scenario": name, **seen, "converged_s": round(loop.time() - began_s, 3)}


async def _liveconnect_down(lab: "Stack", seconds: float) -> dict[str, Any]:
    """LiveConnect is down.

    Endpoints decide by the policy they have, back off by doubling and keep what they have to
    report; afterwards everything arrives once.
    """
    await lab.houses[LIVECONNECT].stop()
    await asyncio.sleep(seconds)
    await lab.houses[LIVECONNECT].start()
    return {}


async def _certificate_expired(lab: "Stack", seconds: float) -> dict[str, Any]:
    """Clocks are past the end of LiveConnect's certificate.

    Endpoints refuse it and say so in MCSClient.log; no credentials are sent; they come back when
    clocks are right.
    """
    ahead_s = (SERVER_LIFE + EARLY).total_seconds()
    names = list(lab.computers)
    async with lab.faults.during("clock", f"skew={ahead_s:.0f}", parts=names):
        await _reconnect(lab)
        await asyncio.sleep(seconds)
    return {"refused_by": names}


async def _half_open(lab: "Stack", seconds: float) -> dict[str, Any]:
    """Connections stand and nothing is answered.

    Each request ends by its time-out; nothing is done twice when answers come again.
    """
    async with lab.faults.during("mcs", "hang"):
        await asyncio.sleep(seconds)
    return {}


async def _mass_reregistration(lab: "Stack", seconds: float) -> dict[str, Any]:
    """Every endpoint is told once to register again.

    Each keeps its id, spreads over the back-off, and sends all its statuses anew.
    """
    before = {one["endpoint_id"] for one in await lab.call(LIVECONNECT, "endpoints")}
    for name in lab.computers:
        await lab.faults.inject("mcs", "status=401-register", calls=["poll"], parts=[name], times=1)
    await asyncio.sleep(seconds)
    after = {one["endpoint_id"] for one in await lab.call(LIVECONNECT, "endpoints")}
    await lab.faults.clear()
    return {"kept_their_ids": before == after}


async def _captive_portal(lab: "Stack", seconds: float) -> dict[str, Any]:
    """Every request is redirected to a page to log in at.

    No policy is replaced by it, no command is taken for done, no identity is lost.
    """
    async with lab.faults.during("mcs", "portal"):
        await asyncio.sleep(seconds)
    return {}


async def _slow_loris(lab: "Stack", seconds: float) -> dict[str, Any]:
    """Attackers hold connections and send a byte now and then.

    Everybody else is served as before.
    """
    status = await lab.call(UTM, "status")
    port = lab.settings.ports.mcs
    context = ssl.create_default_context(cafile=str(lab.liveconnect_ca))
    async with asyncio.timeout(seconds + PROBE_S):
        attackers = [asyncio.create_task(_drip(port, context, seconds)) for _ in range(ATTACKERS)]
        await asyncio.gather(*attackers)
    return {"attackers": ATTACKERS, "server": status["mcs_url"]}


async def _wrong_clock(lab: "Stack", seconds: float) -> dict[str, Any]:
    """One computer's clock is a day behind, then right again.

    No poll is repeated or left out, no newer status gives way to an older one.
    """
    names = list(lab.computers)[:1]
    async with lab.faults.during("clock", "skew=-86400", parts=names):
        await asyncio.sleep(seconds)
    return {"computers": names}


async def _disk_full(lab: "Stack", seconds: float) -> dict[str, Any]:
    """LiveConnect's disk is full.

    Nothing is acknowledged that is not stored; endpoints keep what they have to send; afterwards
    it arrives once.
    """
    async with lab.faults.during("disk", "full", parts=[LIVECONNECT]):
        await asyncio.sleep(seconds)
    return {}


async def _reconnect(lab: "Stack") -> None:
    """Have every connection of endpoints opened anew, so that certificates are looked at."""
    await lab.houses[LIVECONNECT].stop()
    await lab.houses[LIVECONNECT].start()


async def _drip(port: int, context: ssl.SSLContext, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + seconds
    with suppress(OSError):
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname="localhost"
        )
        try:
            writer.write(b"GET / HTTP/1.1\r\nX-")
            while loop.time() < ends_s:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(BYTE_EVERY_S)
        finally:
            writer.transport.abort()


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "liveconnect-down": _liveconnect_down,
    "certificate-expired": _certificate_expired,
    "half-open": _half_open,
    "mass-reregistration": _mass_reregistration,
    "captive-portal": _captive_portal,
    "slow-loris": _slow_loris,
    "wrong-clock": _wrong_clock,
    "disk-full": _disk_full,
}
"""Name to course."""


def told(name: str) -> str:
    """Return what a scenario is and what has to be observed, in one paragraph."""
    return " ".join((SCENARIOS[name].__doc__ or "").split())
