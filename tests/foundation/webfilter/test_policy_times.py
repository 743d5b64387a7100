"""Times of day in a policy are those of a clock on the wall: without zone, also when it changes."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from foundation.protocol.policies import PolicyRefusedError
from foundation.webfilter.conditions import is_time_in
from foundation.webfilter.policy import PolicyRule, Profile, TimeWindow
from foundation.webfilter.policy_xml import decode_web_policy, encode_web_policy

from .web_policies import one_action_policy

WINDOW = TimeWindow(ref="REF_T", name="Office", kind="recurring", start=time(8), end=time(17))
LIMITED = Profile(
    ref="REF_P",
    name="Limited",
    rules=(PolicyRule(ref="REF_R", name="R", users=(), time=WINDOW, action_ref="REF_A"),),
    default_action_ref="REF_A",
    is_base=False,
)


@pytest.mark.parametrize("clock", ["08:00:00Z", "08:00:00+01:00"])
def test_a_time_with_a_zone_is_refused(clock):
    document = encode_web_policy(one_action_policy(profiles=(LIMITED,)))
    assert b'start="08:00' in document
    start = document.index(b'start="08:00')
    end = document.index(b'"', start + 7)
    zoned = document[:start] + f'start="{clock}'.encode() + document[end:]

    with pytest.raises(PolicyRefusedError, match="start"):
        decode_web_policy(zoned)


BERLIN = ZoneInfo("Europe/Berlin")
HOUR = TimeWindow(start=time(2), end=time(3), weekdays=(6,))
NIGHT = TimeWindow(start=time(22), end=time(6), weekdays=(5,))
FAIR = TimeWindow(
    kind="single",
    start_date=date(2026, 10, 25),
    start=time(1),
    end_date=date(2026, 10, 25),
    end=time(3),
)


@pytest.mark.parametrize(
    ("window", "at", "expected"),
    [
        (HOUR, "2026-03-29T00:59:59", False),  # 01:59:59; then the clock goes to 03:00
        (HOUR, "2026-03-29T01:00:00", False),
        (HOUR, "2026-10-25T00:30:00", True),  # 02:30, and once more
        (HOUR, "2026-10-25T01:30:00", True),
        (HOUR, "2026-10-25T02:00:00", False),
        (NIGHT, "2026-03-28T21:00:00", True),
        (NIGHT, "2026-03-29T03:59:59", True),  # 05:59:59 after the change
        (NIGHT, "2026-03-29T04:00:00", False),
        (NIGHT, "2026-10-25T04:59:59", True),
        (NIGHT, "2026-10-25T05:00:00", False),
        (FAIR, "2026-10-24T23:00:00", True),
        (FAIR, "2026-10-25T01:59:59", True),
        (FAIR, "2026-10-25T02:00:00", False),
    ],
)
def test_a_window_is_that_of_the_clock_on_the_wall_when_it_changes(window, at, expected):
    assert is_time_in(datetime.fromisoformat(f"{at}+00:00"), window, BERLIN) is expected
