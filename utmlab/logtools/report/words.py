"""Words that the text and the page of a report share."""

from typing import Any, Final

Record = dict[str, Any]

CHECKS: Final = {
    "4211": "no report came: MCSClient.log and Persist of the computers (they poll every 20 s), "
    "and whether LiveConnect was reached (4282, 4283)",
    "4212": "a report came and was not acknowledged: did epsecd restart, or is the log cut?",
}
"""What to look at when a line is missing (D14)."""


def duration(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def way(one: Record) -> str:
    """Return how far a changeset came: `4233 -> 4211 +19 s -> 4212 +19 s`."""
    steps = ["4233"]
    for key, message_id in (("received_s", "4211"), ("acknowledged_s", "4212")):
        if one[key] is not None:
            steps.append(f"{message_id} {one[key]:+d} s")
    return " -> ".join(steps)


def verdict(one: Record) -> str:
    """Return what is missing of a changeset and what to check, empty when nothing is."""
    if one["refused"] is not None:
        return f"LiveConnect refused it ({one['refused'] or 'no reason given'})"
    if one["log_ends"]:
        return f"no {one['missing']} yet when the log ends"
    if not one["missing"]:
        return "late: were the computers off or out of reach?" if one["is_late"] else ""
    after = ""
    if one["followed_s"] is not None:
        after = f" (the next changeset followed after {duration(one['followed_s'])})"
    return f"no {one['missing']}{after}: {CHECKS[one['missing']]}"


def stamp(text: str | None) -> str:
    """Return an ISO time as people read it."""
    return "" if text is None else text.replace("T", " ")


def place(one: Record) -> str:
    """Return file:line."""
    return f"{one['file']}:{one['line']}" if one["line"] else str(one["file"])
