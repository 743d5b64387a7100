import pytest

from utm.confd import (
    AttributeRefusedError,
    NoSuchObjectError,
    ObjectInUseError,
    ObjectLockedError,
    ReferenceRefusedError,
    RefTakenError,
)


def test_an_object_has_the_defaults_of_its_class(appliance):
    ref = appliance.create("http", "exception", name="Downloads")
    assert appliance.confd.get(ref).document() == {
        "_locked": "",
        "_ref": "REF_HttExcDownloads",
        "_type": "http/exception",
        "aaa": [],
        "comment": "",
        "domains": [],
        "endpoints_groups": [],
        "name": "Downloads",
        "networks": [],
        "operator": "OR",
        "skiplist": [],
        "sp_categories": [],
        "status": False,
        "tags": [],
        "user_agents": [],
    }


def test_lists_keep_their_order(appliance):
    ref = appliance.create("http", "exception", name="A", domains=["z", "a", "m", "a"])
    assert appliance.confd.get(ref).texts("domains") == ("z", "a", "m", "a")


@pytest.mark.parametrize(
    ("attributes", "attribute"),
    [
        ({"name": "A", "mode": "maybe"}, "mode"),
        ({"name": "A", "mode": "allow", "log_access": 1}, "log_access"),
        ({"name": "A", "mode": "allow", "max_filesize": True}, "max_filesize"),
        ({"name": "A", "mode": "allow", "extensions": "exe"}, "extensions"),
        ({"name": "A", "mode": "allow", "extensions": [1]}, "extensions"),
        ({"name": "A", "mode": "allow", "colour": "red"}, "colour"),
        ({"name": "A"}, "mode"),
        ({"mode": "allow"}, "name"),
        ({"name": "", "mode": "allow"}, "name"),
    ],
)
def test_a_wrong_attribute_is_refused_by_name_and_changes_nothing(appliance, attributes, attribute):
    before = appliance.stored()
    with pytest.raises(AttributeRefusedError) as caught:
        appliance.create("http", "cff_action", **attributes)
    assert caught.value.attribute == attribute
    assert appliance.stored() == before


@pytest.mark.parametrize(
    ("type_", "attributes"),
    [
        ("recurring", {"start_time": "25:00"}),
        ("recurring", {"start_time": "08:00Z"}),
        ("recurring", {"start_time": "08:00+01:00"}),
        ("single", {"start_date": "2026-02-30"}),
    ],
)
def test_times_and_dates_are_checked(appliance, type_, attributes):
    with pytest.raises(AttributeRefusedError):
        appliance.create("time", type_, name="A", **attributes)


def test_an_address_is_checked(appliance):
    with pytest.raises(AttributeRefusedError, match="ipaddr"):
        appliance.create("network", "host", name="A", address="300.1.1.1")


def test_a_reference_to_nothing_is_refused(appliance):
    with pytest.raises(ReferenceRefusedError, match="REF_Nothing does not exist"):
        appliance.create("epp", "endpoints_group", name="Sales", av_policy="REF_Nothing")


def test_a_reference_to_a_wrong_class_is_refused_and_says_what_is_needed(appliance):
    with pytest.raises(ReferenceRefusedError, match="epp/av_policy is needed"):
        appliance.create("epp", "endpoints_group", name="Sales", av_policy="REF_EppDcpAllow")


def test_references_in_lists_are_checked_too(appliance):
    with pytest.raises(ReferenceRefusedError, match="http/sp_category is needed"):
        appliance.create(
            "http", "cff_action", name="A", mode="allow", sp_categories=["REF_NetworkAny"]
        )


def test_a_default_reference_is_checked_as_a_given_one(appliance):
    assert appliance.create("epp", "endpoints_group", name="Sales") == "REF_EppEndSales"
    assert "REF_EppEndSales" in appliance.confd.used_by("REF_EppAvpAllow").objects


def test_a_chosen_reference_is_kept_and_a_taken_or_malformed_one_refused(appliance):
    with appliance.edit() as edit:
        assert edit.create("aaa", "user", {"name": "kim"}, ref="REF_Mine") == "REF_Mine"
    for ref in ("REF_Mine", "mine", "REF_é"):
        with pytest.raises(RefTakenError), appliance.edit() as edit:
            edit.create("aaa", "user", {"name": "kim"}, ref=ref)


