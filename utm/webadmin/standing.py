"""Where a computer stands with the newest changeset, and why. Pure.

- Current: its newest statuses say `Same` with every revision that the changeset wants of it.
- Late: whole poll intervals since LiveConnect held the changeset; an endpoint that polls in time
  has fetched it within one. Until LiveConnect told the interval, the product's 20 s are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, Literal

from utm.epsecd.changesets import StoredChangeset
from utm.webadmin.filters import counted, moment

POLL_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One word for the eye (`kind`), the sentence, and the reason."""

    kind: Literal["ok", "warning", "error", "info", "off"]
    text: str
    why: str = ""


def standing_of(
    computer: Mapping[str, Any],
    newest: StoredChangeset | None,
    wanted: Mapping[str, str],
    now: datetime,
    *,
    poll_s: float = POLL_S,
    zone: tzinfo = UTC,
) -> Standing:
    """Return where a computer stands.

    Args:
        computer: As `endpoints_view` shows it.
        newest: The newest changeset.
        wanted: App id to RevID that it wants of this computer.
        now: The present.
        poll_s: The poll interval, where LiveConnect told it.
        zone: The zone in which times are told.
    """
    if computer["removed"]:
        return Standing("off", "removed", "LiveConnect refuses it; restore it to let it in again.")
    if newest is None:
        return Standing("off", "no changeset yet")
    if computer["compliant"]:
        return Standing("ok", f"changeset {newest.number} (current)")
    return _behind(computer, newest, wanted, now, poll_s=poll_s, zone=zone)


def _behind(
    computer: Mapping[str, Any],
    newest: StoredChangeset,
    wanted: Mapping[str, str],
    now: datetime,
    *,
    poll_s: float,
    zone: tzinfo,
) -> Standing:
    held = computer["complies_with"]
    text = "no changeset yet" if held is None else f"changeset {held}"
    if newest.committed_at is None:
        word = "is not sent yet" if newest.sent_at is None else "was sent and is not confirmed"
        return Standing("info", text, f"Changeset {newest.number} {word}.")
    refused = _refusal(computer["statuses"], wanted)
    if refused:
        return Standing("error", f"{text}, refused", refused)
    late = int((now - datetime.fromisoformat(newest.committed_at)).total_seconds() // poll_s)
    if late < 1:
        return Standing("info", f"{text}, next poll due", f"Changeset {newest.number} waits.")
    why = _why_late(computer, newest, wanted, zone)
    return Standing("warning", f"{text}, {counted(late, 'poll')} late", why)


def _refusal(statuses: Mapping[str, Any], wanted: Mapping[str, str]) -> str:
    for app in wanted:
        status = statuses.get(app)
        if status is not None and status["res"] in ("Diff", "NoRef"):
            reason = status["details"].get("reason", "")
            return f"{app} says {status['res']}{': ' + reason if reason else ''}."
    return ""


def _why_late(
    computer: Mapping[str, Any],
    newest: StoredChangeset,
    wanted: Mapping[str, str],
    zone: tzinfo,
) -> str:
    heard = computer["last_report_at"]
    if not heard or heard < str(newest.committed_at):
        return f"Not heard of since {moment(heard, zone)}: switched off, or cut off."
    if not computer["statuses"]:
        return "It enrolled, but has not told yet what it enforces."
    missing = sorted(app for app in wanted if not _is_in_force(computer["statuses"], app, wanted))
    return f"It reported since, but not yet for {', '.join(missing)}."


def _is_in_force(statuses: Mapping[str, Any], app: str, wanted: Mapping[str, str]) -> bool:
    status = statuses.get(app)
    return status is not None and (status["res"], status["revision"]) == ("Same", wanted[app])
