"""What an administrator can say and an endpoint cannot do: told, never dropped."""

import pytest

from foundation.webfilter.policy import SKIPS


@pytest.fixture
def sales(lab):
    lab.act = lab.action("A")
    lab.web = lab.profile("Roaming", lab.act, lab.sales)
    return lab


def exception(lab, **attributes):
    return lab.create(
        "http",
        "exception",
        **{"name": "Free", "status": True, "domains": ["^http://a/"]} | attributes,
    )


@pytest.mark.parametrize("engine", ["google", "bing", "yahoo"])
def test_safe_search_travels_and_its_limit_is_told(sales, engine):
    sales.change(sales.act, **{f"{engine}_safesearch": "on"})
    assert sales.compile(sales.sales).action(sales.act).safe_search == (engine,)
    assert sales.warnings(sales.sales) == [(sales.act, "safe_search")]


def test_a_search_is_asked_for_safely_on_the_groups_endpoints(sales):
    sales.change(sales.act, google_safesearch="on")
    found = sales.verdict(sales.sales, "http://www.google.com/search?q=x")
    assert found.rewritten_url == "http://www.google.com/search?q=x&safe=active"


@pytest.mark.parametrize("field", ["spyware", "pua", "creative_commons_filter", "sandbox"])
def test_what_only_a_gateway_does_is_told(sales, field):
    sales.change(sales.act, **{field: True})
    assert [ref for ref, _ in sales.warnings(sales.sales)] == [sales.act]


@pytest.mark.parametrize("skip", sorted(SKIPS))
def test_every_skip_value_is_carried(sales, skip):
    exception(sales, skiplist=[skip])
    assert sales.compile(sales.sales).exceptions[0].skip == (skip,)


def test_skips_of_checks_that_endpoints_do_not_make_are_told(sales):
    ref = exception(sales, skiplist=["url_filter", "av", "cache", "certcheck"])
    assert sales.warnings(sales.sales) == [(ref, "skip_needless")]


def test_source_networks_of_an_exception_are_told(sales):
    host = sales.create("network", "host", name="h", address="192.0.2.1")
    ref = exception(sales, networks=[host], skiplist=["url_filter"])
    assert (ref, "source_networks") in sales.warnings(sales.sales)


def test_https_is_filtered_by_host_whatever_the_profile_says(sales):
    sales.change(sales.web, scan_ssl_opt="no_https_filtering")
    assert sales.warnings(sales.sales) == [(sales.web, "https_filtering")]


def test_the_order_of_policies_is_that_of_the_ordered_list(sales):
    first, second, third, other = (
        sales.policy(name, sales.action(name)) for name in ("one", "two", "three", "four")
    )
    sales.change(
        sales.web, cff_profiles=[first, second, third], ordered_cff_profiles=[third, other, first]
    )
    rules = sales.compile(sales.sales).profiles[0].rules
    assert [rule.ref for rule in rules] == [third, first, second]
