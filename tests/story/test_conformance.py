"""Our LiveConnect passes the conformance suite, which was written from the protocol alone."""

import random

from foundation.net.tls import client_context
from utmlab.conformance import Target, Verdict, check_server


async def test_our_liveconnect_conforms(office):
    url = (await office.call("utm", "status"))["mcs_url"]
    target = Target(
        url=url,
        token=(await office.call("utm", "token"))["token"],
        context=client_context(ca=office.liveconnect_ca, now=office.now),
        interval_s=0.2,
    )
    report = await check_server(target, now=office.now, rng=random.Random(1))

    failed = [finding for finding in report.findings if finding.verdict is Verdict.FAIL]
    assert not failed, report.text()
    assert sum(finding.verdict is Verdict.PASS for finding in report.findings) >= 50
