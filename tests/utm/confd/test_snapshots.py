import pytest

from utm.confd import (
    NoSuchObjectError,
    ReferenceRefusedError,
    UnknownNodeError,
    move_endpoint,
    read_snapshot,
)


def test_a_snapshot_does_not_see_later_changes(appliance):
    snapshot = appliance.snapshot
    ref = appliance.create("aaa", "user", name="kim")
    appliance.set_node("http.port", 3128)
    assert snapshot.find(ref) is None
    assert snapshot.node("http.port") == 8080
    assert appliance.snapshot.number == snapshot.number + 2


def test_a_snapshot_cannot_be_changed(appliance):
    snapshot = appliance.snapshot
    with pytest.raises(TypeError):
        snapshot.objects["REF_X"] = None
    with pytest.raises(TypeError):
        snapshot.get("REF_NetworkAny").attributes["name"] = "Some"
    assert isinstance(snapshot.node("http.profiles"), tuple)


def test_a_snapshot_of_some_classes_has_nothing_else(appliance):
    appliance.create("epp", "endpoint", name="laptop")
    whole = appliance.snapshot
    some = read_snapshot(appliance.db, ("network", "service"))
    assert {one.class_ for one in some.objects.values()} == {"network", "service"}
    kept = {ref: one for ref, one in whole.objects.items() if one.class_ in ("network", "service")}
    assert list(some.objects.items()) == list(kept.items())
    assert (some.number, some.nodes) == (whole.number, whole.nodes)


def test_a_missing_object_or_node_is_named(appliance):
    with pytest.raises(NoSuchObjectError):
        appliance.snapshot.get("REF_Nothing")
    with pytest.raises(UnknownNodeError):
        appliance.snapshot.node("no.such.node")


def test_web_04_a_computer_in_no_group_is_in_the_default_group(appliance):
    endpoint = appliance.create("epp", "endpoint", name="laptop")
    assert appliance.snapshot.group_of(endpoint) == "REF_EppEndDefault"


def test_web_04_a_moved_computer_is_in_exactly_one_group(appliance):
    endpoint = appliance.create("epp", "endpoint", name="laptop")
    other = appliance.create("epp", "endpoint", name="laptop")
    sales = appliance.create("epp", "endpoints_group", name="Sales", endpoints=[endpoint, other])
    lab = appliance.create("epp", "endpoints_group", name="Lab", endpoints=[endpoint])
    with appliance.edit() as edit:
        assert move_endpoint(edit, endpoint, lab) == (sales,)
    assert appliance.confd.get(sales).texts("endpoints") == (other,)
    assert appliance.snapshot.group_of(endpoint) == lab
    assert appliance.snapshot.group_of(other) == sales
    with appliance.edit() as edit:
        assert move_endpoint(edit, endpoint, lab) == ()
    assert edit.recorded is None


def test_web_04_a_computer_of_the_default_group_moves_into_a_custom_one(appliance):
    endpoint = appliance.create("epp", "endpoint", name="laptop")
    lab = appliance.create("epp", "endpoints_group", name="Lab")
    with appliance.edit() as edit:
        assert move_endpoint(edit, endpoint, lab) == (lab,)
    assert appliance.snapshot.group_of(endpoint) == lab


def test_moving_refuses_what_is_no_computer_or_no_group(appliance):
    endpoint = appliance.create("epp", "endpoint", name="laptop")
    with pytest.raises(ReferenceRefusedError), appliance.edit() as edit:
        move_endpoint(edit, endpoint, "REF_NetworkAny")
    with pytest.raises(ReferenceRefusedError), appliance.edit() as edit:
        move_endpoint(edit, "REF_NetworkAny", "REF_EppEndDefault")
