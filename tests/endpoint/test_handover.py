import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from endpoint.handover import Handover, status_digest
from endpoint.host import HostFolder, PathOutsideHostError
from foundation.durable.doorbell import EventDoorbell
from foundation.protocol.events import Event

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Bell(EventDoorbell):
    def __init__(self) -> None:
        super().__init__()
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1
        super().ring()


def make(root: Path) -> Handover:
    return Handover(HostFolder(root), persist_bell=Bell(), spool_bell=Bell())


@pytest.fixture
def handover(tmp_path):
    return make(tmp_path)


def event(id_: str, minutes: int = 0) -> Event:
    return Event("SWC", AT + timedelta(minutes=minutes), 10_000.0, f"<{id_}/>", 0, id_)


def test_a_policy_waits_in_persist_until_it_is_replaced(handover, tmp_path):
    path = handover.store_policy("SWC", 190, b"one")
    assert path.name == "SWC-190_policy.xml"
    assert make(tmp_path).policies() == {path.name: hashlib.sha256(b"one").hexdigest()}
    handover.store_policy("SWC", 190, b"two")
    assert handover.policy(path.name) == b"two"
    assert handover.persist_bell.rings == 2


def test_a_policy_without_compliance_has_no_type_in_its_name(handover):
    assert handover.store_policy("CORE", None, b"x").name == "CORE_policy.xml"


def test_the_identity_is_no_policy(handover, tmp_path):
    handover.store_policy("SWC", 190, b"one")
    (HostFolder(tmp_path).persist / "EndpointIdentity.txt").write_text("EID")
    assert list(handover.policies()) == ["SWC-190_policy.xml"]


@pytest.mark.parametrize("app_id", ["../evil", "a/b", "", "a b", "a\0", "x" * 65])
def test_an_app_id_that_is_no_name_is_refused(handover, app_id):
    with pytest.raises(PathOutsideHostError):
        handover.store_policy(app_id, 1, b"x")


def test_mcs_06_actions_wait_in_order_for_an_agent_that_is_stopped(handover, tmp_path):
    for number in range(12):
        handover.store_action(f"id-{number}", "SAV", f"<{number}/>", expires_at=AT)
    waiting = make(tmp_path).actions()
    assert [action.command_id for action in waiting] == [f"id-{n}" for n in range(12)]
    assert waiting[3].body == "<3/>"
    assert waiting[3].expires_at == AT


def test_an_action_is_handed_over_once_for_ever(handover, tmp_path):
    handover.store_action("a", "SAV", "<x/>")
    handover.store_action("a", "SAV", "<x/>")
    assert len(handover.actions()) == 1
    handover.action_done("a")
    make(tmp_path).store_action("a", "SAV", "<x/>")
    assert handover.actions() == ()


def test_ids_that_only_differ_in_odd_characters_are_different(handover):
    ids = ["a-b", "a%2Db", "a/b", "..", ".", "A-B", "é", "a" * 300, "a" * 301]
    for id_ in ids:
        handover.store_action(id_, "SAV", id_)
    assert [action.body for action in handover.actions()] == ids
    handover.action_done("b")  # the end of another id's name
    assert len(handover.actions()) == len(ids)


def test_a_newer_status_replaces_the_older_one_of_its_app(handover):
    handover.put_status("SWC", "one", AT)
    handover.put_status("ALC", "other", AT)
    handover.put_status("SWC", "two", AT - timedelta(days=1))  # the wall clock was set back
    assert [(s.app_id, s.body) for s in handover.statuses()] == [("ALC", "other"), ("SWC", "two")]


def test_a_status_that_came_meanwhile_is_not_removed_with_the_one_sent(handover):
    sent = handover.put_status("SWC", "one", AT)
    handover.put_status("SWC", "two", AT)
    handover.status_sent("SWC", sent)
    assert [status.body for status in handover.statuses()] == ["two"]


def test_mcs_09_a_status_goes_when_it_was_sent(handover):
    handover.status_sent("SWC", handover.put_status("SWC", "one", AT))
    assert handover.statuses() == ()


