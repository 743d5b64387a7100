"""Credentials in headers, and the answer to a registration."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.authorization import (
    AuthorizationMalformedError,
    EndpointCredentials,
    RegistrationAnswerMalformedError,
    RegistrationCredentials,
    decode_basic,
    decode_bearer,
    decode_registration,
    decode_registration_answer,
    encode_basic,
    encode_bearer,
    encode_registration_answer,
)
from foundation.redact import Secret

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":"))
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(Secret)


@given(WORDS.filter(bool), PASSWORDS)
def test_endpoint_credentials_round_trip(endpoint_id, password):
    credentials = EndpointCredentials(endpoint_id, password)
    assert decode_basic(encode_basic(credentials)) == credentials
    assert decode_registration_answer(encode_registration_answer(credentials)) == credentials


@given(WORDS, PASSWORDS, WORDS)
def test_registration_credentials_round_trip(endpoint_id, password, token):
    credentials = RegistrationCredentials(endpoint_id, password, token)
    assert decode_registration(encode_basic(credentials)) == credentials


def test_the_colons_of_a_password_are_its_own():
    credentials = RegistrationCredentials("E", Secret("a:b:"), "TOKEN")
    assert decode_registration(encode_basic(credentials)) == credentials


def test_the_documented_headers():
    identity = EndpointCredentials("EID-0001", Secret("pass-0001"))
    assert encode_basic(identity) == "Basic RUlELTAwMDE6cGFzcy0wMDAx"
    first = encode_basic(RegistrationCredentials("", Secret(""), "TOKEN"))
    assert base64.b64decode(first.split()[1]) == b"::TOKEN"


def test_bearer_tokens_round_trip():
    assert encode_bearer("a.b.c") == "Bearer a.b.c"
    assert decode_bearer("Bearer a.b.c") == "a.b.c"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5"])
def test_what_is_no_bearer_token_is_refused(header):
    with pytest.raises(AuthorizationMalformedError):
        decode_bearer(header)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Bearer eDp5", "Basic " + base64.b64encode(b"\xff:x").decode()],
)
def test_what_is_no_basic_header_is_refused(header):
    with pytest.raises(AuthorizationMalformedError):
        decode_basic(header)
    with pytest.raises(AuthorizationMalformedError):
        decode_registration(header)


@pytest.mark.parametrize("text", [b"no colon", b":password"])
def test_credentials_without_an_id_are_refused(text):
    with pytest.raises(AuthorizationMalformedError):
        decode_basic("Basic " + base64.b64encode(text).decode())


def test_a_registration_without_a_token_part_is_refused():
    with pytest.raises(AuthorizationMalformedError):
        decode_registration("Basic " + base64.b64encode(b"id:password").decode())


def test_the_answer_may_end_in_a_newline():
    answer = decode_registration_answer(base64.b64encode(b"E:p:q") + b"\n")
    assert answer == EndpointCredentials("E", Secret("p:q"))


@pytest.mark.parametrize("body", [b"", b"<html>", base64.b64encode(b"id"), b"//8="])
def test_an_answer_without_identity_is_refused(body):
    with pytest.raises(RegistrationAnswerMalformedError):
        decode_registration_answer(body)


def test_no_representation_shows_a_secret():
    shown = repr(RegistrationCredentials("E", Secret("pass"), "TOKEN")) + repr(
        EndpointCredentials("E", Secret("pass"))
    )
    assert "pass'" not in shown
    assert "TOKEN" not in shown
