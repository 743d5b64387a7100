"""Who filters where, and whether the gateway is there."""

import json

import pytest

from endpoint.host import HostFolder
from endpoint.network import Network, network_file, store_network
from utm.web_filter.listening import gateway_note, write_note
from utmlab.filtering import can_reach, filter_findings, filtered_by, gateway_of
from utmlab.places import Places

SOURCE = "127.77.0.1"


@pytest.fixture
def places(tmp_path):
    places = Places.of(tmp_path)
    places.gateway_note.parent.mkdir(parents=True)
    write_note(places.gateway_note, "127.0.0.1", 8081)
    return places


def at_the_office(places, name="PC-01"):
    host = HostFolder(places.host(name))
    store_network(host, Network(location="office", source=SOURCE))
    return host


def findings(places, *, reach, wanted_port=8080, is_running=True):
    found = filter_findings(
        places, ["PC-01"], wanted_port=wanted_port, is_running=is_running, reach=reach
    )
    return [(one.level, one.subject, one.sentence) for one in found]


def test_the_note_is_where_the_utm_writes_it(places):
    assert places.gateway_note == gateway_note(places.utm)
    assert gateway_of(places) == {"url": "http://127.0.0.1:8081", "host": "127.0.0.1", "port": 8081}


def test_utm_08_the_doctor_says_that_the_gateway_filters_at_the_office(places):
    host = at_the_office(places)
    tried = []

    def reach(*address):
        tried.append(address)
        return True

    gateway, computer = findings(places, reach=reach)

    assert gateway == ("ok", "gateway", "the UTM's web filter listens on http://127.0.0.1:8081")
    assert computer == ("ok", "PC-01", f"at the office as {SOURCE}: the UTM's gateway filters")
    assert tried == [("127.0.0.1", 8081), ("127.0.0.1", 8081, SOURCE)]
    assert filtered_by(host) == "gateway"


def test_a_gateway_that_does_not_listen_is_an_error_for_it_and_for_the_office(places):
    at_the_office(places)

    gateway, computer = findings(places, reach=lambda *_: False)

    assert (gateway[0], computer[0]) == ("error", "error")
    assert "cannot reach http://127.0.0.1:8081" in computer[2]


def test_a_port_that_the_gateway_did_not_get_is_an_error(places):
    (gateway, _) = findings(places, reach=lambda *_: True, wanted_port=9090)

    assert gateway[0] == "error"
    assert "9090" in gateway[2]
    assert "8081" in gateway[2]


def test_with_nothing_running_nothing_is_tried(places):
    at_the_office(places)

    def reach(*_address):
        raise AssertionError

    assert [one[0] for one in findings(places, reach=reach, is_running=False)] == ["ok"]


def test_without_a_note_there_is_no_gateway(tmp_path):
    assert gateway_of(Places.of(tmp_path))["url"] == ""


def test_reaching_needs_a_listener():
    assert not can_reach("127.0.0.1", 1, SOURCE)


def test_an_older_network_file_has_no_note(places):
    host = at_the_office(places)
    document = json.loads(network_file(host).read_bytes())
    del document["gateway_note"]
    network_file(host).write_text(json.dumps(document))

    assert filtered_by(host) == "gateway"