def test_times_do_not_make_another_status():
    one = '<s timestamp="1" creationTime="x"><creationTime>1</creationTime>a</s>'
    two = '<s timestamp="2" creationTime="y"><creationTime>2</creationTime>a</s>'
    assert status_digest(one) == status_digest(two)
    assert status_digest(one) != status_digest(one.replace(">a<", ">b<"))
    assert status_digest('&lt;m timestamp="1"/&gt;a') == status_digest('&lt;m timestamp="2"/&gt;a')


def test_events_come_oldest_first_and_go_when_sent(handover, tmp_path):
    for id_, minutes in (("late", 5), ("early", 0), ("middle", 3)):
        handover.put_event(id_, event(id_, minutes))
    assert [e.id for e in make(tmp_path).events()] == ["early", "middle", "late"]
    assert handover.events()[0] == event("early")
    handover.events_sent(["early", "late"])
    assert [e.id for e in handover.events()] == ["middle"]
    assert len(handover.waiting_events()) == 1


def test_an_event_is_sent_once_for_ever(handover, tmp_path):
    handover.put_event("a", event("a"))
    handover.put_event("a", event("a"))
    assert len(handover.events()) == 1
    handover.events_sent(["a"])
    make(tmp_path).put_event("a", event("a"))
    assert handover.events() == ()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_event_is_set_aside_and_the_others_go_on(handover, tmp_path, damage):
    handover.put_event("a", event("a"))
    handover.put_event("b", event("b"))
    path = HostFolder(tmp_path).event_spool / "a.json"
    path.write_bytes(damage)
    assert [e.id for e in handover.events()] == ["b"]
    assert path.with_suffix(".damaged").exists()


class HandedOverOnce(RuleBasedStateMachine):
    """Client and agent restart at will; each action and event passes exactly once."""

    ids = st.sampled_from(["1", "2", "{a-b}", "ü"])

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.client = self.agent = make(Path(self.folder.name))
        self.actions: dict[str, int] = {}
        self.events: dict[str, int] = {}

    @rule()
    def client_restarts(self):
        self.client = make(Path(self.folder.name))

    @rule()
    def agent_restarts(self):
        self.agent = make(Path(self.folder.name))

    @rule(id_=ids)
    def client_stores_an_action(self, id_):
        self.client.store_action(id_, "SAV", "x")
        self.actions.setdefault(id_, 0)

    @rule()
    def agent_runs_actions(self):
        for action in self.agent.actions():
            self.actions[action.command_id] += 1
            self.agent.action_done(action.command_id)

    @rule(id_=ids)
    def agent_puts_an_event(self, id_):
        self.agent.put_event(id_, event(id_))
        self.events.setdefault(id_, 0)

    @rule()
    def client_sends_events(self):
        ids = [e.id for e in self.client.events()]
        for id_ in ids:
            self.events[id_] += 1
        self.client.events_sent(ids)

    @invariant()
    def nothing_twice_and_nothing_lost(self):
        assert set(self.actions.values()) <= {0, 1}
        assert set(self.events.values()) <= {0, 1}
        waiting = {id_ for id_, count in self.actions.items() if count == 0}
        assert {action.command_id for action in self.agent.actions()} == waiting
        unsent = {id_ for id_, count in self.events.items() if count == 0}
        assert {e.id for e in self.client.events()} == unsent

    def teardown(self):
        self.folder.cleanup()


HandedOverOnce.TestCase.settings = settings(max_examples=25, stateful_step_count=25)
TestHandedOverOnce = HandedOverOnce.TestCase


def test_policies_are_readable_by_their_owner_only(handover):
    path = handover.store_policy("MCS", 25, b"<policy/>")
    assert path.stat().st_mode & 0o777 == 0o600


def test_actions_of_another_identity_are_forgotten_with_what_was_done(handover):
    handover.store_action("1", "SAV", "<a/>")
    handover.action_done("1")
    handover.store_action("2", "SAV", "<b/>")

    handover.forget_actions()
    assert handover.actions() == ()
    handover.store_action("1", "SAV", "<c/>")
    assert [action.body for action in handover.actions()] == ["<c/>"]
