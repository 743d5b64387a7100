"""Computers of the lab's own folders, and those that enrolled from elsewhere."""

from utmlab.cli.stored_names import computer_records
from utmlab.places import Places

REPORTED = {
    "id": "E1",
    "name": "laptop",
    "group": "Sales",
    "removed": False,
    "compliant": True,
    "complies_with": 7,
    "last_report_at": "2026-11-20T12:00:00+00:00",
}


def test_a_computer_installed_by_hand_elsewhere_is_listed_as_it_reported(tmp_path):
    (listed,) = computer_records(Places.of(tmp_path), [REPORTED])

    nothing = {"proxy_url": "", "location": "", "office_address": "", "enforced": {}}
    assert listed == REPORTED | {"installed": True} | nothing


def test_a_computer_of_the_lab_comes_first_and_once(tmp_path):
    places = Places.of(tmp_path)
    places.host("PC-01").mkdir(parents=True)

    listed = computer_records(places, [REPORTED])

    assert [one["name"] for one in listed] == ["PC-01", "laptop"]
