"""What a client does with commands, statuses and events, over real TLS in virtual time."""

import asyncio
import base64
import hashlib
import html
import re

import pytest

from endpoint.identity import load_identity
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    NotRegisteredError,
    RegistrationRefusedError,
)
from foundation.checkpoints import Checkpoints
from foundation.protocol.events import Event
from foundation.redact import Secret


def event(lab, id_: str, body: str = "<event/>") -> Event:
    return Event("SWC", lab.now(), 10_000, body, 0, id_)


async def polled(lab, **options):
    client = lab.client(**options)
    try:
        await client.poll_once()
    finally:
        await client.stop()
    return client


def test_log_08_every_request_is_a_trace_line_without_its_secrets(in_virtual_time):
    async def story(lab):
        identity = lab.enrolled()
        await polled(lab)
        lines = [line for line in lab.log.splitlines() if "TRACE" in line]
        assert any("Connection::GET" in line and "/commands/" in line for line in lines)
        assert any(line.endswith(" bytes") and ": 200, " in line for line in lines)
        assert identity.password.reveal() not in lab.log

    in_virtual_time(story)


def test_mcs_05_fetch_new_policy_is_stored_in_persist_under_its_name(in_virtual_time, documents):
    body = documents.policy(190, "rev-7", "<web/>")

    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, body)
        await polled(lab)
        path = lab.host.path(
            r"C:\ProgramData\Sophos\Management Communication System\Persist\SWC-190_policy.xml"
        )
        assert path.read_bytes() == body
        assert lab.server.commands == {}
        assert lab.queued() == []
        deleted = [c.method for c in lab.server.calls].index("DELETE")
        fetched = [c.path for c in lab.server.calls].index(
            f"/policy/application/SWC/{hashlib.sha256(body).hexdigest()}"
        )
        assert deleted < fetched

    in_virtual_time(story)


def test_fragments_are_joined_by_number(in_virtual_time, documents):
    body = documents.policy(2, "rev", "x" * 50)

    async def story(lab):
        lab.enrolled()
        pieces = {f"{n:064x}": body[n * 60 : (n + 1) * 60] for n in range(4)}
        for id_, piece in pieces.items():
            lab.server.policies["SAV", id_] = piece
        listed = "".join(f'<fragment seq="{int(i, 16)}" id="{i}"/>' for i in reversed(pieces))
        fragments = f"<fragments><appId>SAV</appId>{listed}</fragments>"
        lab.server.queue("APPSPROXY", documents.apps_proxy("policyFragments", fragments))
        await polled(lab)
        assert (lab.host.persist / "SAV-2_policy.xml").read_bytes() == body

    in_virtual_time(story)


def assign_in_fragments(lab, documents, app, *pieces):
    ids = [hashlib.sha256(piece).hexdigest() for piece in pieces]
    lab.server.policies |= {(app, id_): piece for id_, piece in zip(ids, pieces, strict=True)}
    listed = "".join(f'<fragment seq="{seq}" id="{id_}"/>' for seq, id_ in enumerate(ids))
    body = f"<fragments><appId>{app}</appId>{listed}</fragments>"
    lab.server.queue("APPSPROXY", documents.apps_proxy("policyFragments", body))
    return ids


def test_a_fragment_that_is_held_is_not_fetched_again(in_virtual_time, documents):
    first, second = (documents.policy(190, f"rev-{n}", "x" * 900) for n in "ab")
    head = next(at for at, pair in enumerate(zip(first, second, strict=True)) if len(set(pair)) > 1)
    head += 10

    async def story(lab):
        lab.enrolled()
        old = assign_in_fragments(lab, documents, "SWC", first[:head], first[head:])
        await polled(lab)
        lab.server.calls.clear()
        new = assign_in_fragments(lab, documents, "SWC", second[:head], second[head:])
        await polled(lab)
        fetched = [call.path.rpartition("/")[2] for call in lab.server.made("GET", "/fragment/")]
        assert (old[1], fetched) == (new[1], new[:1])
        assert (lab.host.persist / "SWC-190_policy.xml").read_bytes() == second
        held = [path.name for path in (lab.host.cache / "Fragments" / "SWC").iterdir()]
        assert sorted(held) == sorted(new)

    in_virtual_time(story)


