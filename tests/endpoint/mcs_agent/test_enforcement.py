import pytest

from endpoint.mcs_agent.adapters import ADAPTERS
from endpoint.mcs_agent.enforcement import Enforcement, record_file
from endpoint.products import WEB_CONTROL, InstalledProducts
from foundation.checkpoints import NO_CHECKPOINTS
from foundation.protocol.names import POLICY_TYPES
from foundation.protocol.statuses import decode_adapter_status


class Points:
    """Ends the work at a named point, as a killed process would."""

    def __init__(self, name):
        self.name = name

    def reach(self, name):
        if name == self.name:
            raise KeyboardInterrupt


@pytest.fixture
def make(host, handover, log, clock):
    def build(checkpoints=NO_CHECKPOINTS):
        return Enforcement(
            host,
            handover=handover,
            adapters=ADAPTERS,
            log=log,
            now=clock,
            checkpoints=checkpoints,
        )

    return build


@pytest.fixture
def give(handover, documents):
    def store(app, body=None, policy_type=None):
        type_ = policy_type or POLICY_TYPES.get(app)
        return handover.store_policy(app, type_, documents[app][1] if body is None else body)

    return store


def work(enforcement):
    applied = [enforcement.deal_with(name) for name in enforcement.changed_files()]
    enforcement.store_statuses()
    return [app for app in applied if app]


def status(handover, app):
    stored = next(each for each in handover.statuses() if each.app_id == app)
    return decode_adapter_status(app, stored.body)


def test_mcs_06_policies_in_persist_are_applied_without_a_client(make, give, host, documents):
    for app in documents:
        give(app)
    assert sorted(work(make())) == sorted(documents)
    assert host.web_control_policy.read_bytes() == documents["SWC"][1]


def test_mcs_07_an_applied_policy_is_reported_same_with_its_revision(
    make, give, handover, documents
):
    give("SAV")
    work(make())
    reported = status(handover, "SAV")
    assert (reported.res, reported.rev_id) == ("Same", documents["SAV"][0])
    assert reported.details["product_version"] == "10.8.4"


def test_mcs_06_nothing_is_applied_twice_over_a_restart(make, give, handover):
    give("SWC")
    work(make())
    sent = handover.statuses()[0]
    handover.status_sent(sent.app_id, sent.digest)
    again = make()
    assert work(again) == []
    assert again.memory.apps["SWC"].applications == 1
    assert handover.statuses() == ()


def test_a_refused_policy_leaves_the_last_good_one_in_force(make, give, host, handover, documents):
    give("SWC")
    enforcement = make()
    work(enforcement)
    good = documents["SWC"]
    give("SWC", body=good[1][:-40])
    assert work(enforcement) == []
    reported = status(handover, "SWC")
    assert (reported.res, reported.rev_id) == ("Diff", good[0])
    assert reported.details["reason"] == "policy_truncated"
    assert host.web_control_policy.read_bytes() == good[1]


def test_a_first_policy_that_is_refused_is_reported_noref(make, give, handover):
    give("SWC", body=b"<policy")
    work(make())
    reported = status(handover, "SWC")
    assert (reported.res, reported.rev_id) == ("NoRef", "")


def test_the_same_policy_after_a_refused_one_is_not_a_second_application(make, give):
    give("SWC")
    enforcement = make()
    work(enforcement)
    give("SWC", body=b"<policy")
    work(enforcement)
    give("SWC")
    assert work(enforcement) == []
    state = enforcement.memory.apps["SWC"]
    assert (state.res, state.applications) == ("Same", 1)


def test_a_policy_stored_without_type_for_lack_of_a_revision_is_refused(
    make, give, handover, documents
):
    give("SWC")
    enforcement = make()
    work(enforcement)
    rev_id, body = documents["SWC"]
    handover.store_policy("SWC", None, body.replace(rev_id.encode(), b""))
    work(enforcement)
    assert status(handover, "SWC").details["reason"] == "revision_missing"


def test_a_good_policy_after_a_refused_one_clears_the_refusal(
    make, give, handover, other_web_policy
):
    give("SWC", body=b"<policy")
    enforcement = make()
    work(enforcement)
    give("SWC", body=other_web_policy[1])
    work(enforcement)
    reported = status(handover, "SWC")
    assert (reported.res, reported.rev_id) == ("Same", other_web_policy[0])
    assert "reason" not in reported.details


def test_mcs_08_an_unknown_app_is_reported_and_does_not_stop_the_others(make, give, handover, host):
    handover.store_policy("NTP", 24, b"<policy/>")
    give("SAV")
    assert work(make()) == ["SAV"]
    reported = status(handover, "NTP")
    assert (reported.res, reported.details["reason"]) == ("NoRef", "app_unknown")
    assert "No adapter for NTP" in host.agent_log.read_text()


def test_a_policy_waits_until_its_product_is_installed(make, give, host, handover):
    products = InstalledProducts(host)
    products.remove([WEB_CONTROL])
    give("SWC")
    enforcement = make()
    assert work(enforcement) == []
    assert handover.statuses() == ()
    products.install(WEB_CONTROL, "10.8.4")
    assert work(enforcement) == ["SWC"]


@pytest.mark.parametrize(
    "point", ["agent.before_apply", "agent.after_apply", "agent.after_status_stored"]
)
def test_killed_at_a_point_the_next_start_makes_good_the_rest_once(
    point, make, give, handover, documents
):
    give("SWC")
    killed = make(Points(point))
    with pytest.raises(KeyboardInterrupt):
        work(killed)
    after = make()
    work(after)
    assert after.memory.apps["SWC"].applications == 1
    assert len(handover.statuses()) == 1
    assert status(handover, "SWC").rev_id == documents["SWC"][0]


def test_a_damaged_record_applies_what_lies_in_persist_once_more(make, give, host):
    give("SWC")
    work(make())
    record_file(host).write_text("{")
    after = make()
    work(after)
    assert after.memory.apps["SWC"].res == "Same"


def test_a_new_product_version_is_reported_without_a_policy_change(make, give, host, handover):
    give("SAV")
    enforcement = make()
    work(enforcement)
    InstalledProducts(host).install("Sophos Anti-Virus", "10.9.0")
    enforcement.store_statuses()
    assert status(handover, "SAV").details["product_version"] == "10.9.0"
