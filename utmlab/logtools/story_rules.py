"""What the lines of a log tell together: changesets that nothing answered, refusals, versions.

* 4233 says that a changeset was sent. Reports (4211) must follow; a second 4233, or the end of the
  file more than a minute later, without one in between is worth a note.
* 4212 acknowledges reports of 4211. One without any before it is worth a note.
* A web filter's lines have a key `group` from 9.4 on: when it comes or goes inside a file, the UTM
  was changed (public: lines of 2015 have none, later ones have it).
* Memory is bounded: clients are forgotten when there are too many.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from utm.logs.grammar import ParsedLine
from utmlab.logtools.findings import Said

ANSWER_TIME: Final = timedelta(minutes=1)
MOST_CLIENTS: Final = 10_000
_REFUSALS: Final = {
    "4281": "Registration with LiveConnect failed: computers cannot appear",
    "4289": "LiveConnect refused a changeset: endpoints keep the last policy",
}


class Story:
    """Follows the lines of one log."""

    def __init__(self, *, follows_profiles: bool = False) -> None:
        self._sent_on: int | None = None
        self._sent_at: datetime | None = None
        self._has_received = False
        self._has_group: bool | None = None
        self._follows_profiles = follows_profiles
        self._profiles: dict[str, str] = {}

    @property
    def web_has_group(self) -> bool | None:
        """Whether the last web line had the key `group`; None before the first one."""
        return self._has_group

    def follow(self, number: int, parsed: ParsedLine) -> Iterator[Said]:
        """Yield what the next line adds."""
        if parsed.process == "epsecd":
            message_id = parsed.get("id") or ""
            yield from self.epsecd(number, message_id, parsed.stamp)
            if message_id in _REFUSALS:
                hint = f"reason: {parsed.get('reason') or 'none given'}"
                yield Said("registration_failed", _REFUSALS[message_id], hint)
        elif parsed.get("sys") == "SecureWeb" and parsed.get("filteraction") is not None:
            yield from self._version(has_group=parsed.get("group") is not None)
            if self._follows_profiles:
                yield from self._profile(parsed)

    def epsecd(self, number: int, message_id: str, stamp: datetime) -> Iterator[Said]:
        """Follow one line of epsecd, known by its id."""
        if message_id == "4233":
            yield from self._unanswered("before the next one")
            self._sent_on, self._sent_at = number, stamp
        elif message_id == "4211":
            self._sent_on, self._has_received = None, True
        elif message_id == "4212" and not self._has_received:
            hint = "The file begins in the middle of a batch, or lines were lost or put together."
            yield Said("ack_without_report", "4212 acknowledges, and no 4211 is before it", hint)

    def end(self, last: datetime | None) -> Iterator[Said]:
        """Yield what the end of the file adds."""
        if self._sent_at is not None and last is not None and last - self._sent_at > ANSWER_TIME:
            yield from self._unanswered("up to the end")

    def _unanswered(self, until: str) -> Iterator[Said]:
        if self._sent_on is not None:
            hint = "Look at MCSClient.log and Persist of the computers, and at the broker."
            message = f"Nothing was received after the changeset of line {self._sent_on} {until}"
            yield Said("changeset_unanswered", message, hint)

    def _version(self, *, has_group: bool) -> Iterator[Said]:
        known, self._has_group = self._has_group, has_group
        if known is not None and known != has_group:
            form = "9.4 and later" if has_group else "9.3 and earlier"
            hint = "Parsers that rely on the order of keys stop matching here."
            yield Said("version_changed", f"From here on web lines have the form of {form}", hint)

    def _profile(self, parsed: ParsedLine) -> Iterator[Said]:
        client = f"{parsed.get('srcip') or ''} {parsed.get('user') or ''}".strip()
        profile = parsed.get("profile") or ""
        if len(self._profiles) >= MOST_CLIENTS:
            self._profiles.clear()
        known = self._profiles.setdefault(client, profile)
        if known != profile:
            hint = "The first profile that matches decides; networks and their order matter."
            yield Said("several_profiles", f"{client} met {known!r} and {profile!r}", hint)
