"""A lab of real services under any course of events, beside a model small enough to be believed.

The model knows what was edited, what people fetched, and who is cut off or removed. What holds at
every moment: a computer enforces a policy that was once the newest, never an older one after a
newer one, and decides by it; a removed computer gets nothing after its next poll. What holds when
everything is mended: all comply within two polls, every page is in eplog.log once, nothing that
was acknowledged is lost or counted twice (`utmlab.integrity`).
"""

import asyncio
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from endpoint.reading import EndpointArchive
from utmlab.clock import VirtualClock, VirtualLoop
from utmlab.demo.configuration import CONFIGURATION
from utmlab.integrity import damage, what_waits
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

from .virtual_lab import Book

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLL_S = 20.0
HOUR_S = 3600.0
HOSTS = ("news.example", "video.example", "wiki.example")
COMPUTERS = ("PC-01", "PC-02")
LOST_CALLS = ("ack", "statuses", "events", "policy", "poll")

hosts = st.sampled_from(HOSTS)
computers = st.sampled_from(COMPUTERS)


class LabMachine(RuleBasedStateMachine):
    """The rules; each is something that happens to a lab."""

    @initialize(push=st.booleans(), seed=st.integers(0, 100))
    def begin(self, push, seed):
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner(loop_factory=lambda: VirtualLoop(pace="auto"))
        clock = VirtualClock(self.runner.get_loop(), START)
        root = Path(self.folder.name)
        self.places = Places(root, root / "logs")
        self.lab = Stack(
            self.places,
            LabSettings(ports=Ports(), push=push),
            now=clock.now,
            rng=random.Random(seed),
        )
        self.blocked = {0: frozenset()}  # changeset number to what it blocks
        self.revisions = {}  # changeset number to the RevID that computers are to have
        self.newest = 0
        self.at_least = dict.fromkeys(COMPUTERS, 0)
        self.browsed = []
        self.book = Book()
        self.cut_off = {}
        self.removed = {}
        self.skewed = set()
        self.serial = 0
        self.run(self._begin())

    async def _begin(self):
        await self.lab.start()
        self.book.keep_for(self.lab)
        await self.lab.call("utm", "enable")
        await self.lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        for name in COMPUTERS:
            await self.lab.install(name)
        await self.lab.wait_compliant(timeout_s=HOUR_S)
        self.newest = (await self.lab.call("utm", "changeset"))["number"]
        self.blocked[self.newest] = frozenset()
        await self._note_revision(self.newest)
        self.at_least = dict.fromkeys(COMPUTERS, self.newest)
        self.ids = {one["name"]: one["id"] for one in await self.lab.call("utm", "endpoint_list")}

    def run(self, work):
        return self.runner.run(work)

    def teardown(self):
        if not hasattr(self, "runner"):
            return
        try:
            self.run(self._mend_and_judge())
        finally:
            self.run(self.lab.stop())
            self.runner.close()
            self.folder.cleanup()

    # what happens

    @rule(host=hosts, verb=st.sampled_from(["policy_block", "policy_allow"]))
    def edits(self, host, verb):
        self.run(self._edit(host, verb))

    async def _edit(self, host, verb):
        done = await self.lab.call("utm", verb, host=host, group="Default")
        if done["changeset"] is None:
            return
        before = self.blocked[self.newest]
        self.newest = done["changeset"]
        self.blocked[self.newest] = before | {host} if verb == "policy_block" else before - {host}
        await self._note_revision(self.newest)

    async def _note_revision(self, number):
        view = await self.lab.call("utm", "changeset", number=number)
        self.revisions[number] = view["endpoints"][0]["wanted"]["SWC"]

    @rule(name=computers, host=hosts)
    def somebody_browses(self, name, host):
        self.serial += 1
        url = f"http://{host}/{self.serial}"
        page = self.run(self.lab.browse(name, url))
        self.browsed.append(url)
        number = self._enforced(name)
        assert (page.status == 403) == (host in self.blocked[number]), (url, number)

    @rule(seconds=st.sampled_from([1.0, 7.0, 21.0, 90.0]))
    def time_passes(self, seconds):
        self.run(asyncio.sleep(seconds))

    @rule(house=st.sampled_from(["liveconnect", "utm"]))
    def a_house_is_restarted(self, house):
        self.run(self._restart(house))

    async def _restart(self, house):
        await self.lab.houses[house].stop()
        await self.lab.houses[house].start()
        self.book.keep_for(self.lab)
        if not (self.cut_off or self.removed or self.skewed):
            await asyncio.sleep(2 * POLL_S + 1)
            await self.lab.wait_compliant(timeout_s=5)

    @rule(name=computers)
    def a_computer_is_restarted(self, name):
        async def restart():
            await self.lab.computer(name).stop()
            await self.lab.computer(name).start()

        self.run(restart())

    @rule(name=computers, call=st.sampled_from(LOST_CALLS))
    def an_answer_is_lost(self, name, call):
        self.run(
            self.lab.faults.inject("mcs", "lost", calls=[call], parts=[self.ids[name]], times=1)
        )

    @rule(name=computers, host=hosts)
    def a_page_is_reported_twice(self, name, host):
        self.an_answer_is_lost(name, "events")
        self.somebody_browses(name, host)
        self.run(asyncio.sleep(5 * POLL_S))

    @rule(name=computers)
    def a_policy_is_damaged_on_its_way(self, name):
        self.run(
            self.lab.faults.inject(
                "mcs", "garbage", calls=["policy"], parts=[self.ids[name]], times=1
            )
        )

    @rule(name=computers)
    def a_computer_is_told_to_register_again(self, name):
        self.run(
            self.lab.faults.inject(
                "mcs", "status=401-register", calls=["poll"], parts=[self.ids[name]], times=1
            )
        )

    @precondition(lambda self: len(self.cut_off) < len(COMPUTERS))
    @rule(name=computers)
    def a_computer_is_cut_off(self, name):
        if name not in self.cut_off:
            fault = self.lab.faults.inject("mcs", "reset", parts=[self.ids[name]])
            self.cut_off[name] = self.run(fault)

    @precondition(lambda self: self.cut_off)
    @rule()
    def the_network_is_mended(self):
        for fault in self.cut_off.values():
            self.run(self.lab.faults.clear(fault))
        self.cut_off.clear()

    @rule(name=computers, hours=st.sampled_from([-30, 30]))
    def a_clock_is_set_wrong(self, name, hours):
        self.skewed.add(name)
        seconds = timedelta(hours=hours).total_seconds()
        self.run(self.lab.faults.inject("clock", f"skew={seconds:.0f}", parts=[name]))

    @rule(name=computers)
    def a_computer_is_removed(self, name):
        if name not in self.removed:
            self.run(self.lab.call("utm", "endpoint_remove", endpoint=name))
            self.run(asyncio.sleep(POLL_S + 1))
            self.removed[name] = self._served(name)
            self.run(asyncio.sleep(3 * POLL_S))
            assert self._served(name) == self.removed[name]

    @precondition(lambda self: self.removed)
    @rule()
    def the_removed_are_restored(self):
        for name in list(self.removed):
            self.run(self.lab.call("utm", "endpoint_restore", endpoint=name))
            del self.removed[name]

    # what holds

    @invariant()
    def nobody_enforces_an_older_policy_after_a_newer_one(self):
        if hasattr(self, "ids"):
            for name in COMPUTERS:
                self._enforced(name)

    @invariant()
    def a_removed_computer_gets_nothing_more(self):
        for name, served in getattr(self, "removed", {}).items():
            assert self._served(name) == served

    def _enforced(self, name):
        """Return the changeset that a computer enforces: the first it can be."""
        revision = EndpointArchive(self.places.host(name)).enforced["SWC"]
        numbers = [
            number
            for number in sorted(self.revisions)
            if number >= self.at_least[name] and self.revisions[number] == revision
        ]
        assert numbers, f"{name} enforces {revision}, older than changeset {self.at_least[name]}"
        self.at_least[name] = numbers[0]
        return numbers[0]

    def _served(self, name):
        """Return how many answers with 200 LiveConnect made for a computer, arrived or lost."""
        return sum(
            one.status == 200 and self.ids[name] in one.path and not _is_anothers(one)
            for one in self.book.exchanges
        )

    async def _mend_and_judge(self):
        await self.lab.faults.clear()
        for name in self.removed:
            await self.lab.call("utm", "endpoint_restore", endpoint=name)
        # Back-off ends and what waited is sent; then two polls have to do.
        await asyncio.sleep(HOUR_S)
        await self._edit(HOSTS[0], "policy_allow" if self._blocks(HOSTS[0]) else "policy_block")
        await asyncio.sleep(2 * POLL_S + 1)
        await self.lab.wait_compliant(timeout_s=5)
        await asyncio.sleep(15 * POLL_S)
        await self.lab.houses["utm"].service.quiesce()
        names = list(COMPUTERS)
        assert what_waits(self.places, browsed=self.browsed, computers=names) == ""
        assert damage(self.places, browsed=self.browsed, computers=names) == []
        for name in COMPUTERS:
            assert self._enforced(name) == self.newest or (
                self.revisions[self._enforced(name)] == self.revisions[self.newest]
            )

    def _blocks(self, host):
        return host in self.blocked[self.newest]


def _is_anothers(exchange):
    """Tell whether a fault answered, or nobody, in LiveConnect's place."""
    return exchange.injected and not exchange.injected.endswith("lost")
