"""Each rule finds its fault, and a server without faults passes them all."""

import ssl

import pytest

from utmlab.conformance import ALL_RULES, Verdict

# fault of the double -> rules that have to find it
FAULTS = {
    "http-1.0": ["1.1-http-1.1"],
    "close-always": ["1.1-keep-alive", "1.1-stays-open"],
    "closing-header": ["1.1-keep-alive", "1.1-stays-open"],
    "capabilities-500": ["1.3-capabilities"],
    "chunked": ["1.1-content-length"],
    "flags-201": ["1.1-exactly-200", "1.3-flags"],
    "compressed": ["1.1-identity"],
    "bad-cookie": ["1.2-cookies"],
    "garbage": ["1.1-http-1.1", "1.3-register"],
    "short-body": ["1.3-register"],
    "plain-register": ["1.3-register"],
    "no-password": ["1.3-register"],
    "slash-in-id": ["1.3-register"],
    "same-id": ["1.3-register-new-ids"],
    "any-token": ["1.3-register-unknown-token"],
    "no-second-registration": ["1.3-register-again"],
    "poll-403": ["1.2-basic", "1.3-command-poll"],
    "unknown-403": ["1.2-unknown-id"],
    "no-realm": ["1.2-unknown-id"],
    "realm-unquoted": ["1.2-unknown-id", "1.2-wrong-password"],
    "password-unchecked": ["1.2-wrong-password"],
    "flags-open": ["1.2-no-credentials"],
    "breaks-on-malformed": ["1.2-malformed-credentials"],
    "doctype-accepted": ["2-doctype-register", "2-doctype-statuses"],
    "wounded-by-doctype": ["2-doctype-register"],
    "commands-prefix": ["1.3-command-poll"],
    "command-prefix": ["1.3-command-poll"],
    "cut-commands": ["1.3-command-poll"],
    "no-command-id": ["1.9-command-fields"],
    "no-command-body": ["1.9-command-fields"],
    "same-command-id": ["1.9-command-ids"],
    "bad-times": ["2.2-command-times"],
    "bad-ttl": ["2.2-command-times"],
    "forgets-commands": ["1.9-unacknowledged-comes-back"],
    "assignment-prefix": ["2.2-assignment"],
    "policy-gone-after-ack": ["1.9-ack-before-fetch"],
    "policy-changes": ["1.9-ack-before-fetch"],
    "ack-ignored": ["1.3-acknowledge", "1.3-acknowledge-several", "1.3-acknowledge-by-get"],
    "ack-204": ["1.3-acknowledge", "1.1-exactly-200"],
    "one-id-only": ["1.3-acknowledge-several"],
    "no-get-ack": ["1.3-acknowledge-by-get"],
    "any-policy": ["1.3-policy-unknown"],
    "fragment-names": ["1.9-fragment-ids"],
    "mcs-action": ["7-no-mcs-action"],
    "policy-500": ["1.3-policy"],
    "policy-doctype": ["1.3-policy"],
    "two-comps": ["2.3-one-comp"],
    "comp-prefix": ["2.3-one-comp"],
    "empty-rev": ["2.3-rev-id"],
    "other-type": ["2.3-policy-types"],
    "alc-root": ["2.3-policy-types"],
    "mcs-type": ["2.3-mcs-policy"],
    "no-relays": ["2.3-message-relays"],
    "bad-server": ["2.3-servers"],
    "delay-text": ["2.3-polling-delay"],
    "delay-short": ["2.3-polling-delay"],
    "flags-twice": ["2.3-flags-interval"],
    "device-mismatch": ["6-device-id"],
    "push-in-full": ["6-push-server"],
    "token-text": ["1.3-authenticate"],
    "no-access-token": ["1.3-authenticate"],
    "no-tenant": ["1.3-device-and-tenant"],
    "expires-600": ["6-expires-in"],
    "device-changes": ["1.3-device-stays"],
    "flags-list": ["1.3-flags"],
    "flags-text": ["1.3-flags"],
    "version-2-500": ["1.3-response", "1.3-data-feed"],
    "any-bearer": ["1.2-bearer", "1.3-migrate-unknown-token", "1.7-push-bearer"],
    "statuses-202": ["2.4-statuses", "1.1-exactly-200"],
    "plain-only": ["2.4-double-escaped"],
    "same-refused": ["2.4-in-force"],
    "unknown-app-400": ["2.4-unknown-app"],
    "padded-only": ["2-unpadded-status", "2-unpadded-event"],
    "small-batches": ["2.5-events"],
    "events-once": ["2.5-events-again"],
    "any-endpoint": ["1.2-other-endpoint"],
    "unknown-500": ["1.3-unknown-call"],
    "unknown-ack-500": ["1.3-acknowledge-unknown"],
    "no-products": ["1.3-deployment-info"],
    "any-customer": ["1.3-deployment-unknown-token"],
    "push-html": ["1.7-push-stream"],
    "relay-port": ["2.3-message-relay-fields"],
}
# Found only in a whole run, since the calls of other rules show it.
NEEDS_WHOLE_RUN = {"1.1-exactly-200"}


@pytest.mark.parametrize(
    ("fault", "rule"), [(fault, rule) for fault, rules in FAULTS.items() for rule in rules]
)
async def test_a_fault_is_found_by_its_rule(check, fault, rule):
    report = await check(fault, only=() if rule in NEEDS_WHOLE_RUN else (rule,))
    finding = next(f for f in report.findings if f.rule_id == rule)
    assert finding.verdict is Verdict.FAIL
    assert finding.reason
    assert not report.conforms


def test_every_rule_has_a_fault_that_it_finds():
    found = {rule for rules in FAULTS.values() for rule in rules} | {"1.1-tls"}
    assert {rule.id for rule in ALL_RULES} == found


async def test_mcs_server_without_faults_conforms(check):
    report = await check("fragments", "cookie", "relay")
    assert [f.line() for f in report.findings if f.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize(
    ("faults", "rule"),
    [
        (["no-commands"], "1.9-ack-before-fetch"),
        (["no-commands"], "2.3-message-relays"),
        (["no-push"], "6-push-server"),
        (["no-push"], "1.7-push-stream"),
        (["no-deployment"], "1.3-deployment-info"),
        (["no-version-2"], "1.3-response"),
        (["no-version-2"], "1.2-bearer"),
        (["no-expiry"], "6-expires-in"),
        ([], "1.9-fragment-ids"),
        ([], "1.2-cookies"),
        (["plain-register"], "1.9-ack-before-fetch"),
        (["plain-register"], "1.1-content-length"),
    ],
)
async def test_no_occasion_is_neither_passed_nor_failed(check, faults, rule):
    finding = (await check(*faults, only=[rule])).findings[0]
    assert finding.verdict is Verdict.NOT_SEEN
    assert finding.reason


async def test_an_untrusted_certificate_is_a_finding(check):
    strangers = ssl.create_default_context()
    report = await check(only=["1.1-tls", "1.3-register"], context=strangers)
    assert [f.verdict for f in report.findings] == [Verdict.FAIL, Verdict.FAIL]
    assert "certificate is refused" in report.findings[0].reason
