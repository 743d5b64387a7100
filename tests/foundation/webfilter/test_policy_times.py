"""Times of day in a policy are the endpoint's own: a zone could not be compared with them."""

from datetime import time

import pytest

from foundation.protocol.policies import PolicyRefusedError
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
