import pytest

from utm.confd import NodeValueRefusedError, ReferenceRefusedError, UnknownNodeError
from utm.confd.nodes import all_nodes


def test_a_node_starts_as_the_zero_of_its_type_or_as_documented(appliance):
    confd = appliance.confd
    assert confd.node("epp.status.epp") is False
    assert confd.node("epp.organization") == ""
    assert confd.node("http.exceptions") == ()
    assert confd.node("http.port") == 8080
    assert confd.node("http.epp_quota_action") == "warn"
    assert confd.node("epp.allowed_networks") == ("REF_NetworkAny",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epp.status.epp", 1),
        ("epp.organization", True),
        ("http.port", "8080"),
        ("http.port", True),
        ("epp.endpoints", "REF_X"),
        ("http.epp_quota_action", "quota"),
        ("http.local_site_list", [1]),
    ],
)
def test_a_value_of_another_type_is_refused(appliance, key, value):
    with pytest.raises(NodeValueRefusedError, match=key):
        appliance.set_node(key, value)


def test_a_reference_in_a_node_is_checked(appliance):
    with pytest.raises(ReferenceRefusedError, match="does not exist"):
        appliance.set_node("epp.default_endpoints_group", "REF_Nothing")
    with pytest.raises(ReferenceRefusedError, match="epp/endpoints_group is needed"):
        appliance.set_node("epp.default_endpoints_group", "REF_NetworkAny")


def test_a_new_profile_comes_first_and_the_base_profile_stays_last(appliance):
    made = [
        appliance.create(
            "http", "profile", name=name, default_cff_action="REF_DefaultHTTPCFFAction"
        )
        for name in ("one", "two")
    ]
    wanted = (made[1], made[0], "REF_DefaultHTTPProfile")
    assert appliance.confd.node("http.profiles") == wanted
    for order in ([made[0], made[1]], ["REF_DefaultHTTPProfile", *made], []):
        with pytest.raises(NodeValueRefusedError, match="must end with REF_DefaultHTTPProfile"):
            appliance.set_node("http.profiles", order)
    appliance.set_node("http.profiles", [*made, "REF_DefaultHTTPProfile"])
    assert appliance.confd.node("http.profiles")[0] == made[0]


def test_a_list_names_no_object_twice(appliance):
    with pytest.raises(NodeValueRefusedError, match="twice"):
        appliance.set_node("epp.allowed_networks", ["REF_NetworkAny", "REF_NetworkAny"])


def test_an_unknown_node_is_named(appliance):
    with pytest.raises(UnknownNodeError, match=r"epp\.colour"):
        appliance.confd.node("epp.colour")


def test_nodes_whose_type_nobody_knows_take_anything(appliance):
    assert all_nodes()["ha.node_id"].type_name == "struct{}"
    appliance.set_node("ha.node_id", {"a": [1, None]})
    assert appliance.confd.node("ha.node_id")["a"] == (1, None)
