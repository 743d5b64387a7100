"""The faults of a lab: set where they happen, told together.

- Those of the wire are LiveConnect's, those of a disk the house's; spools and clocks are the lab's
  own, of which processes learn by a folder (`foundation.faults.shared`).
- Computers and groups are named as people name them; what is set names endpoint ids.
- A fault is known as `part/number`.

Provenance: ours.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from foundation.faults import Fault, FaultPlan, FaultRefusedError, Hop, Target, read_effect
from foundation.faults.clock import skewed
from foundation.faults.disk import refusing_files
from foundation.faults.shared import PublishedPlan
from foundation.faults.verbs import fault_verbs
from foundation.service import Now
from utmlab.house_maker import HOUSES, LIVECONNECT, UTM

if TYPE_CHECKING:
    from utmlab.stack import Stack

LAB: Final = "lab"
_OF_LIVECONNECT: Final = frozenset({Hop.MCS, Hop.LINK, Hop.PUSH, Hop.CONTENT})

_OF_TENANTS: Final = frozenset({Hop.MCS, Hop.PUSH})


class LabFaults:
    """The faults of one lab.

    Args:
        lab: The lab.
    """

    def __init__(self, lab: "Stack") -> None:
        self._lab = lab
        in_processes = lab.settings.mode == "processes"
        self._own = PublishedPlan(lab.places.faults) if in_processes else FaultPlan()
        self._verbs = fault_verbs(self._own)

    def begin(self) -> None:
        """Let processes that start from now on find what is set; nothing is yet."""
        if isinstance(self._own, PublishedPlan):
            self._own.begin()

    def clock_of(self, part: str, now: Now) -> Now:
        """Return the clock of a house or a computer: that of the lab, while nothing skews it."""
        return skewed(self._own, part, now)

    def spool_of(self, computer: str) -> Callable[[], None]:
        """Return what a computer calls before it stores something to be sent."""
        return refusing_files(self._own, computer)

    async def inject(
        self,
        hop: str,
        effect: str,
        *,
        calls: Iterable[str] = (),
        parts: Iterable[str] = (),
        group: str = "",
        tenant: str = "",
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 1,
    ) -> str:
        """Set a fault; return how it is known.

        Args:
            hop: Where, a value of `Hop`.
            effect: What, such as `status=503`.
            calls: Names of calls; all by default.
            parts: Computers, or for disks and clocks also `utm` and `liveconnect`; all by default.
            group: An endpoint group, for all who are in it now.
            tenant: The id of a UTM, for the endpoints of it.
            times: How often; until it is cleared by default.
            probability: With which chance each time.
            seed: Of that chance.

        Raises:
            FaultRefusedError: If there is no such fault.
        """
        try:
            where = Hop(hop)
        except ValueError:
            raise FaultRefusedError(f"there is no hop {hop!r}: {', '.join(Hop)}") from None
        if tenant and where not in _OF_TENANTS:
            raise FaultRefusedError(f"{where} does not tell UTMs apart; mcs and push do")
        name, value, variant = read_effect(where, effect)
        fault = Fault(
            hop=where,
            effect=name,
            value=value,
            variant=variant,
            target=Target(calls=frozenset(calls), endpoints=frozenset(parts), tenant=tenant),
            times=times,
            probability=probability,
            seed=seed,
        )
        place, fault = await self._placed(fault, group)
        number = (await self._call(place, "fault_set", fault=fault.as_record()))["id"]
        self._lab.operations.record("fault_set", fault=f"{place}/{number}", hop=hop, effect=effect)
        return f"{place}/{number}"

    async def active(self) -> list[dict[str, Any]]:
        """Return every fault that is set; of a house that does not run, none."""
        found = []
        for place in (*HOUSES, LAB):
            if place == LAB or self._lab.houses[place].is_running:
                told = await self._call(place, "fault_list")
                found += [{**one, "id": f"{place}/{one['id']}"} for one in told]
        return found

    async def clear(self, fault: str = "") -> int:
        """Take back one fault, or all; return how many there were.

        Raises:
            FaultRefusedError: If the name is none of a fault.
        """
        if fault:
            place, slash, number = fault.partition("/")
            if place not in (*HOUSES, LAB) or not slash or not number.isdecimal():
                raise FaultRefusedError(f"{fault!r} is no fault; they are known as liveconnect/1")
            return int((await self._call(place, "fault_clear", id=int(number)))["cleared"])
        cleared = 0
        for place in (*HOUSES, LAB):
            if place == LAB or self._lab.houses[place].is_running:
                cleared += (await self._call(place, "fault_clear"))["cleared"]
        self._lab.operations.record("faults_cleared", number=cleared)
        return cleared

    @contextlib.asynccontextmanager
    async def during(self, hop: str, effect: str, **more: Any) -> AsyncIterator[str]:
        """Have a fault for the length of a block; see `inject`."""
        fault = await self.inject(hop, effect, **more)
        try:
            yield fault
        finally:
            await self.clear(fault)

    async def _placed(self, fault: Fault, group: str) -> tuple[str, Fault]:
        """Return where a fault is set, with its target as that place knows it."""
        if fault.hop in _OF_LIVECONNECT:
            ids = await self._ids(fault.target.endpoints, group)
            target = replace(fault.target, endpoints=frozenset(ids))
            return LIVECONNECT, replace(fault, target=target)
        if fault.target.calls:
            raise FaultRefusedError(f"{fault.hop} has no calls: it would never happen")
        if fault.hop is Hop.DISK:
            if len(fault.target.endpoints) != 1 or not fault.target.endpoints <= set(HOUSES):
                raise FaultRefusedError(f"a disk is that of one of {', '.join(HOUSES)}")
            return next(iter(fault.target.endpoints)), fault
        if fault.hop is Hop.CLOCK and (fault.times is not None or fault.probability < 1):
            raise FaultRefusedError("a clock is wrong until it is cleared, at every look")
        names = await self._names(fault, group)
        return LAB, replace(fault, target=replace(fault.target, endpoints=frozenset(names)))

    async def _names(self, fault: Fault, group: str) -> set[str]:
        """Return the parts of this lab whose clock or spool is meant; none means all."""
        known = {*self._lab.computers, *(HOUSES if fault.hop is Hop.CLOCK else ())}
        names = set(fault.target.endpoints)
        if group:
            listed = await self._lab.call(UTM, "endpoint_list")
            names |= {one["name"] for one in listed if one["group"] == group} & known
            if not names:
                raise FaultRefusedError(f"no computer of this lab is in {group!r}")
        if names - known:
            raise FaultRefusedError(f"{fault.hop} is none of {', '.join(sorted(names - known))}")
        return names

    async def _ids(self, names: Iterable[str], group: str) -> set[str]:
        wanted = set(names)
        if not (wanted or group):
            return set()
        known = await self._lab.call(UTM, "endpoint_list")
        found = {
            one["id"]
            for one in known
            if one["name"] in wanted or one["id"] in wanted or (group and one["group"] == group)
        }
        if not found:
            raise FaultRefusedError("no enrolled computer is meant: nothing would ever happen")
        return found

    async def _call(self, place: str, verb: str, **arguments: Any) -> Any:
        if place == LAB:
            return await self._verbs[verb](**arguments)
        return await self._lab.call(place, verb, **arguments)
