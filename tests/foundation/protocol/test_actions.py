"""Actions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol import actions
from foundation.protocol.actions import Action, ActionRefusedError, decode_action

EXACT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]))


@given(EXACT, EXACT)
def test_a_scan_round_trips(action_id, subtype):
    assert decode_action(actions.encode_scan_now(action_id, subtype)) == Action(
        "ScanNow", {"id": action_id, "subtype": subtype, "replyRequired": "1"}
    )


@given(EXACT.map(str.strip), EXACT.map(str.strip))
def test_a_migration_round_trips(server, token):
    assert decode_action(actions.encode_migrate(server, token)) == Action(
        "sophos.mgt.mcs.migrate", {"server": server, "token": token}
    )


def test_the_documented_bodies():
    assert (
        actions.encode_force_update()
        == "<?xml version='1.0'?><action type=\"sophos.mgt.action.ALCForceUpdate\"/>"
    )
    assert actions.encode_scan_now() == (
        '<a:action xmlns:a="com.sophos/msys/action" type="ScanNow" id="" '
        'subtype="ScanMyComputer" replyRequired="1"/>'
    )
    assert actions.encode_get_commands() == '<action type="sophos.mgt.action.GetCommands"/>'


def test_simple_actions_are_read_by_their_type():
    assert decode_action(actions.encode_force_update()).type == actions.FORCE_UPDATE
    assert decode_action(actions.encode_get_commands()).type == actions.GET_COMMANDS
    diagnostics = decode_action(actions.encode_run_diagnostics("https://h/u"))
    assert diagnostics == Action("SDURun", {"id": "", "uploadUrl": "https://h/u"})


def test_json_actions_are_read_alike():
    assert decode_action('{"type":"clone_challenge","timeout":5,"name":"x"}') == Action(
        "clone_challenge", {"timeout": "5", "name": "x"}
    )


@pytest.mark.parametrize(
    "body", ["", "{}", "{", '{"type":1}', "<action/>", "<x type='a'/>", "<!DOCTYPE a><action/>"]
)
def test_what_is_no_action_is_refused(body):
    with pytest.raises(ActionRefusedError):
        decode_action(body)
