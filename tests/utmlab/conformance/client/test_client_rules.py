"""Each rule finds its fault, and a client without faults passes them all."""

import importlib.util
from pathlib import Path

import pytest

from utmlab.conformance import Verdict
from utmlab.conformance.client.check import CLIENT_RULES
from utmlab.conformance.client.faults import FAULTS as ANSWERS
from utmlab.conformance.client.faults import REGISTER


def _double():
    spec = importlib.util.spec_from_file_location("double", Path(__file__).with_name("double.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ClientDouble


ClientDouble = _double()
TOKEN = "WatchedToken17aaa"
QUIET = "policy"

# fault of the double -> the scene that shows it, and the rules that have to find it
FAULTS = {
    "http-1.0": (QUIET, ["1.1-http-1.1"]),
    "no-length": (QUIET, ["1.1-content-length-on-get"]),
    "parallel": ("slow-answer", ["1.1-serial"]),
    "reconnects": ("failures", ["1.1-one-connection", "1.6-connection-kept"]),
    "gzip": (QUIET, ["1.1-identity"]),
    "agent": (QUIET, ["1.2-user-agent"]),
    "wrong-password": (QUIET, ["1.2-basic"]),
    "no-cookies": (QUIET, ["1.2-cookies"]),
    "poison": ("failures", ["1.2-cookies-of-errors"]),
    "stray": (QUIET, ["1.3-known-calls"]),
    "base-auth": (QUIET, ["1.3-capabilities"]),
    "register-id": (QUIET, ["1.3-register"]),
    "plain-register": (QUIET, ["2.1-computer-status"]),
    "no-mcs-app": (QUIET, ["1.3-command-poll"]),
    "hasty": (QUIET, ["1.5-poll-interval"]),
    "no-ack": (QUIET, ["1.9-acknowledge"]),
    "fetch-first": (QUIET, ["1.9-ack-before-fetch"]),
    "no-status": (QUIET, ["2.4-in-force"]),
    "status-root": (QUIET, ["2.4-statuses"]),
    "event-root": (QUIET, ["2.5-events"]),
    "no-flags": (QUIET, ["1.3-flags"]),
    "no-auth": (QUIET, ["1.3-authenticate"]),
    "auth-body": (QUIET, ["1.3-authenticate"]),
    "ignores-device": ("access-tokens", ["1.3-other-device"]),
    "ignores-expiry": ("access-tokens", ["1.3-near-expiry"]),
    "auth-always": ("access-tokens", ["1.3-not-every-poll"]),
    "unknown-unacked": ("commands", ["1.9-unknown-app"]),
    "sorted-by-seq": ("commands", ["1.9-document-order"]),
    "dedups": ("commands", ["1.9-duplicate"]),
    "lenient": ("incomplete", ["1.9-incomplete"]),
    "gives-up": ("policy-failure", ["1.9-policy-retried"]),
    "one-fragment": ("fragments", ["2.2-fragments"]),
    "as-listed": ("fragments", ["2.2-fragment-order"]),
    "takes-any": ("bad-policy", ["2.3-no-rev-id"]),
    "no-back-off": ("failures", [f"1.6-{fault.name}" for fault in ANSWERS]),
    "never-grows": ("failures-in-a-row", ["1.5-back-off-grows"]),
    "never-resets": ("failures-in-a-row", ["1.5-back-off-resets"]),
    "chatty": ("failures", ["1.5-quiet-back-off"]),
    "keeps-cookies": ("failures", ["1.2-cookies-cleared"]),
    "forgets-cookies": ("failures", ["1.2-cookies-kept"]),
    "keeps-connection": ("failures", ["1.6-connection-closed"]),
    "registers-always": ("failures", ["1.6-never-registers"]),
    "never-registers": ("registration", ["1.6-registers"]),
    "forgets-identity": ("registration", ["1.2-old-identity"]),
    "cookie-on-register": ("registration", ["1.2-no-cookie-on-register"]),
    "old-password": ("registration", ["1.6-new-identity"]),
    "no-statuses-again": ("registration", ["1.6-statuses-again"]),
    "strict-xml": ("unreadable", ["2.2-empty-body", "2.2-not-xml"]),
    "entities": ("unreadable", ["2-doctype"]),
    "no-tenant": ("push", ["1.2-bearer"]),
    "push-accept": ("push", ["1.7-push-headers"]),
    "deaf": ("push", ["1.7-wake-up", "1.7-pushed-command", "1.7-clone-challenge"]),
    "no-dedup-id": ("push", ["1.7-clone-challenge"]),
    "slow-drop": ("push", ["1.7-dropped"]),
    "no-reconnect": ("push", ["1.7-reconnects"]),
}
LATE_REGISTER = f"1.6-{REGISTER.name}"


@pytest.fixture
def check(watched, client_context):
    """Return a function that watches a double with the given faults."""

    def run(*faults, **options):
        async def client(url, clock):
            await ClientDouble(url, client_context, clock, TOKEN, *faults).run()

        return watched(client, **options)

    return run


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_rules(check, fault):
    scene, rules = FAULTS[fault]
    report = check(fault, scenes=(scene,), only=rules)
    assert {f.rule_id: f.verdict for f in report.findings} == dict.fromkeys(rules, Verdict.FAIL)
    assert all(finding.reason for finding in report.findings)


def test_a_registration_without_back_off_is_found(check):
    report = check("no-back-off", scenes=("registration",), only=[LATE_REGISTER])
    assert report.findings[0].verdict is Verdict.FAIL


def test_every_rule_has_a_fault_that_it_finds():
    found = {rule for _, rules in FAULTS.values() for rule in rules} | {LATE_REGISTER}
    assert {rule.id for rule in CLIENT_RULES} == found


def test_a_client_without_faults_conforms(check):
    report = check()
    bad = [f.line() for f in report.findings if f.verdict is not Verdict.PASS]
    assert bad == ["NOT SEEN 2.5-events: no events"]


def test_a_client_that_does_not_come_proves_nothing(watched):
    async def nobody(_url, _clock):
        pass

    report = watched(nobody)
    assert {finding.verdict for finding in report.findings} == {Verdict.NOT_SEEN}
    assert "no command poll within 300 s" in report.findings[0].reason
