"""Sessions that alternate, as one worker sees them and enters them into the ledger of all."""

from dataclasses import dataclass, field

import pytest

from foundation.protocol.reasons import Reason
from liveconnect.clones import CloneWatch, EnteredSession
from liveconnect.refusals import StoreUnavailableError


@dataclass
class Ledger:
    """The table of sessions, by its rules."""

    entries: dict = field(default_factory=dict)
    changes: int = 0
    is_away: bool = False

    async def enter_session(self, endpoint_id, cookie, known):
        found = self._found(endpoint_id)
        if found is not None and found.change != known:
            return None
        return self._put(endpoint_id, cookie, found.newest if found else "", None)

    async def enter_clone(self, endpoint_id, newest, ended, at):
        found = self._found(endpoint_id)
        if found is not None and found.cloned_at is not None:
            return None
        if found is not None:
            newest, ended = found.newest, found.ended
        return self._put(endpoint_id, newest, ended, at)

    def _found(self, endpoint_id):
        if self.is_away:
            raise StoreUnavailableError(Reason.STORE_UNAVAILABLE, "away")
        return self.entries.get(endpoint_id)

    def _put(self, endpoint_id, newest, ended, cloned_at):
        self.changes += 1
        entry = EnteredSession(endpoint_id, newest, ended, cloned_at, self.changes)
        self.entries[endpoint_id] = entry
        return entry


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def pair(ledger):
    watches = CloneWatch(), CloneWatch()
    for each in watches:
        each.share(ledger)
    return watches


@pytest.fixture
def speak(clock):
    async def spoken(watch, cookie=""):
        """Send one request; return the cookie to send next, and whether a clone is new."""
        given, is_clone = await watch.saw("e1", cookie, clock())
        return given or cookie, is_clone

    return spoken


async def entered(speak, watch):
    """Begin a session whose cookie comes back once."""
    cookie, _ = await speak(watch)
    assert await speak(watch, cookie) == (cookie, False)
    return cookie


async def test_a_session_is_entered_once_when_its_cookie_comes_back(pair, ledger, speak):
    cookie, _ = await speak(pair[0])
    for _ in range(3):
        await speak(pair[0])  # a client without cookies
    assert ledger.changes == 0
    for _ in range(3):
        await speak(pair[0], cookie)
    assert ledger.changes == 1


async def test_halves_at_two_workers_are_one_new_clone(pair, ledger, speak, clock):
    one, two = pair
    original = await entered(speak, one)
    two.take(ledger.entries.values())
    copy = await entered(speak, two)
    one.take(ledger.entries.values())
    assert await speak(one, original) == (original, True)
    assert await speak(two, original) == (original, False)  # both saw it, one of them first
    before = ledger.changes
    for _ in range(3):
        for watch in pair:
            watch.take(ledger.entries.values())
            assert watch.cloned_at("e1") == clock()
            for cookie in (original, original, copy, copy):
                assert await speak(watch, cookie) == (cookie, False)
    assert ledger.changes == before


async def test_who_does_not_know_the_newest_entry_enters_nothing(pair, ledger, speak):
    one, two = pair
    await entered(speak, one)
    cookie, _ = await speak(two)
    await speak(two, cookie)
    assert ledger.changes == 1
    two.take(ledger.entries.values())
    await speak(two, cookie)
    assert ledger.entries["e1"].newest == cookie


async def test_an_older_entry_does_not_replace_a_newer_one(pair, ledger, speak):
    watch, _ = pair
    ended = await entered(speak, watch)
    old = tuple(ledger.entries.values())
    await entered(speak, watch)
    watch.take(old)
    assert await speak(watch, ended) == (ended, True)


async def test_without_the_ledger_requests_are_answered_and_entered_later(pair, ledger, speak):
    one, two = pair
    cookie, _ = await speak(one)
    ledger.is_away = True
    assert await speak(one, cookie) == (cookie, False)
    ledger.is_away = False
    await speak(one, cookie)
    two.take(ledger.entries.values())
    await entered(speak, two)
    one.take(ledger.entries.values())
    ledger.is_away = True
    assert await speak(one, cookie) == (cookie, False)
    assert one.cloned_at("e1") is None


async def test_a_cookie_that_is_not_ours_is_never_entered(pair, ledger, speak):
    for cookie in ("x", "x" * 8000):
        await speak(pair[0], cookie)
    assert ledger.changes == 0
