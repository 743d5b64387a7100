"""Tokens of warnings and the memory of who went on."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule
from web_policies import NOON

from foundation.webfilter.proceed import ProceedMemory, ProceedRefusedError


class Clock:
    def __init__(self):
        self.moment = NOON

    def __call__(self):
        return self.moment


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory(clock):
    return ProceedMemory(now=clock, timeout_s=lambda: 1800)


SITE = {"computer": "127.77.0.1", "user": "ann", "host": "social.example"}


def test_a_token_leads_back_to_its_url_once(memory):
    token = memory.issue(**SITE, url="http://social.example/a")

    assert memory.redeem(token, **SITE) == "http://social.example/a"
    with pytest.raises(ProceedRefusedError):
        memory.redeem(token, **SITE)


def test_peeking_uses_nothing_up(memory):
    token = memory.issue(**SITE, url="http://social.example/a")
    memory.peek(token, **SITE)

    assert not memory.is_remembered(**SITE)
    assert memory.redeem(token, **SITE)


@pytest.mark.parametrize(
    "other", [{"computer": "127.77.0.2"}, {"user": "bob"}, {"host": "evil.example"}]
)
def test_a_token_is_bound_to_computer_user_and_host(memory, other):
    token = memory.issue(**SITE, url="http://social.example/")

    with pytest.raises(ProceedRefusedError):
        memory.redeem(token, **{**SITE, **other})
    assert not memory.is_remembered(**{**SITE, **other})


def test_an_old_token_expires(memory, clock):
    token = memory.issue(**SITE, url="http://social.example/")
    clock.moment += timedelta(hours=1)

    with pytest.raises(ProceedRefusedError):
        memory.redeem(token, **SITE)


def test_going_on_is_forgotten_after_the_timeout_and_stays_so(memory, clock):
    memory.redeem(memory.issue(**SITE, url="u"), **SITE)
    clock.moment += timedelta(seconds=1799)
    assert memory.is_remembered(**SITE)
    clock.moment += timedelta(seconds=1)
    assert not memory.is_remembered(**SITE)
    clock.moment -= timedelta(days=1)
    assert not memory.is_remembered(**SITE)


def test_a_clock_that_is_set_back_does_not_lengthen_anything(memory, clock):
    memory.redeem(memory.issue(**SITE, url="u"), **SITE)
    token = memory.issue(**SITE, url="u")
    clock.moment += timedelta(hours=2)
    memory.is_remembered(computer="", user="somebody", host="else")
    memory.issue(computer="", user="somebody", host="else", url="u")
    clock.moment = NOON

    assert not memory.is_remembered(**SITE)
    with pytest.raises(ProceedRefusedError):
        memory.peek(token, **SITE)


def test_the_token_source_is_injected_and_old_tokens_make_room():
    numbers = iter(range(20_000))
    memory = ProceedMemory(
        now=lambda: NOON, timeout_s=lambda: 60, token_source=lambda: f"t{next(numbers)}"
    )
    for _ in range(10_001):
        memory.issue(**SITE, url="u")

    assert memory.peek("t10000", **SITE) == "u"
    with pytest.raises(ProceedRefusedError):
        memory.peek("t0", **SITE)


class ProceedMachine(RuleBasedStateMachine):
    """Nobody is remembered where nobody went on within the timeout."""

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.memory = ProceedMemory(now=self.clock, timeout_s=lambda: 100)
        self.good = {}
        self.clicks = {}

    @rule(target=tokens, user=st.sampled_from("ab"), host=st.sampled_from("xy"))
    def warn(self, user, host):
        token = self.memory.issue(computer="", user=user, host=host, url=f"http://{host}/")
        self.good[token] = (user, host, self.clock.moment)
        return token

    @rule(token=tokens, user=st.sampled_from("ab"), host=st.sampled_from("xy"))
    def click(self, token, user, host):
        issued = self.good.get(token)
        try:
            self.memory.redeem(token, computer="", user=user, host=host)
        except ProceedRefusedError:
            assert issued is None or issued[:2] != (user, host) or self._age(issued[2]) >= 3600
            return
        assert issued is not None
        assert issued[:2] == (user, host)
        del self.good[token]
        self.clicks[user, host] = self.clock.moment

    @rule(seconds=st.sampled_from([1, 99, 100, 3600]))
    def wait(self, seconds):
        self.clock.moment += timedelta(seconds=seconds)

    @rule(user=st.sampled_from("ab"), host=st.sampled_from("xy"))
    def ask(self, user, host):
        since = self.clicks.get((user, host))
        expected = since is not None and self._age(since) < 100
        assert self.memory.is_remembered(computer="", user=user, host=host) is expected

    def _age(self, moment):
        return (self.clock.moment - moment).total_seconds()


TestProceedMachine = ProceedMachine.TestCase
