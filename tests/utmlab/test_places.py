"""Where a lab keeps its things."""

import pytest

from utmlab.places import DATA_VARIABLE, Places


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(DATA_VARIABLE, raising=False)


def test_without_a_word_it_is_dot_utmlab_with_logs_beside_it(tmp_path):
    places = Places.of()

    assert (places.data, places.logs) == (tmp_path / ".utmlab", tmp_path / "logs")


def test_a_named_folder_has_its_logs_inside(tmp_path):
    places = Places.of(tmp_path / "mine")

    assert places.utm_logs == tmp_path / "mine" / "logs" / "utm"


def test_the_variable_decides_when_nothing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / "variable"))

    assert Places.of().data == tmp_path / "variable"
    assert Places.of(tmp_path / "mine").data == tmp_path / "mine"


def test_the_default_folder_is_recognised_from_anywhere(tmp_path):
    places = Places.of(tmp_path / "project" / ".utmlab")

    assert places.logs == tmp_path / "project" / "logs"


def test_a_lab_without_computers_has_none(tmp_path):
    assert Places.of().host_names() == []


def test_the_logs_of_a_computer_are_found_under_logs_endpoints(tmp_path):
    places = Places.of(tmp_path / "mine")
    logs = places.host("PC-01") / "C" / "Logs"
    logs.mkdir(parents=True)
    (logs / "MCSClient.log").write_text("hello")
    places.link_host_logs("PC-01", logs)
    places.link_host_logs("PC-01", logs)

    assert (places.logs / "endpoints" / "PC-01" / "MCSClient.log").read_text() == "hello"


def test_the_link_to_the_logs_survives_a_move_of_the_folder(tmp_path):
    places = Places.of(tmp_path / "mine")
    logs = places.host("PC-01") / "Logs"
    logs.mkdir(parents=True)
    places.link_host_logs("PC-01", logs)
    moved = places.data.rename(tmp_path / "moved")

    assert (moved / "logs" / "endpoints" / "PC-01").resolve() == moved / "hosts" / "PC-01" / "Logs"
