"""Who may enrol, and as whom."""

import pytest

from foundation.protocol.reasons import Reason
from liveconnect.enrolment import (
    KnownEndpoint,
    TokenStanding,
    check_token,
    check_token_form,
    digest_of,
    is_same_endpoint,
    new_password,
    new_token,
    opens,
)
from liveconnect.refusals import RegistrationRefusedError

TOKEN = "AbCdEfGhIjK123456"


def standing(**changes):
    known = {
        "tenant": "t1",
        "token": TOKEN,
        "revoked": False,
        "utm_removed": False,
        "enabled": True,
    }
    return TokenStanding(**(known | changes))


def test_utm_05_a_token_has_17_letters_and_digits():
    token = new_token()
    assert len(token) == 17
    assert token.isalnum()
    assert token.isascii()
    check_token_form(token)


@pytest.mark.parametrize("token", ["", "short", TOKEN + "7", TOKEN[:-1] + "-", TOKEN[:-1] + "é"])
def test_a_malformed_token_is_told_apart(token):
    with pytest.raises(RegistrationRefusedError) as caught:
        check_token_form(token)
    assert caught.value.reason is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (None, Reason.TOKEN_UNKNOWN),
        (standing(token=TOKEN.swapcase()), Reason.TOKEN_WRONG_CASE),
        (standing(revoked=True), Reason.TOKEN_REVOKED),
        (standing(utm_removed=True), Reason.UTM_REMOVED),
        (standing(enabled=False), Reason.ENDPOINT_PROTECTION_OFF),
    ],
)
def test_each_token_that_opens_nothing_has_its_own_reason(known, reason):
    with pytest.raises(RegistrationRefusedError) as caught:
        check_token(TOKEN, known)
    assert caught.value.reason is reason
    assert caught.value.code == reason.value


def test_a_good_token_opens_its_utm():
    assert check_token(TOKEN, standing()) == "t1"


def test_a_password_has_256_bits_and_only_itself_opens():
    password = new_password()
    digest = digest_of(password.reveal())
    assert len(bytes.fromhex(password.reveal())) == 32
    assert opens(password.reveal(), digest)
    assert not opens(password.reveal()[:-1], digest)
    assert password.reveal() not in repr(password)


def known(**changes):
    return KnownEndpoint(
        **({"tenant": "t1", "password_digest": digest_of("pw"), "removed": False} | changes)
    )


def test_the_old_password_makes_it_the_same_endpoint():
    assert is_same_endpoint("t1", "pw", known())


@pytest.mark.parametrize(
    ("tenant", "password", "found"),
    [("t1", "other", known()), ("t2", "pw", known()), ("t1", "pw", None)],
)
def test_anybody_else_is_a_new_endpoint(tenant, password, found):
    assert not is_same_endpoint(tenant, password, found)


def test_a_removed_endpoint_may_not_come_back():
    with pytest.raises(RegistrationRefusedError) as caught:
        is_same_endpoint("t1", "pw", known(removed=True))
    assert caught.value.reason is Reason.ENDPOINT_REMOVED