def test_a_damaged_fragment_is_fetched_again(in_virtual_time, documents):
    body = documents.policy(190, "rev", "x" * 900)

    async def story(lab):
        lab.enrolled()
        ids = assign_in_fragments(lab, documents, "SWC", body[:300], body[300:])
        await polled(lab)
        (lab.host.cache / "Fragments" / "SWC" / ids[1]).write_bytes(b"damaged")
        lab.server.calls.clear()
        assign_in_fragments(lab, documents, "SWC", body[:300], body[300:])
        await polled(lab)
        assert [call.path.rpartition("/")[2] for call in lab.server.made("GET", "/fragment/")] == [
            ids[1]
        ]
        assert (lab.host.persist / "SWC-190_policy.xml").read_bytes() == body

    in_virtual_time(story)


def test_of_several_policies_for_one_app_only_the_last_is_fetched(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        for number in range(3):
            lab.server.assign("SWC", 190, documents.policy(190, f"rev-{number}"))
        await polled(lab)
        assert len(lab.server.made("GET", "/policy/")) == 1
        assert b"rev-2" in (lab.host.persist / "SWC-190_policy.xml").read_bytes()
        assert lab.queued() == []

    in_virtual_time(story)


@pytest.mark.parametrize("bad", [b"<policy", b"<policy/>", b"<!DOCTYPE x><policy/>", b""])
def test_a_policy_that_cannot_be_read_leaves_the_last_good_one(in_virtual_time, documents, bad):
    good = documents.policy(190, "good")

    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, good)
        await polled(lab)
        lab.server.assign("SWC", 190, bad, policy_id="bad")
        await polled(lab)
        assert lab.handover.policies() == {"SWC-190_policy.xml": hashlib.sha256(good).hexdigest()}
        assert lab.queued() == []
        assert "PolicyStore::Refused a policy for SWC" in lab.log

    in_virtual_time(story)


def test_an_app_id_cannot_lead_out_of_persist(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.policies["..%2F..%2Fevil", "p"] = documents.policy(1, "r")
        listed = (
            '<policyAssignment><appId policyType="1">../../evil</appId>'
            "<policyId>p</policyId></policyAssignment>"
        )
        lab.server.queue("APPSPROXY", documents.apps_proxy("policyAssignments", listed))
        await polled(lab)
        assert list(lab.host.root.rglob("*evil*")) == []
        assert "PolicyStore::Refused a policy for ../../evil" in lab.log

    in_virtual_time(story)


def test_a_policy_that_fails_to_come_is_fetched_later_and_blocks_nothing(
    in_virtual_time, documents
):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, documents.policy(190, "a"))
        lab.server.assign("SAV", 2, documents.policy(2, "b"))
        lab.server.fail("GET", "/policy/application/SWC", 500)
        with pytest.raises(McsCallFailedError):
            await polled(lab)
        assert list(lab.handover.policies()) == ["SAV-2_policy.xml"]
        assert lab.server.commands == {}  # acknowledged: nobody but the queue knows of it now
        await polled(lab)
        assert list(lab.handover.policies()) == ["SAV-2_policy.xml", "SWC-190_policy.xml"]
        assert lab.queued() == []

    in_virtual_time(story)


