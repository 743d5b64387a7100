from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.access.login_guard import (
    PER_ADDRESS,
    PER_USER,
    PER_USER_AND_ADDRESS,
    WINDOW,
    LoginGuard,
    TooManyLoginsError,
)

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def fail(guard, times, *, user="admin", address="127.0.0.1", at=AT):
    for _ in range(times):
        guard.attempt(user, address, at)


def test_so_many_wrong_passwords_of_a_user_at_an_address_and_no_more():
    guard = LoginGuard()
    fail(guard, PER_USER_AND_ADDRESS)

    with pytest.raises(TooManyLoginsError) as refusal:
        guard.attempt("admin", "127.0.0.1", AT + timedelta(seconds=10))

    assert refusal.value.retry_after_s == 291
    guard.attempt("admin", "127.0.0.2", AT)
    guard.attempt("auditor", "127.0.0.1", AT)


def test_after_the_window_it_is_looked_at_again():
    guard = LoginGuard()
    fail(guard, PER_USER_AND_ADDRESS)

    guard.attempt("admin", "127.0.0.1", AT + WINDOW)


def test_many_users_from_one_address_are_counted_together():
    guard = LoginGuard()
    for number in range(PER_ADDRESS):
        guard.attempt(f"user{number}", "127.0.0.1", AT)

    with pytest.raises(TooManyLoginsError):
        guard.attempt("another", "127.0.0.1", AT)


def test_one_user_from_many_addresses_is_counted_together():
    guard = LoginGuard()
    for number in range(PER_USER):
        guard.attempt("admin", f"10.0.0.{number}", AT)

    with pytest.raises(TooManyLoginsError):
        guard.attempt("admin", "10.0.1.1", AT)


def test_a_right_password_forgives_what_came_before_it():
    guard = LoginGuard()
    for _ in range(PER_ADDRESS):
        fail(guard, PER_USER_AND_ADDRESS - 1)
        guard.attempt("admin", "127.0.0.1", AT)
        guard.succeeded("admin", "127.0.0.1")

    fail(guard, PER_USER_AND_ADDRESS)


def test_a_right_password_forgives_nobody_elses_failures():
    guard = LoginGuard()
    fail(guard, PER_USER_AND_ADDRESS, user="auditor")
    guard.attempt("admin", "127.0.0.1", AT)
    guard.succeeded("admin", "127.0.0.1")

    with pytest.raises(TooManyLoginsError):
        guard.attempt("auditor", "127.0.0.1", AT)


def test_a_clock_that_is_set_back_lets_nobody_in():
    guard = LoginGuard()
    fail(guard, PER_USER_AND_ADDRESS)

    with pytest.raises(TooManyLoginsError):
        guard.attempt("admin", "127.0.0.1", AT - timedelta(hours=1))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["admin", "auditor"]),
            st.sampled_from(["a", "b", "c"]),
            st.integers(0, 900),
            st.booleans(),
        ),
        max_size=120,
    )
)
def test_no_window_holds_more_failures_than_the_limit(steps):
    guard, judged = LoginGuard(), []
    for user, address, second, is_right in sorted(steps, key=lambda step: step[2]):
        at = AT + timedelta(seconds=second)
        try:
            guard.attempt(user, address, at)
        except TooManyLoginsError:
            continue
        if is_right:
            guard.succeeded(user, address)
            judged = [one for one in judged if one[:2] != (user, address)]
        else:
            judged.append((user, address, at))
        recent = [one for one in judged if one[:2] == (user, address) and one[2] > at - WINDOW]
        assert len(recent) <= PER_USER_AND_ADDRESS
