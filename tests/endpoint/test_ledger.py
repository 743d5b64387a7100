import pytest

from endpoint.ledger import Ledger


def test_what_was_added_is_known_after_a_restart(tmp_path):
    path = tmp_path / "a.ledger"
    Ledger(path).add(["1", "ü"])
    assert "1" in Ledger(path)
    assert "ü" in Ledger(path)
    assert "2" not in Ledger(path)


def test_another_process_addition_is_seen(tmp_path):
    reader, writer = Ledger(tmp_path / "a"), Ledger(tmp_path / "a")
    assert "1" not in reader
    writer.add(["1"])
    assert "1" in reader
    writer.clear()
    assert "1" not in reader


def test_only_the_newest_ids_are_remembered(tmp_path):
    ledger = Ledger(tmp_path / "a", limit=3)
    ledger.add(["1", "2", "3"])
    ledger.add(["1"])
    ledger.add(["4"])
    assert [id_ for id_ in "1234" if id_ in ledger] == ["1", "3", "4"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"ids": 3}', b"\xff"])
def test_a_damaged_ledger_is_an_empty_one(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    ledger = Ledger(path)
    assert "1" not in ledger
    ledger.add(["1"])
    assert "1" in Ledger(path)