def test_an_action_is_handed_over_once_however_often_it_comes(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.server.queue("ALC", "<action/>", command_id="{guid}")
        await polled(lab)
        (action,) = lab.handover.actions()
        assert (action.app_id, action.body) == ("ALC", "<action/>")
        lab.handover.action_done(action.command_id)
        lab.server.queue("ALC", "<action/>", command_id="{guid}")
        await polled(lab)
        assert lab.handover.actions() == ()
        assert lab.server.commands == {}

    in_virtual_time(story)


@pytest.mark.parametrize(
    ("app", "body", "line"),
    [
        ("NTP", "<action/>", "CommandQueue::No adapter for NTP"),
        ("APPSPROXY", "<action type='x'/>", "assigns nothing"),
        ("APPSPROXY", "<ns:policyAss", "assigns nothing"),
    ],
)
def test_a_command_for_nobody_is_logged_and_still_acknowledged(in_virtual_time, app, body, line):
    async def story(lab):
        lab.enrolled()
        lab.server.queue(app, body)
        await polled(lab)
        assert lab.server.commands == {}
        assert lab.queued() == []
        assert line in lab.log

    in_virtual_time(story)


def test_registration_stores_the_identity_and_introduces_the_computer(in_virtual_time):
    async def story(lab):
        client = lab.client()
        identity = await client.register("TokenTokenToken17")
        await client.poll_once()
        await client.stop()
        return identity, load_identity(lab.host), lab.server

    identity, stored, server = in_virtual_time(story)
    assert stored == identity
    assert identity.endpoint_id == "EID-0001"
    (register,) = server.made("POST", "/register")
    assert base64.b64decode(register.headers["Authorization"][6:]) == b"::TokenTokenToken17"
    assert b"<computerName>pc1</computerName>" in register.body
    (statuses,) = server.made("PUT", "/statuses/endpoint/EID-0001")
    text = html.unescape(statuses.body.decode())
    assert re.findall("<appId>([A-Z]+)</appId>", text) == ["AGENT", "APPSPROXY"]
    assert '<application name="SWC"/>' in text


def test_a_refused_registration_is_logged_and_leaves_nothing(in_virtual_time):
    async def story(lab):
        client = lab.client()
        with pytest.raises(RegistrationRefusedError) as caught:
            await client.register("wrongTokenwrong17")
        await client.stop()
        assert (caught.value.status, caught.value.reason) == (401, "token_unknown")
        assert load_identity(lab.host) is None
        assert "Registration::Registration refused" in lab.log
        assert "token_unknown" in lab.log
        assert "wrongTokenwrong17" not in lab.log

    in_virtual_time(story)


def test_registering_with_nobody_there_is_unreachable(in_virtual_time, port_of_nobody):
    async def story(lab):
        lab.configure(port=port_of_nobody)
        client = lab.client()
        with pytest.raises(LiveConnectUnreachableError):
            await client.register("TokenTokenToken17")
        await client.stop()

    in_virtual_time(story)


def test_without_identity_and_token_nothing_is_polled(in_virtual_time):
    async def story(lab):
        with pytest.raises(NotRegisteredError):
            await polled(lab)
        assert lab.server.poll_times == []

    in_virtual_time(story)


def test_a_new_identity_starts_with_an_empty_queue(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, documents.policy(190, "a"))
        lab.server.fail("DELETE", "/commands", 500)
        with pytest.raises(McsCallFailedError):
            await polled(lab)
        assert len(lab.queued()) == 1
        lab.host.credentials_file.unlink()
        client = lab.client()
        await client.register("TokenTokenToken17")
        await client.stop()
        assert lab.queued() == []

    in_virtual_time(story)


def test_only_changed_statuses_are_sent(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.handover.put_status("SWC", '<status timestamp="1">one</status>', lab.now())
        await polled(lab)
        lab.handover.put_status("SWC", '<status timestamp="2">one</status>', lab.now())
        await polled(lab)
        assert len(lab.server.made("PUT", "/statuses")) == 1
        assert lab.handover.statuses() == ()
        lab.handover.put_status("SWC", '<status timestamp="3">two</status>', lab.now())
        await polled(lab)
        second = lab.server.made("PUT", "/statuses")[1].body
        assert re.findall(b"<appId>([A-Z]+)</appId>", second) == [b"SWC"]

    in_virtual_time(story)


def test_mcs_09_a_status_stays_until_the_server_answers_200(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.handover.put_status("SWC", "<status>one</status>", lab.now())
        lab.server.fail("PUT", "/statuses", 500)
        await polled(lab)
        assert [status.app_id for status in lab.handover.statuses()] == ["SWC"]
        await polled(lab)
        assert lab.handover.statuses() == ()
        assert len(lab.server.made("PUT", "/statuses")) == 2

    in_virtual_time(story)


def test_a_failed_status_is_sent_again_30_s_later_without_delaying_a_poll(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        times = []
        async with lab.running():
            lab.server.fail("PUT", "/statuses", 500)
            for count in (1, 2):
                await lab.server.until(
                    lambda count=count: len(lab.server.made("PUT", "/statuses")) == count
                )
                times.append(asyncio.get_running_loop().time())
        assert times[1] - times[0] == pytest.approx(30, abs=0.1)
        assert len(lab.server.poll_times) == 2

    in_virtual_time(story)


def test_a_changed_status_is_sent_at_once_between_polls(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        async with lab.running():
            await asyncio.sleep(7)
            lab.handover.put_status("SWC", "<status>now</status>", lab.now())
            await lab.server.until(lambda: len(lab.server.made("PUT", "/statuses")) == 2)
            assert len(lab.server.poll_times) == 1

    in_virtual_time(story)


def test_status_latency_can_be_the_real_clients_30_s(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        began = asyncio.get_running_loop().time()
        async with lab.running(status_latency_s=30):
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
        return asyncio.get_running_loop().time() - began

    assert in_virtual_time(story) == pytest.approx(30, abs=0.1)


def test_an_unchanged_status_is_sent_again_after_seven_days(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("MCS", 25, documents.mcs(delay_s=14_400))
        began = asyncio.get_running_loop().time()
        async with lab.running():
            await lab.server.until(
                lambda: len(lab.server.made("PUT", "/statuses")) == 2, timeout_s=10**7
            )
        return (asyncio.get_running_loop().time() - began) / 86_400

    assert 7 <= in_virtual_time(story) <= 7.2


def test_assigning_what_is_in_force_has_its_status_sent_again(in_virtual_time, documents):
    body = documents.policy(190, "rev")

    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, body)
        lab.handover.put_status("SWC", "<status>rev</status>", lab.now())
        await polled(lab)
        lab.server.assign("SWC", 190, body)
        await polled(lab)
        assert b"SWC" in lab.server.made("PUT", "/statuses")[1].body

    in_virtual_time(story)


def test_events_go_5_s_after_the_last_one_and_then_leave_the_spool(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        async with lab.running():
            await asyncio.sleep(1)
            lab.handover.put_event("e1", event(lab, "e1"))
            await asyncio.sleep(3)
            lab.handover.put_event("e2", event(lab, "e2"))
            began = asyncio.get_running_loop().time()
            await lab.server.until(lambda: lab.server.made("POST", "/events"))
            assert asyncio.get_running_loop().time() - began == pytest.approx(5, abs=0.1)
            await asyncio.sleep(0.1)
            assert lab.handover.events() == ()
        (call,) = lab.server.made("POST", "/events")
        assert re.findall(b"<seq>(.)</seq><id>(..)</id>", call.body) == [
            (b"0", b"e1"),
            (b"1", b"e2"),
        ]

    in_virtual_time(story)


def test_mcs_09_events_stay_on_a_500_and_are_gone_after_a_200(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.server.fail("POST", "/events", 500, times=2)
        async with lab.running():
            lab.handover.put_event("e1", event(lab, "e1"))
            await lab.server.until(lambda: len(lab.server.made("POST", "/events")) == 2)
            assert [e.id for e in lab.handover.events()] == ["e1"]
            await lab.server.until(lambda: len(lab.server.made("POST", "/events")) == 3)
            await asyncio.sleep(1)
            assert lab.handover.events() == ()

    in_virtual_time(story)


def test_an_event_that_can_never_be_sent_does_not_hold_up_the_others(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        for number in range(4):
            body = "<event><script>x</script></event>" if number == 2 else "<event/>"
            lab.handover.put_event(f"e{number}", event(lab, f"e{number}", body))
        await polled(lab, events_delay_s=0)
        sent = b"".join(call.body for call in lab.server.made("POST", "/events"))
        assert re.findall(rb"<id>(e\d)</id>", sent) == [b"e0", b"e1", b"e3"]
        assert lab.handover.events() == ()
        assert "EventSender::Dropped event e2" in lab.log

    in_virtual_time(story)


def test_mcs_10_the_log_is_at_the_mapped_path_and_holds_no_secret(in_virtual_time):
    async def story(lab):
        lab.configure(token="TokenTokenToken17")
        await polled(lab)
        path = lab.host.path(
            r"C:\ProgramData\Sophos\Management Communication System\Endpoint\Logs\MCSClient.log"
        )
        return path.read_text(), load_identity(lab.host)

    log, identity = in_virtual_time(story)
    assert "Registration::Registered as EID-0001" in log
    assert "TokenTokenToken17" not in log
    assert identity.password != Secret("")
    assert identity.password.reveal() not in log


def test_the_user_agent_says_whether_there_is_a_token(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        await polled(lab)
        lab.configure(token="TokenTokenToken17")
        await polled(lab)
        await polled(lab, user_agent="mine")
        return [call.headers["User-Agent"] for call in lab.server.made("GET", "/commands/")]

    without, with_token, own = in_virtual_time(story)
    assert re.fullmatch(r"Sophos MCS Client/[\d.]+ Windows sessions", without.strip())
    assert re.fullmatch(r"Sophos MCS Client/[\d.]+ Windows sessions regToken", with_token)
    assert own == "mine"


def test_flags_are_fetched_at_their_interval(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("MCS", 25, documents.mcs())
        async with lab.running():
            await asyncio.sleep(14_390)
            assert len(lab.server.made("GET", "/flags")) == 1
            await asyncio.sleep(20)
        assert len(lab.server.made("GET", "/flags")) == 2
        assert len(lab.server.made("POST", "/authenticate")) == 1

    in_virtual_time(story)


def test_every_checkpoint_lies_on_the_way(in_virtual_time, documents):
    reached = []

    class Recording(Checkpoints):
        def reach(self, name: str) -> None:
            reached.append(name.removeprefix("client."))

    async def story(lab):
        lab.server.assign("SWC", 190, documents.policy(190, "r"))
        client = lab.client(checkpoints=Recording(), events_delay_s=0)
        await client.register("TokenTokenToken17")
        lab.handover.put_event("e1", event(lab, "e1"))
        await client.poll_once()
        await client.stop()

    in_virtual_time(story)
    assert reached == [
        "before_identity",
        "after_identity",
        "after_queue",
        "after_delete",
        "after_policy_fetched",
        "after_persist",
        "before_status_sent",
        "after_status_sent",
        "after_events_sent",
    ]


def test_mcs_06_with_the_agent_stopped_policies_and_actions_wait(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, documents.policy(190, "r"))
        lab.server.queue("SAV", "<scan/>")
        async with lab.running():
            await asyncio.sleep(3600)
        assert list(lab.handover.policies()) == ["SWC-190_policy.xml"]
        assert [action.body for action in lab.handover.actions()] == ["<scan/>"]
        assert len(lab.server.made("GET", "/policy/")) == 1

    in_virtual_time(story)


def test_a_full_disk_acknowledges_nothing_and_the_client_goes_on(
    in_virtual_time, documents, monkeypatch
):
    from endpoint.mcs_client import queue

    write = queue.write_atomic

    def full(path, data, **options):
        raise OSError(28, "No space left on device")

    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, documents.policy(190, "r"))
        monkeypatch.setattr(queue, "write_atomic", full)
        async with lab.running():
            await lab.server.until(lambda: len(lab.server.poll_times) == 2)
            assert len(lab.server.commands) == 1
            monkeypatch.setattr(queue, "write_atomic", write)
            await lab.server.until(lambda: lab.server.commands == {})
            await asyncio.sleep(1)
            assert list(lab.handover.policies()) == ["SWC-190_policy.xml"]
        assert "No space left on device" in lab.log

    in_virtual_time(story)


def test_a_finished_command_that_comes_again_is_acknowledged_and_not_worked_on(
    in_virtual_time, documents
):
    async def story(lab):
        lab.enrolled()
        command_id = lab.server.assign("SWC", 190, documents.policy(190, "r"))
        again = lab.server.commands[command_id]
        await polled(lab)
        lab.server.commands[command_id] = again
        await polled(lab)
        assert lab.server.commands == {}
        assert len(lab.server.made("DELETE", "/commands")) == 2
        assert len(lab.server.made("GET", "/policy/")) == 1

    in_virtual_time(story)


def test_an_acknowledged_command_is_not_deleted_again_after_a_restart(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("SWC", 190, documents.policy(190, "r"))
        lab.server.fail("GET", "/policy/", 500)
        with pytest.raises(McsCallFailedError):
            await polled(lab)
        await polled(lab)
        assert len(lab.server.made("DELETE", "/commands")) == 1
        assert list(lab.handover.policies()) == ["SWC-190_policy.xml"]

    in_virtual_time(story)


def test_actions_of_a_server_that_counts_anew_reach_the_agent(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.handover.store_action("1", "SAV", "<before/>")
        lab.handover.action_done("1")
        lab.host.credentials_file.unlink()
        client = lab.client()
        await client.register("TokenTokenToken17")
        await client.stop()
        lab.handover.store_action("1", "SAV", "<after/>")
        assert [action.body for action in lab.handover.actions()] == ["<after/>"]

    in_virtual_time(story)


def test_a_ca_file_outside_the_host_is_left_aside_and_polling_goes_on(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        text = lab.host.config_file.read_text().replace("<caFile/>", r"<caFile>C:\..\x</caFile>")
        lab.host.config_file.write_text(text)
        async with lab.running() as client:
            await lab.server.until(lambda: client.polls >= 2)
        assert lab.log.count("caFile is left aside") == 1

    in_virtual_time(story)
