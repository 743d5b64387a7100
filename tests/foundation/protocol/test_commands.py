"""Commands, and what APPSPROXY commands assign."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.commands import (
    AppsProxyBodyUnknownError,
    Command,
    HazardousCommandError,
    InvalidCommandError,
    PolicyAssignment,
    PolicyFragments,
    decode_assignments,
    decode_commands,
    decode_fragments,
    encode_assignments,
    encode_commands,
    encode_fragments,
    read_apps_proxy_body,
    refuse_hazard,
)

NOW = datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)
# Control and unassigned characters have no place in XML; outer white space is not kept.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\r\n\t")
).map(str.strip)
WORD = TEXT.filter(bool)
COMMANDS = st.builds(
    Command,
    id=WORD,
    app_id=WORD,
    body=TEXT,
    creation_time=st.datetimes(timezones=st.just(UTC)),
    ttl_s=st.integers(0, 10**6).map(float),
    seq=st.integers(0, 10**9),
)
ASSIGNMENTS = st.builds(PolicyAssignment, WORD, st.integers(0, 999), WORD)
FRAGMENTS = st.builds(
    PolicyFragments,
    WORD,
    st.lists(WORD, min_size=1).map(lambda ids: tuple(enumerate(ids))),
)

DOCUMENTED = b"""<?xml version="1.0"?>
<ns:commands xmlns:ns="http://www.sophos.com/xml/mcs/commands" schemaVersion="1.0">
  <command><id>2811</id><seq>3</seq><appId>APPSPROXY</appId>
    <creationTime>2026-11-20T23:20:17.000Z</creationTime>
    <ttl>PT10000S</ttl><body>&lt;?xml version="1.0"?&gt;
