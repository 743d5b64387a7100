"""The pure rules: reactions, back-off, cadence, cookies, batches, routes."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.mcs_client.access import Access
from endpoint.mcs_client.backoff import CAP_S, delay_s, longest_delay_s
from endpoint.mcs_client.batching import seen
from endpoint.mcs_client.cadence import Cadence
from endpoint.mcs_client.cookies import Cookies
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer
from endpoint.mcs_client.reactions import FailureClass, Reaction, reaction_to
from endpoint.mcs_client.routes import Route, Routes
from foundation.protocol.answers import AuthenticateAnswer

TRANSIENT, SEMI_PERMANENT = FailureClass.TRANSIENT, FailureClass.SEMI_PERMANENT
CUT = {"clear_cookies": True, "close_connection": True}


@pytest.mark.parametrize(
    ("status", "reaction"),
    [
        (200, Reaction()),
        (400, Reaction(failure=SEMI_PERMANENT, **CUT)),
        (401, Reaction(failure=SEMI_PERMANENT)),
        (503, Reaction(failure=SEMI_PERMANENT, **CUT)),
        (504, Reaction(failure=TRANSIENT)),
        *((code, Reaction(failure=TRANSIENT, **CUT)) for code in (404, 410, 426, 403, 413, 429)),
        *((code, Reaction(failure=TRANSIENT, **CUT)) for code in (500, 502, 201, 202, 204, 302)),
    ],
)
def test_every_status_code_has_its_reaction(status, reaction):
    assert reaction_to(Answer(status, {"retry-after": "3600"}, b"")) == reaction


@pytest.mark.parametrize("breakdown", list(Breakdown))
def test_every_broken_exchange_is_transient_and_costs_cookies(breakdown):
    assert reaction_to(NoAnswer(breakdown, "")) == Reaction(failure=TRANSIENT, **CUT)


@pytest.mark.parametrize(
    ("header", "registers"),
    [
        ('Basic realm="register"', True),
        ('basic realm="register"', False),
        ("Basic realm=register", False),
        ('Basic realm="register" ', False),
        ('Basic realm="other"', False),
    ],
)
def test_only_the_exact_register_realm_asks_for_registration(header, registers):
    reaction = reaction_to(Answer(401, {"www-authenticate": header}, b""))
    assert reaction.re_register is registers
    assert not reaction.clear_cookies


def test_the_first_failure_at_5_s_waits_up_to_5_or_10_s():
    assert longest_delay_s(5, TRANSIENT, 1) == 5.0
    assert longest_delay_s(5, SEMI_PERMANENT, 1) == 10.0


@given(
    st.floats(0.1, 14_400),
    st.sampled_from(FailureClass),
    st.integers(1, 10_000),
    st.integers(),
)
def test_back_off_stays_within_its_bounds(interval, failure, failures, seed):
    drawn = delay_s(interval, failure, failures, random.Random(seed))
    longest = longest_delay_s(interval, failure, failures)
    assert min(interval, CAP_S) <= drawn <= CAP_S
    assert min(max(longest / 2, interval), CAP_S) <= drawn <= max(longest, interval)


def test_back_off_doubles_ten_times_at_most():
    assert longest_delay_s(20, TRANSIENT, 11) == 20 * 1024
    assert longest_delay_s(20, TRANSIENT, 12) == 20 * 1024


@given(st.floats(0, 1e6), st.floats(0.01, 14_400), st.lists(st.floats(0, 50_000), max_size=30))
def test_slots_stay_on_the_grid_and_only_move_forward(start, interval, service_times):
    cadence = Cadence(start, interval)
    for service_s in service_times:
        now_s = cadence.due_at_s + service_s
        following = cadence.after(now_s, interval)
        assert following.slot > cadence.slot
        assert following.due_at_s >= now_s - 1e-6 * interval - 1e-6
        assert following.start_s == start
        cadence = following


def test_another_interval_counts_from_the_last_slot():
    cadence = Cadence(100.0, 20.0, slot=3).after(160.5, 60.0)
    assert cadence.due_at_s == 220.0


def test_a_cookie_is_cut_at_the_first_semicolon_and_replaced_by_name():
    cookies = Cookies()
    cookies.store(["SID=abc; Path=/; Secure", "AWSALB=x==; Expires=never", "nonsense"])
    cookies.store(["SID=def; HttpOnly"])
    assert cookies.header == "SID=def; AWSALB=x=="
    cookies.clear()
    assert cookies.header == ""


def test_a_batch_goes_5_s_after_its_last_event():
    batch = seen(seen(None, frozenset("a"), 10.0), frozenset("ab"), 13.0)
    assert batch.due_at_s(McsClientOptions()) == 18.0


def test_a_batch_goes_60_s_after_its_first_event_at_the_latest():
    batch = None
    for second in range(0, 60, 4):
        batch = seen(batch, frozenset(str(n) for n in range(second // 4 + 1)), float(second))
    assert batch.due_at_s(McsClientOptions()) == 60.0


def test_a_batch_of_20_goes_at_once():
    batch = seen(None, frozenset(str(n) for n in range(20)), 10.0)
    assert batch.due_at_s(McsClientOptions()) == 10.0


def test_looking_again_does_not_put_a_batch_off():
    batch = seen(seen(None, frozenset("ab"), 10.0), frozenset("ab"), 14.0)
    assert batch.due_at_s(McsClientOptions()) == 15.0


def test_policy_servers_come_first_and_the_last_good_one_leads():
    routes = Routes()
    first, second = Route("https://p"), Route("https://c")
    assert routes.ordered(["https://p/"], ["https://c", "https://p"]) == (first, second)
    routes.worked(second)
    assert routes.ordered(["https://p"], ["https://c"]) == (second, first)


def test_mcs_02_plain_http_is_never_a_route():
    (route,) = Routes().ordered(["http://p"], ["HTTP://c", "https://ok"])
    assert route.url == "https://ok"


@pytest.mark.parametrize(
    ("answer", "policy_device", "at_s", "wanted"),
    [
        (None, "d", 0.0, True),
        (AuthenticateAnswer(access_token="t", device_id="d", tenant_id="t"), "d", 0.0, False),
        (AuthenticateAnswer(access_token="t", device_id="d", tenant_id=""), "d", 0.0, True),
        (AuthenticateAnswer(access_token="t", device_id="", tenant_id="t"), "", 0.0, True),
        (AuthenticateAnswer(access_token="t", device_id="d", tenant_id="t"), "", 0.0, True),
        (AuthenticateAnswer(access_token="t", device_id="d", tenant_id="t"), "d", 85_799.0, False),
        (AuthenticateAnswer(access_token="t", device_id="d", tenant_id="t"), "d", 85_801.0, True),
    ],
)
def test_a_jwt_is_asked_for_when_the_protocol_says(answer, policy_device, at_s, wanted):
    access = Access()
    if answer is not None:
        access.take(answer.encode(), 0.0)
    assert access.is_wanted(policy_device, at_s) is wanted
