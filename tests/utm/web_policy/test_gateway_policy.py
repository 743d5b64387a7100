"""What the gateway's own policy is made of."""

from foundation.categories.demo import demo_categories
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utm.web_policy import compile_gateway, compile_group

from .conftest import NOON


def host(lab, name, address):
    return lab.create("network", "host", name=name, address=address)


def gateway(lab, group=""):
    return compile_gateway(lab.appliance.snapshot, group)


def verdict(lab, url, client_ip):
    request = WebRequest(url, "GET", NOON, client_ip=client_ip)
    return evaluate(gateway(lab), request, demo_categories())


def test_the_first_profile_with_the_source_address_decides(lab):
    desk, floor = host(lab, "desk", "10.0.0.7"), host(lab, "floor", "10.0.0.8")
    first = lab.profile("First", lab.action("First action"), networks=[desk])
    second = lab.profile("Second", lab.action("Second action"), networks=[desk, floor])
    order = ("http.profiles", [first, second, "REF_DefaultHTTPProfile"])
    lab.set_node(*order)
    deciding = [
        verdict(lab, "http://a.example/", address).profile_ref
        for address in ("10.0.0.7", "10.0.0.8", "10.0.0.9")
    ]
    assert deciding == [first, second, "REF_DefaultHTTPProfile"]


def test_a_profile_without_networks_matches_nobody_at_the_gateway(lab):
    lab.profile("For endpoints", lab.action("Theirs"), lab.default)
    assert [one.ref for one in gateway(lab).profiles] == ["REF_DefaultHTTPProfile"]


def test_a_profile_that_is_off_is_left_out(lab):
    lab.profile("Off", lab.action("Its"), networks=[host(lab, "a", "10.0.0.7")], status=False)
    assert [one.ref for one in gateway(lab).profiles] == ["REF_DefaultHTTPProfile"]


def test_web_05_an_exception_of_endpoint_groups_is_for_their_computers(lab):
    ref = lab.create(
        "http",
        "exception",
        name="Sales",
        status=True,
        endpoints_groups=[lab.sales],
        skiplist=["url_filter"],
    )
    assert gateway(lab).exceptions == ()
    assert gateway(lab, lab.default).exceptions == ()
    assert [one.ref for one in gateway(lab, lab.sales).exceptions] == [ref]


def test_utm_08_a_node_says_that_endpoints_filter_at_the_office(lab):
    assert dict(lab.compile(lab.sales).switches) == {}
    lab.set_node("http.scan_epp_traffic", False)
    policy, _ = compile_group(lab.appliance.snapshot, lab.sales)
    assert dict(policy.switches) == {"office_filter": "endpoint"}
