import pytest

GAMES = "http://games.example/"


@pytest.fixture
def strict(lab):
    lab.profile("Roaming", lab.action("Strict", sp_categories=["REF_GamesGambles"]), lab.default)
    return lab


def exception(lab, **attributes):
    defaults = {
        "name": "Downloads",
        "status": True,
        "domains": [r"^https?://games\.example/"],
        "skiplist": ["url_filter"],
    }
    return lab.create("http", "exception", **{**defaults, **attributes})


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_web_05_a_url_is_excepted_for_members_of_the_group_only(strict, operator):
    ref = exception(strict, endpoints_groups=[strict.sales], operator=operator)
    verdict = strict.verdict(strict.sales, GAMES)
    assert (verdict.action, verdict.exception_refs) == ("allow", (ref,))
    assert strict.verdict(strict.default, GAMES).action == "block"
    assert strict.verdict(strict.sales, "http://gambling.example/").action == "block"


def test_web_05_an_or_exception_says_how_its_groups_are_read(strict):
    ref = exception(strict, endpoints_groups=[strict.sales], operator="OR")
    assert strict.warnings(strict.sales) == [(ref, "groups_choose_receivers")]
    strict.change(ref, operator="AND")
    assert strict.warnings(strict.sales) == []


def test_web_05_an_exception_without_groups_is_for_every_group(strict):
    exception(strict)
    for group in (strict.sales, strict.default):
        assert strict.verdict(group, GAMES).action == "allow"


def test_web_05_an_exception_with_groups_alone_matches_all_they_request(strict):
    exception(strict, domains=[], endpoints_groups=[strict.sales])
    assert strict.verdict(strict.sales, "http://gambling.example/").action == "allow"
    assert strict.verdict(strict.default, "http://gambling.example/").action == "block"


def test_web_05_the_skip_list_travels_as_configured(strict):
    exception(strict, skiplist=["certcheck", "certdate", "extensions"])
    (compiled,) = strict.compile(strict.sales).exceptions
    assert compiled.skip == ("certcheck", "certdate", "extensions")
    assert strict.verdict(strict.sales, GAMES).action == "block"


def test_an_exception_that_is_off_does_not_travel(strict):
    exception(strict, status=False)
    assert strict.compile(strict.sales).exceptions == ()


def test_exceptions_keep_the_order_of_their_node(strict):
    first, second = exception(strict, name="first"), exception(strict, name="second")
    strict.set_node("http.exceptions", [second, first])
    assert [each.ref for each in strict.compile(strict.sales).exceptions] == [second, first]


def test_criteria_are_resolved_to_names_numbers_and_networks(strict):
    kim = strict.create("aaa", "user", name="kim")
    staff = strict.create("aaa", "group", name="staff", members=[kim])
    office = strict.create("network", "network", name="office", address="10.1.2.3", netmask=16)
    printer = strict.create("network", "host", name="printer", address="10.9.9.9")
    both = strict.create("network", "group", name="both", members=[office, printer])
    strict.change(both, members=[office, printer, both])  # even one that contains itself
    tag = strict.create("http", "lsl_tag", name="risky")
    exception(
        strict,
        aaa=[staff, kim],
        networks=[both],
        sp_categories=["REF_Weapons"],
        tags=[tag],
        user_agents=["Updater"],
    )
    (compiled,) = strict.compile(strict.sales).exceptions
    assert compiled.users == ("kim",)
    assert compiled.networks == ("10.1.0.0/16", "10.9.9.9/32")
    assert compiled.categories == (155,)
    assert (compiled.tags, compiled.user_agents) == ((tag,), ("Updater",))


def test_any_network_is_everywhere(strict):
    exception(strict, networks=["REF_NetworkAny"])
    assert strict.compile(strict.sales).exceptions[0].networks == ("0.0.0.0/0", "::/0")


def test_an_and_exception_for_nobody_is_left_out_rather_than_widened(strict):
    empty = strict.create("aaa", "group", name="empty")
    ref = exception(strict, aaa=[empty], operator="AND")
    assert strict.compile(strict.sales).exceptions == ()
    assert strict.verdict(strict.sales, GAMES).action == "block"
    assert (ref, "never_matches") in strict.warnings(strict.sales)


def test_a_dns_name_without_address_matches_nothing_and_is_warned_of(strict):
    host = strict.create("network", "dns_host", name="cdn", hostname="cdn.example")
    exception(strict, networks=[host])
    assert strict.compile(strict.sales).exceptions[0].networks == ()
    assert (host, "network_unusable") in strict.warnings(strict.sales)


def test_a_pattern_that_is_no_expression_is_warned_of_with_what_was_meant(strict):
    ref = strict.appliance.bring_in(
        "http", "exception", name="Downloads", status=True, domains=["*.example.com"]
    )
    from utm.web_policy import compile_group

    (warning,) = compile_group(strict.appliance.snapshot, strict.sales)[1]
    assert (warning.ref, warning.code) == (ref, "pattern_refused")
    assert "perhaps ^https?://" in warning.sentence
    assert str(warning).startswith(f"{ref} (Downloads): ")


def test_an_unknown_word_in_the_skip_list_is_warned_of(strict):
    ref = exception(strict, skiplist=["url_filter", "everything"])
    assert strict.warnings(strict.sales) == [(ref, "skip_unknown")]
