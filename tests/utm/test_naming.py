"""What the words of an administrator mean."""

import pytest

from utm.naming import (
    EndpointNameAmbiguousError,
    NoSuchEndpointError,
    NoSuchGroupError,
    endpoint_ref,
    group_ref,
)


@pytest.fixture
def twins(appliance):
    return [
        appliance.create("epp", "endpoint", name="PC-01", mcs_id=mcs_id, accepted=True)
        for mcs_id in ("E1", "E2")
    ]


def test_a_group_has_a_name_and_a_reference(appliance):
    ref = appliance.create("epp", "endpoints_group", name="Sales")

    assert group_ref(appliance.confd, "Sales") == group_ref(appliance.confd, ref) == ref


def test_a_group_that_is_not_there_is_named(appliance):
    with pytest.raises(NoSuchGroupError, match="'Sales'"):
        group_ref(appliance.confd, "Sales")


def test_a_name_that_fits_two_computers_is_refused_with_their_ids(appliance, twins):
    with pytest.raises(EndpointNameAmbiguousError, match=r"2 computers .* E1, E2"):
        endpoint_ref(appliance.confd, "PC-01")


def test_id_and_reference_tell_twins_apart(appliance, twins):
    assert [endpoint_ref(appliance.confd, word) for word in ("E1", twins[1])] == twins


def test_a_computer_that_is_not_there_is_named(appliance, twins):
    with pytest.raises(NoSuchEndpointError, match="'PC-02'"):
        endpoint_ref(appliance.confd, "PC-02")