def test_a_change_keeps_what_it_does_not_name(appliance):
    ref = appliance.create("http", "exception", name="A", domains=["a"], status=True)
    changed = appliance.change(ref, domains=["b"])
    assert (changed.texts("domains"), changed.is_on("status"), changed.ref) == (("b",), True, ref)


def test_used_by_names_objects_and_nodes(appliance):
    tag = appliance.create("http", "lsl_tag", name="risky")
    site = appliance.create("http", "local_site", name="s", site="a.example", tags=[tag])
    assert appliance.confd.used_by(tag).objects == (site,)
    assert appliance.confd.used_by(site).nodes == ("http.local_site_list",)


def test_a_used_object_is_not_deleted_and_all_users_are_named(appliance):
    tag = appliance.create("http", "lsl_tag", name="risky")
    site = appliance.create("http", "local_site", name="s", site="a.example", tags=[tag])
    action = appliance.create("http", "cff_action", name="A", mode="allow", warn_tags=[tag])
    before = appliance.stored()
    with pytest.raises(ObjectInUseError) as caught:
        appliance.delete(tag)
    assert caught.value.users == (site, action)
    assert appliance.stored() == before


def test_an_object_is_deletable_once_nobody_uses_it(appliance):
    tag = appliance.create("http", "lsl_tag", name="risky")
    site = appliance.create("http", "local_site", name="s", site="a.example", tags=[tag])
    appliance.change(site, tags=[])
    appliance.delete(tag)
    with pytest.raises(NoSuchObjectError):
        appliance.confd.get(tag)


def test_an_object_leaves_the_list_of_its_class_when_it_goes(appliance):
    first = appliance.create("http", "exception", name="first")
    second = appliance.create("http", "exception", name="second")
    assert appliance.confd.node("http.exceptions") == (first, second)
    appliance.delete(first)
    assert appliance.confd.node("http.exceptions") == (second,)


def test_the_default_group_and_the_base_profile_stay(appliance):
    for ref, node in (
        ("REF_EppEndDefault", "epp.default_endpoints_group"),
        ("REF_DefaultHTTPProfile", "http.profiles"),
    ):
        with pytest.raises(ObjectInUseError) as caught:
            appliance.delete(ref)
        assert caught.value.users == (node,)


def test_a_user_lock_needs_to_be_overridden(appliance):
    with appliance.edit() as edit:
        ref = edit.create("aaa", "user", {"name": "kim"}, locked="user")
    for act in (lambda: appliance.change(ref, realname="Kim"), lambda: appliance.delete(ref)):
        with pytest.raises(ObjectLockedError):
            act()
    with appliance.edit() as edit:
        edit.change(ref, {"realname": "Kim"}, override_lock=True)
    appliance.delete(ref, override_lock=True)
    assert appliance.confd.find(ref) is None


def test_a_global_lock_is_never_overridden(appliance):
    with pytest.raises(ObjectLockedError), appliance.edit() as edit:
        edit.change("REF_NetworkAny", {"comment": "mine"}, override_lock=True)
    with pytest.raises(ObjectLockedError):
        appliance.delete("REF_NetworkAny", override_lock=True)
    with pytest.raises(ObjectLockedError), appliance.edit() as edit:
        edit.lock("REF_NetworkAny", "")


def test_a_missing_object_is_named(appliance):
    for act in (
        lambda: appliance.confd.get("REF_Nothing"),
        lambda: appliance.confd.used_by("REF_Nothing"),
        lambda: appliance.change("REF_Nothing", name="a"),
        lambda: appliance.delete("REF_Nothing"),
    ):
        with pytest.raises(NoSuchObjectError, match="REF_Nothing"):
            act()


@pytest.mark.parametrize(("letters", "is_remembered"), [(10, True), (3_000, False)])
def test_a_short_object_is_read_once_and_a_long_one_is_not_kept(appliance, letters, is_remembered):
    ref = appliance.create("http", "exception", name="Downloads", comment="x" * letters)

    once, again = appliance.confd.get(ref), appliance.confd.get(ref)

    assert (once is again, once == again) == (is_remembered, True)


def test_an_object_that_was_changed_is_not_the_one_that_was_read_before(appliance):
    ref = appliance.create("http", "exception", name="Downloads")
    appliance.confd.get(ref)
    with appliance.edit() as edit:
        edit.change(ref, {"comment": "new"})

    assert appliance.confd.get(ref).text("comment") == "new"
