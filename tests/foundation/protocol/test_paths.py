"""The paths of MCS as the protocol's table gives them."""

from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol import paths


def test_the_paths_are_those_of_the_table():
    assert paths.capabilities() == ""
    assert paths.register() == "/register"
    assert (
        paths.commands(["MCS", "ALC", "AGENT"], "EID-0001")
        == "/commands/applications/MCS;ALC;AGENT/endpoint/EID-0001"
    )
    assert paths.command_ack("EID-0001", ["a", "b"]) == "/commands/endpoint/EID-0001/a;b"
    assert paths.policy("MCS", "42") == "/policy/application/MCS/42"
    assert paths.policy_fragment("SAV", "ff") == "/policy/fragment/application/SAV/ff"
    assert paths.authenticate("E") == "/authenticate/endpoint/E/role/endpoint"
    assert paths.flags("E") == "/flags/endpoint/E"
    assert paths.statuses("E") == "/statuses/endpoint/E"
    assert paths.events("E") == "/events/endpoint/E"
    assert paths.push("D") == "/v2/push/device/D"
    assert paths.response("D", "A", "C") == "/v2/responses/device/D/app_id/A/correlation_id/C"
    assert paths.deployment_info() == "/install/deployment-info/2"


def test_a_trailing_slash_of_the_base_is_tolerated():
    assert paths.join("https://h:4443/mcs/", paths.register()) == "https://h:4443/mcs/register"
    assert paths.join("https://h:4443/mcs", paths.capabilities()) == "https://h:4443/mcs"


def test_an_id_cannot_leave_its_segment():
    assert paths.policy("MCS", "../x?y#z") == "/policy/application/MCS/..%2Fx%3Fy%23z"


@given(st.lists(st.text(min_size=1).filter(lambda text: text.isprintable())))
def test_a_list_in_a_path_round_trips(ids):
    listed = paths.command_ack("E", ids).rpartition("/")[2]
    assert paths.split_list(listed) == tuple(ids)
