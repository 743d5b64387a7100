"""JSON answers of MCS."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.answers import (
    AnswerMalformedError,
    AuthenticateAnswer,
    decode_authenticate_answer,
    decode_flags,
    encode_flags,
)

ANSWERS = st.builds(
    AuthenticateAnswer,
    access_token=st.text(min_size=1),
    expires_in=st.integers(0),
    role=st.text(),
    device_id=st.text(),
    tenant_id=st.text(),
)


@given(ANSWERS)
def test_answers_round_trip(answer):
    assert decode_authenticate_answer(answer.encode()) == answer


@given(st.dictionaries(st.text(), st.booleans()))
def test_flags_round_trip(flags):
    assert decode_flags(encode_flags(flags)) == flags


def test_the_answer_has_the_documented_members():
    answer = AuthenticateAnswer(access_token="t", device_id="d", tenant_id="n")
    assert json.loads(answer.encode()) == {
        "access_token": "t",
        "token_type": "Bearer",
        "expires_in": 86400,
        "role": "endpoint",
        "device_id": "d",
        "tenant_id": "n",
    }


def test_without_an_expiry_a_day_is_assumed():
    answer = decode_authenticate_answer(b'{"access_token":"t"}')
    assert (answer.expires_in, answer.device_id, answer.tenant_id) == (86_400, "", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b'{"access_token":1}',
        b'{"access_token":"t","expires_in":"x"}',
        b'{"access_token":"t","expires_in":true}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(AnswerMalformedError):
        decode_authenticate_answer(body)


def test_flags_that_are_no_truth_are_left_out():
    assert decode_flags(b'{"a":true,"b":1,"c":"true"}') == {"a": True}
    with pytest.raises(AnswerMalformedError):
        decode_flags(b"[]")


def test_no_representation_shows_the_token():
    assert "TOKEN" not in repr(AuthenticateAnswer(access_token="TOKEN"))
