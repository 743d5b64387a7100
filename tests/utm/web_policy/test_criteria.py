"""Users, networks and categories: what groups hold, and what cannot be used."""

import pytest


@pytest.fixture
def sales(lab):
    lab.act = lab.action("A", sp_categories=["REF_Ordering"])
    return lab


def users_of(lab, *aaa):
    policy = lab.policy("p", lab.act, aaa=list(aaa))
    lab.profile("Roaming", lab.act, lab.sales, cff_profiles=[policy])
    return [rule.users for rule in lab.compile(lab.sales).profiles[0].rules]


def networks_of(lab, *networks):
    lab.profile("Roaming", lab.act, lab.sales)
    lab.create(
        "http", "exception", name="E", status=True, networks=list(networks), skiplist=["url_filter"]
    )
    return lab.compile(lab.sales).exceptions[0].networks


def test_the_members_of_groups_in_groups_are_users(sales):
    kim, sam = (sales.create("aaa", "user", name=name) for name in ("kim", "sam"))
    inner = sales.create("aaa", "group", name="inner", members=[kim])
    outer = sales.create("aaa", "group", name="outer", members=[inner, sam])
    sales.change(inner, members=[kim, outer])  # by way of each other
    assert users_of(sales, outer, kim) == [("kim", "sam")]


def test_a_disabled_user_counts_and_is_told(sales):
    kim = sales.create("aaa", "user", name="kim", enabled=False)
    assert users_of(sales, kim) == [("kim",)]
    assert (kim, "user_disabled") in sales.warnings(sales.sales)


def test_hosts_networks_groups_and_any_become_cidr(sales):
    host = sales.create("network", "host", name="h", address="192.0.2.1", address6="2001:db8::1")
    net = sales.create("network", "network", name="n", address="10.1.2.3", netmask=8)
    group = sales.create("network", "group", name="g", members=[host, net])
    assert networks_of(sales, group) == ("192.0.2.1/32", "2001:db8::1/128", "10.0.0.0/8")


def test_any_is_every_address(sales):
    assert networks_of(sales, "REF_NetworkAny") == ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(("address", "netmask"), [("10.0.0.0", 0), ("10.0.0.0", 33), ("", 8)])
def test_a_network_without_address_or_netmask_matches_nothing_and_is_told(sales, address, netmask):
    net = sales.create("network", "network", name="n", address=address, netmask=netmask)
    assert networks_of(sales, net) == ()
    assert (net, "network_unusable") in sales.warnings(sales.sales)


def test_all_of_ipv4_is_a_network(sales):
    net = sales.create("network", "network", name="n", address="0.0.0.0", netmask=0)
    assert networks_of(sales, net) == ("0.0.0.0/0",)


def test_a_category_whose_id_is_no_number_is_told_and_breaks_nothing(sales):
    odd = sales.create("http", "sp_subcat", name="odd", id="x1")
    sales.create("http", "local_site", name="s", site="a.example", category=odd)
    category = sales.create("http", "sp_category", name="Odd", subcats=[odd])
    sales.change(sales.act, sp_categories=[category])
    sales.profile("Roaming", sales.act, sales.sales)
    assert sales.compile(sales.sales).actions[0].categories == ()
    assert sales.warnings(sales.sales) == [(odd, "category_unusable")]
