"""The doubtful rules of the filter, set on a UTM and carried to endpoints."""

import pytest

from foundation.webfilter.policy_xml import decode_web_policy, encode_web_policy
from foundation.webfilter.switches import SWITCHES, UnknownSwitchError
from utm.confd import AttributeRefusedError
from utm.switches import set_switch, switch_settings, switches_view
from utm.web_policy import compile_group

GROUP = "REF_EppEndDefault"


def put(appliance, name, value):
    with appliance.edit() as edit:
        set_switch(edit, name, value)


def compiled(appliance):
    appliance.change(GROUP, web_control=True)
    return compile_group(appliance.snapshot, GROUP)[0]


def test_a_new_appliance_reads_every_rule_by_default(appliance):
    assert compiled(appliance).switches == ()
    view = switches_view(appliance.snapshot)
    assert [one["name"] for one in view] == list(SWITCHES)
    assert all(one["value"] == one["default"] for one in view)


def test_a_switch_travels_in_the_policy(appliance):
    put(appliance, "whitelist_beats_blacklist", "false")
    put(appliance, "https_sees", "url")
    policy = compiled(appliance)
    expected = (("https_sees", "url"), ("whitelist_beats_blacklist", "false"))
    assert policy.switches == expected
    assert decode_web_policy(encode_web_policy(policy)).switches == expected


def test_a_switch_set_back_leaves_no_object(appliance):
    put(appliance, "https_sees", "url")
    put(appliance, "https_sees", "host")
    assert switch_settings(appliance.snapshot) == ()
    assert appliance.confd.objects("lab", "switch") == ()


def test_a_switch_is_changed_in_place(appliance):
    put(appliance, "https_sees", "url")
    before = appliance.confd.number
    put(appliance, "https_sees", "url")
    assert appliance.confd.number == before


def office_filter(appliance):
    (row,) = [one for one in switches_view(appliance.snapshot) if one["name"] == "office_filter"]
    return row["value"], row["set_by"], dict(compiled(appliance).switches).get("office_filter")


def test_a_node_that_says_the_same_is_shown_as_what_holds(appliance):
    assert office_filter(appliance) == ("utm", "default", None)
    appliance.set_node("http.scan_epp_traffic", False)
    node = "node http.scan_epp_traffic, which is off"
    assert office_filter(appliance) == ("endpoint", node, "endpoint")


def test_a_switch_beats_the_node(appliance):
    appliance.set_node("http.scan_epp_traffic", False)
    put(appliance, "office_filter", "utm")
    value, set_by, sent = office_filter(appliance)
    assert (value, sent) == ("utm", None)
    assert set_by.startswith("lab/switch REF_")
    put(appliance, "office_filter", "endpoint")
    assert appliance.confd.objects("lab", "switch") == ()


@pytest.mark.parametrize(("name", "value"), [("no_such", "true"), ("https_sees", "everything")])
def test_what_does_not_exist_is_refused(appliance, name, value):
    with pytest.raises(UnknownSwitchError):
        put(appliance, name, value)
    with pytest.raises(AttributeRefusedError):
        appliance.create("lab", "switch", name=name, value=value)


def test_a_second_object_for_one_switch_is_refused(appliance):
    appliance.create("lab", "switch", name="https_sees", value="url")
    with pytest.raises(AttributeRefusedError):
        appliance.create("lab", "switch", name="https_sees", value="host")


async def test_setting_a_switch_is_a_numbered_change_that_makes_a_changeset(utm):
    await utm.verbs["enable"]()
    await utm.verbs["group_create"](name="Sales")
    done = await utm.verbs["switch_set"](name="https_sees", value="url")
    assert done["changeset"] is not None
    listed = {one["name"]: one["value"] for one in await utm.verbs["switch_list"]()}
    assert listed["https_sees"] == "url"
