"""The table of scenarios, and the stream of pairs of one of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Final

from utmlab.logtools.corpus.v1 import mixes, trouble
from utmlab.logtools.corpus.v1.clock import utc_second
from utmlab.logtools.corpus.v1.scene import Pair, Scene

Tell = Callable[[Scene], Iterator[Pair]]
MONDAY: Final = utc_second(2026, 11, 16, 6)
SUMMER_ENDS: Final = utc_second(2026, 10, 25, 0, 20)
SUMMER_BEGINS: Final = utc_second(2027, 3, 28, 0, 20)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    Attributes:
        title: What its lines are.
        tell: Makes its endless stream.
        pain: The trouble that it shows, as D5; empty for a sound log.
        advice: Rules of lint that run only when they are selected and that find it.
        begin: The first second, UTC.
        is_received: Whether its lines are as a receiver stored them, not as on a UTM's disk.
    """

    title: str
    tell: Tell
    pain: str = ""
    advice: tuple[str, ...] = ()
    begin: int = MONDAY
    is_received: bool = False


SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        "normal-day": Scenario("epsecd, eplog, confd and the web filter together", mixes.mixed),
        "endpoint-sync": Scenario("4233, 4211 and 4212 in their distances", mixes.sync),
        "endpoint-browsing": Scenario("browsing of endpoints, eplog", mixes.browsing),
        "endpoint-browsing-httpproxy": Scenario(
            "browsing of endpoints under the web filter's name", trouble.as_httpproxy
        ),
        "web-filtering": Scenario("accessed, blocked, warned, gone on; 9.7", mixes.web),
        "web-filtering-9.6": Scenario(
            "the same in the form of 9.6", partial(mixes.web, profile="9.6")
        ),
        "web-filtering-9.3": Scenario(
            "the same in the form of 9.3", partial(mixes.web, profile="9.3")
        ),
        "confd-changes": Scenario("sessions, calls and changed objects", mixes.configuring),
        "daemon-restart": Scenario("daemons that go on under new numbers", mixes.restarts),
        "hostile-values": Scenario(
            "markup, quotes, formulas, other scripts", trouble.hostile_values
        ),
        "long-values": Scenario("lines of up to ten thousand bytes", trouble.long_values),
        "priority-prefix": Scenario(
            "<30> in front of the date", trouble.priority_prefix, "D1", is_received=True
        ),
        "no-number": Scenario("processes without a number", trouble.no_number, "D2"),
        "year-eaten": Scenario(
            "a receiver took the year for a tag", trouble.year_eaten, "D3", is_received=True
        ),
        "relayed": Scenario("a relay's header in front", trouble.relayed, "D4", is_received=True),
        "zone-offset": Scenario(
            "a receiver's clock in UTC", trouble.zone_offset, "D5", is_received=True
        ),
        "summer-begins": Scenario(
            "the night that lacks an hour", trouble.clock_change, "D5", begin=SUMMER_BEGINS
        ),
        "summer-ends": Scenario(
            "the night that has an hour twice", trouble.clock_change, "D5", begin=SUMMER_ENDS
        ),
        "version-update": Scenario("from 9.3 to 9.6 and 9.7", trouble.version_update, "D6"),
        "not-routed": Scenario(
            "lines of epsecd and eplog alone", trouble.not_routed, "D7", ("UL060",)
        ),
        "no-category": Scenario("web lines without category", trouble.no_category, "D8"),
        "several-profiles": Scenario(
            "one person, two profiles", trouble.several_profiles, "D9", ("UL071",)
        ),
        "exception-patterns": Scenario(
            "exceptions that mean something else", trouble.exception_patterns, "D10"
        ),
        "https-warning": Scenario("warnings that nobody saw", trouble.https_warning, "D11"),
        "quota": Scenario("quotas on endpoints", trouble.quota, "D12"),
        "quic": Scenario("UDP 443 let through", trouble.quic, "D13"),
        "changeset-unanswered": Scenario(
            "changesets without reports", trouble.changeset_unanswered, "D14"
        ),
        "registration-failed": Scenario(
            "a UTM that is refused", trouble.registration_failed, "D15"
        ),
        "late-records": Scenario("browsing up to two months old", trouble.late_records, "D16"),
        "glued-records": Scenario("two records on one line", trouble.glued_records, "D17"),
        "packetfilter": Scenario("a space at the end of lines", trouble.packets, "D18"),
    }
)
"""By name, in the order in which they are listed."""


def pairs(name: str, seed: int, count: int) -> Iterator[Pair]:
    """Return the first pairs of a scenario.

    Args:
        name: The scenario's.
        seed: From 0 to 2**64 - 1.
        count: How many; fewer are the beginning of more.
    """
    scenario = SCENARIOS[name]
    return islice(scenario.tell(Scene(name, seed, scenario.begin)), count)
