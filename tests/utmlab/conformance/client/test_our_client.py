"""Our own MCS Client keeps every rule, none expected to fail."""

from utmlab.conformance import Verdict


def test_our_own_client_passes_with_no_expected_failure(watched, our_client):
    report = watched(our_client)
    failed = [f.line() for f in report.findings if f.verdict is Verdict.FAIL]
    assert failed == [], "\n".join(failed)
    unseen = {f.rule_id for f in report.findings if f.verdict is Verdict.NOT_SEEN}
    assert unseen == {"2.5-events"}, report.text()
