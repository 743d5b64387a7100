"""Access tokens: ours, in time, unchanged."""

import stat

import jwt
import pytest

from foundation.protocol.reasons import Reason
from foundation.redact import Secret
from liveconnect.access_token import AccessTokens, Bearer
from liveconnect.refusals import CredentialsRefusedError

BEARER = Bearer(endpoint_id="e1", device_id="d1", tenant_id="t1")


def test_a_token_speaks_for_whom_it_was_issued(clock, tmp_path):
    tokens = AccessTokens.load(tmp_path / "jwt.key", now=clock)
    assert tokens.read(tokens.issue(BEARER)) == BEARER
    assert AccessTokens.load(tmp_path / "jwt.key", now=clock).read(tokens.issue(BEARER)) == BEARER
    assert stat.S_IMODE((tmp_path / "jwt.key").stat().st_mode) == 0o600


def test_a_token_is_stale_by_the_injected_clock(clock):
    tokens = AccessTokens(Secret("k" * 64), now=clock)
    token = tokens.issue(BEARER)
    clock.advance(86_399)
    assert tokens.read(token) == BEARER
    clock.advance(1)
    with pytest.raises(CredentialsRefusedError) as caught:
        tokens.read(token)
    assert caught.value.reason is Reason.JWT_STALE
    clock.advance(-3600)
    with pytest.raises(CredentialsRefusedError):
        tokens.read(token)
    assert not caught.value.register


@pytest.mark.parametrize("kind", ["garbage", "other key", "none", "no exp"])
def test_a_token_of_somebody_else_is_invalid(clock, kind):
    claims = {"sub": "e1", "device_id": "d1", "tenant_id": "t1", "exp": 9_999_999_999}
    token = {
        "garbage": "a.b.c",
        "other key": jwt.encode(claims, "x" * 64, algorithm="HS256"),
        "none": jwt.encode(claims, "", algorithm="none"),
        "no exp": jwt.encode({"sub": "e1"}, "k" * 64, algorithm="HS256"),
    }[kind]
    with pytest.raises(CredentialsRefusedError) as caught:
        AccessTokens(Secret("k" * 64), now=clock).read(token)
    assert caught.value.reason is Reason.JWT_INVALID


def test_after_a_clock_that_was_ahead_is_set_right_new_tokens_are_good(clock):
    tokens = AccessTokens(Secret("k" * 64), now=clock)
    clock.advance(400 * 86_400)
    tokens.read(tokens.issue(BEARER))
    clock.advance(-400 * 86_400)
    assert tokens.read(tokens.issue(BEARER)) == BEARER
