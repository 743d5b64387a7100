import asyncio
import base64
from itertools import pairwise

import pytest


def test_mcs_04_polls_every_20_seconds(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        began = asyncio.get_running_loop().time()
        async with lab.running():
            await asyncio.sleep(3599.99)
        return [at - began for at in lab.server.poll_times]

    times = in_virtual_time(story)
    assert len(times) == 180
    assert all(abs(at - n * 20) < 0.01 for n, at in enumerate(times))


def test_mcs_04_slow_answers_do_not_make_the_cadence_drift(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.server.service_s = 3.0
        began = asyncio.get_running_loop().time()
        async with lab.running():
            await lab.server.until(lambda: len(lab.server.poll_times) == 10, timeout_s=4000)
        return [at - began for at in lab.server.poll_times]

    times = in_virtual_time(story)
    # The first round greets before it polls, which takes one answer.
    assert times[1:] == pytest.approx([n * 20 for n in range(1, 10)], abs=0.01)


def test_mcs_04_a_slot_that_passed_meanwhile_is_skipped(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("MCS", 25, documents.mcs())
        began = asyncio.get_running_loop().time()
        async with lab.running():
            await lab.server.until(lambda: len(lab.server.poll_times) == 2)
            lab.server.service_s = 45.0
            await lab.server.until(lambda: len(lab.server.poll_times) == 3)
            lab.server.service_s = 0
            await lab.server.until(lambda: len(lab.server.poll_times) == 5)
        return [round(at - began) for at in lab.server.poll_times]

    # The poll at 40 is answered at 85: 60 and 80 are gone, 100 is next.
    assert in_virtual_time(story) == [0, 20, 40, 100, 120]


def test_mcs_04_the_interval_of_the_applied_policy_counts_from_the_next_poll(
    in_virtual_time, documents
):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("MCS", 25, documents.mcs(delay_s=60))
        began = asyncio.get_running_loop().time()
        async with lab.running():
            await lab.server.until(lambda: len(lab.server.poll_times) == 3)
            lab.server.assign("MCS", 25, documents.mcs("r2", delay_s=1))
            await lab.server.until(lambda: len(lab.server.poll_times) == 6)
        return [round(at - began) for at in lab.server.poll_times]

    assert in_virtual_time(story) == [0, 60, 120, 180, 185, 190]  # 1 s is raised to the floor


def test_the_poll_option_overrides_interval_and_floor(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        lab.server.assign("MCS", 25, documents.mcs(delay_s=60))
        began = asyncio.get_running_loop().time()
        async with lab.running(poll_interval_s=0.5):
            await lab.server.until(lambda: len(lab.server.poll_times) == 4)
        return [at - began for at in lab.server.poll_times]

    assert in_virtual_time(story) == pytest.approx([0, 0.5, 1.0, 1.5], abs=0.01)


def test_first_contact_has_the_wires_sequence(in_virtual_time, documents):
    async def story(lab):
        lab.configure(token="TokenTokenToken17")
        lab.server.assign("MCS", 25, documents.mcs())
        async with lab.running():
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
        return [(call.method, f"{call.path}/".split("/")[1]) for call in lab.server.calls]

    assert in_virtual_time(story) == [
        ("GET", ""),
        ("POST", "register"),
        ("GET", "commands"),
        ("DELETE", "commands"),
        ("GET", "policy"),
        ("POST", "authenticate"),
        ("GET", "flags"),
        ("PUT", "statuses"),
    ]


def test_an_outage_is_waited_out_with_back_off_and_sends_nothing(in_virtual_time):
    async def story(lab):
        identity = lab.enrolled()
        async with lab.running() as client:
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
            lab.server.fail("GET", "/commands", 500, times=3)
            await lab.server.until(lambda: len(lab.server.poll_times) == 2)
            lab.handover.put_status("SWC", "<status>late</status>", lab.now())
            before = len(lab.server.made("PUT", "/statuses"))
            await lab.server.until(lambda: len(lab.server.poll_times) == 4)
            assert len(lab.server.made("PUT", "/statuses")) == before
            await lab.server.until(lambda: len(lab.server.made("PUT", "/statuses")) > before)
            assert client.counters["polls_failed"] == 3
        gaps = [b - a for a, b in pairwise(lab.server.poll_times)]
        assert identity.endpoint_id in lab.server.made("PUT", "/statuses")[-1].path
        return gaps, lab.log

    gaps, log = in_virtual_time(story)
    assert gaps[0] == pytest.approx(20, abs=0.01)
    assert gaps[1] == pytest.approx(20, abs=0.01)  # raised to the poll interval
    assert 20 <= gaps[2] <= 40.01
    assert 40 <= gaps[3] <= 80.01
    assert "PollLoop::[backoff] waiting up to 80.000000 s after 3 failures" in log
    assert "PollLoop::Connected again after 3 failures" in log


def test_a_status_that_met_nobody_goes_out_after_the_next_good_poll(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        async with lab.running(poll_interval_s=20.0) as client:
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
            lab.server.fail("PUT", "/statuses", 0)
            before = len(lab.server.made("PUT", "/statuses")) + 1
            lab.handover.put_status("SWC", "<status>late</status>", lab.now())
            await lab.server.until(lambda: len(lab.server.made("PUT", "/statuses")) > before)
            assert client.counters["sends_failed"] == 1
            return asyncio.get_running_loop().time() - lab.server.poll_times[0]

    assert in_virtual_time(story) == pytest.approx(20, abs=0.01)  # and not 30


def test_lost_authentication_registers_again_with_the_old_identity(in_virtual_time):
    async def story(lab):
        lab.configure(token="TokenTokenToken17")
        identity = lab.enrolled()
        lab.handover.put_status("SWC", "<status>here</status>", lab.now())
        async with lab.running():
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
            lab.server.passwords[identity.endpoint_id] = "forgotten"
            await lab.server.until(lambda: len(lab.server.made("PUT", "/statuses")) == 2)
        return lab.server, lab.log, lab.host.identity_file.read_text()

    server, log, shown = in_virtual_time(story)
    (register,) = server.made("POST", "/register")
    encoded = register.headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(encoded) == b"EID-0001:pass-0001:TokenTokenToken17"
    assert "PollLoop::Lost authentication with server" in log
    assert shown == "EID-0001\n"
    # Everything LiveConnect may have lost is sent again.
    assert b"here" in server.made("PUT", "/statuses")[1].body
    assert b"computerstatus" in server.made("PUT", "/statuses")[1].body


def test_a_removed_endpoint_never_registers_again(in_virtual_time):
    async def story(lab):
        lab.configure(token="TokenTokenToken17")
        lab.enrolled()
        lab.server.fail("GET", "/commands", 401, times=3, headers={})
        async with lab.running():
            await lab.server.until(lambda: len(lab.server.poll_times) == 4, timeout_s=2000)
        return lab.server.made("POST", "/register"), lab.log

    registrations, log = in_virtual_time(story)
    assert registrations == []
    assert "PollLoop::Received Unauthenticated without register header=" in log


def test_an_unreadable_answer_to_a_poll_is_no_failure(in_virtual_time):
    async def story(lab):
        lab.enrolled()
        lab.server.fail("GET", "/commands", 200, body=b"")
        lab.server.fail("GET", "/commands", 200, body=b"<ns:commands><command/></ns:commands>")
        async with lab.running() as client:
            await lab.server.until(lambda: len(lab.server.poll_times) == 3)
            assert "polls_failed" not in client.counters
        return lab.log

    assert in_virtual_time(story).count("PollLoop::Failed to parse commands") == 2


def test_next_poll_at_is_the_wall_clock_time_of_the_next_slot(in_virtual_time, documents):
    async def story(lab):
        lab.enrolled()
        async with lab.running() as client:
            await lab.server.until(lambda: lab.server.made("PUT", "/statuses"))
            return (client.next_poll_at - documents.start).total_seconds()

    assert in_virtual_time(story) == pytest.approx(20, abs=0.01)
