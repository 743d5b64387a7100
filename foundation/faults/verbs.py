"""The verbs by which a roof sets, lists and clears the faults of a house."""

from collections.abc import Callable
from typing import Any

from foundation.faults.fault import Fault
from foundation.faults.plan import FaultPlan
from foundation.net.control import Verb


def fault_verbs(
    plan: FaultPlan,
    *,
    on_set: Callable[[Fault], None] = lambda _fault: None,
    on_clear: Callable[[], None] = lambda: None,
) -> dict[str, Verb]:
    """Return the verbs of a plan by name.

    Args:
        plan: The faults.
        on_set: Called with each that was set: it may concern what goes on already.
        on_clear: Called when some were taken back.
    """

    async def fault_set(fault: dict[str, Any]) -> dict[str, Any]:
        """Set a fault; return its number."""
        wanted = Fault.from_record(fault)
        number = plan.set(wanted)
        on_set(wanted)
        return {"id": number}

    async def fault_list() -> list[dict[str, Any]]:
        """Return the faults that are set, with how often each happened."""
        return [
            {"id": one.id, "left": one.left, "happened": one.happened, **one.fault.as_record()}
            for one in plan.active()
        ]

    async def fault_clear(id: int | None = None) -> dict[str, int]:  # noqa: A002 - its name in JSON
        """Take back one fault, or all."""
        cleared = plan.clear(id)
        on_clear()
        return {"cleared": cleared}

    return {"fault_set": fault_set, "fault_list": fault_list, "fault_clear": fault_clear}