&lt;ns:policyAssignments xmlns:ns="http://www.sophos.com/xml/mcs/policyAssignments"&gt;
&lt;meta protocolVersion="1.0"/&gt; &lt;policyAssignment&gt;
&lt;appId policyType="25"&gt;MCS&lt;/appId&gt;
&lt;policyId&gt;42&lt;/policyId&gt;&lt;/policyAssignment&gt;
&lt;/ns:policyAssignments&gt;</body></command>
</ns:commands>"""


@given(st.lists(COMMANDS, max_size=4))
def test_commands_round_trip_in_document_order(commands):
    assert decode_commands(encode_commands(commands)) == tuple(commands)


@given(st.lists(ASSIGNMENTS, max_size=4))
def test_assignments_round_trip(assignments):
    assert decode_assignments(encode_assignments(assignments)) == tuple(assignments)


@given(st.lists(FRAGMENTS, max_size=3))
def test_fragments_round_trip(policies):
    assert decode_fragments(encode_fragments(policies)) == tuple(policies)


def test_mcs_05_the_documented_answer_is_read():
    (command,) = decode_commands(DOCUMENTED)
    assert (command.id, command.seq, command.app_id) == ("2811", 3, "APPSPROXY")
    assert (command.creation_time, command.ttl_s) == (NOW, 10_000)
    assert read_apps_proxy_body(command.body) == (PolicyAssignment("MCS", 25, "42"),)


def test_the_answer_has_the_literal_prefix_and_the_order_of_elements():
    command = Command("1", "ALC", "<x/>", NOW, 10_000.0, 7)
    assert encode_commands([command]) == (
        b'<?xml version="1.0"?>\n'
        b'<ns:commands xmlns:ns="http://www.sophos.com/xml/mcs/commands" schemaVersion="1.0">'
        b"<command><id>1</id><seq>7</seq><appId>ALC</appId>"
        b"<creationTime>2026-11-20T23:20:17.000000Z</creationTime><ttl>PT10000S</ttl>"
        b"<body>&lt;x/&gt;</body></command></ns:commands>"
    )


def test_no_commands_are_the_root_alone():
    assert decode_commands(encode_commands([])) == ()
    assert b"<command>" not in encode_commands([])


@pytest.mark.parametrize(
    "command",
    [
        "<command><appId>A</appId><body>b</body></command>",
        "<command><id/><appId>A</appId><body>b</body></command>",
        "<command><id>1</id><body>b</body></command>",
        "<command><id>1</id><appId/><body>b</body></command>",
        "<command><id>1</id><appId>A</appId></command>",
        "<command/>",
    ],
)
def test_one_incomplete_command_discards_the_whole_list(command):
    good = "<command><id>1</id><appId>A</appId><body>b</body></command>"
    document = f'<ns:commands xmlns:ns="x">{good}{command}</ns:commands>'.encode()
    with pytest.raises(InvalidCommandError):
        decode_commands(document, received_at=NOW)


def test_what_clients_never_read_may_be_missing():
    command = b"<command><id>1</id><appId>A</appId><body/></command>"
    document = b"<ns:commands xmlns:ns='x'>" + command + b"</ns:commands>"
    assert decode_commands(document, received_at=NOW) == (Command("1", "A", "", NOW, 10_000.0, 0),)


def test_an_unreadable_creation_time_needs_the_time_of_receipt():
    with pytest.raises(InvalidCommandError):
        decode_commands(DOCUMENTED.replace(b"2026-11-20T", b"soon"))


@pytest.mark.parametrize("body", [b"", b"   ", b"<ns:commands", b"{}"])
def test_what_is_no_xml_is_told_apart(body):
    with pytest.raises(XmlRefusedError):
        decode_commands(body)


def test_another_document_or_prefix_is_no_list_of_commands():
    with pytest.raises(InvalidCommandError):
        decode_commands(b"<commands/>")


def test_fragments_come_out_by_number():
    body = (
        '<ns:policyFragments xmlns:ns="http://www.sophos.com/xml/mcs/policyFragments">'
        '<meta protocolVersion="1.0"/><fragments><appId>SAV</appId>'
        '<fragment seq="10" id="c"/><fragment seq="2" id="b"/><fragment seq="0" id="a"/>'
        "</fragments></ns:policyFragments>"
    )
    assert read_apps_proxy_body(body) == (PolicyFragments("SAV", ((0, "a"), (2, "b"), (10, "c"))),)


@pytest.mark.parametrize("body", ["", "{}", "<x/>", '{"type":"clone_challenge"}'])
def test_an_unknown_body_is_reported_as_such(body):
    with pytest.raises(AppsProxyBodyUnknownError):
        read_apps_proxy_body(body)


@pytest.mark.parametrize(
    "inside",
    [
        "<policyAssignment><appId>A</appId></policyAssignment>",
        "<policyAssignment><policyId>1</policyId></policyAssignment>",
    ],
)
def test_an_incomplete_assignment_is_refused(inside):
    with pytest.raises(InvalidCommandError):
        decode_assignments(f'<ns:policyAssignments xmlns:ns="x">{inside}</ns:policyAssignments>')


@pytest.mark.parametrize(
    "inside",
    [
        "<fragments><appId>A</appId></fragments>",
        '<fragments><fragment seq="0" id="a"/></fragments>',
        '<fragments><appId>A</appId><fragment seq="x" id="a"/></fragments>',
        f'<fragments><appId>A</appId><fragment seq="{"9" * 5000}" id="a"/></fragments>',
        '<fragments><appId>A</appId><fragment seq="0"/></fragments>',
    ],
)
def test_incomplete_fragments_are_refused(inside):
    with pytest.raises(InvalidCommandError):
        decode_fragments(f'<ns:policyFragments xmlns:ns="x">{inside}</ns:policyFragments>')


def test_an_action_for_mcs_is_a_hazard():
    with pytest.raises(HazardousCommandError):
        refuse_hazard(Command("1", "MCS", "<action/>", NOW))
    refuse_hazard(Command("1", "ALC", "<action/>", NOW))
