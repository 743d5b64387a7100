"""Names of the recording and names of now."""

from datetime import UTC, datetime

from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    encode_assignments,
    encode_commands,
)
from utmlab.redrive.names import Names

AT = datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)


def answer(*commands):
    return encode_commands(Command(id_, app, body, AT) for id_, app, body in commands)


def assigning(**policies):
    return encode_assignments(PolicyAssignment(app, 1, id_) for app, id_ in policies.items())


def test_commands_are_paired_by_what_they_are_about_whatever_their_order():
    names = Names()
    then = answer(("1", "ALC", "<a/>"), ("2", "APPSPROXY", assigning(ALC="p" * 9, SAV="q" * 9)))
    this = answer(("7", "APPSPROXY", assigning(SAV="Q" * 9, ALC="P" * 9)), ("8", "ALC", "<a/>"))
    names.learn(then, this, AT)
    assert (names.command("1"), names.command("2")) == ("8", "7")
    assert names.in_text(f"{'p' * 9} {'q' * 9}") == f"{'P' * 9} {'Q' * 9}"
    assert names.commands_as_recorded("<id>7</id>") == "<id>2</id>"


def test_a_command_that_only_one_server_hands_out_has_no_counterpart():
    names = Names()
    names.learn(answer(("1", "SAV", "<scan/>")), answer(("2", "ALC", "<update/>")), AT)
    assert names.command("1") is None


def test_an_answer_that_is_no_list_pairs_nothing():
    Names().learn(b"garbage", answer(), AT)


def test_a_short_name_is_not_replaced_inside_a_text():
    names = Names()
    names.pair("E1", "E2")
    assert names.segment("E1") == "E2"
    assert names.in_text("E1") == "E1"


def test_no_name_is_replaced_twice():
    names = Names()
    names.pair("a" * 8, "b" * 8)
    names.pair("b" * 8, "a" * 8)
    assert names.in_text("a" * 8 + "b" * 8) == "b" * 8 + "a" * 8


def test_device_and_tenant_are_paired_by_the_mcs_policy():
    names = Names()
    names.pair_parties(
        "<deviceId>device-1</deviceId><tenantId>tenant-1</tenantId>",
        "<tenantId>tenant-2</tenantId><deviceId>device-2</deviceId>",
    )
    assert names.in_text("device-1 tenant-1") == "device-2 tenant-2"
