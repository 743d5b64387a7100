from datetime import UTC, datetime, timedelta

from endpoint.retention import Retention, dropped_in

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def put(folder, at, number=0):
    folder.mkdir(exist_ok=True)
    (folder / f"{at:%Y%m%d%H%M%S}0001{number:08x}.json").write_text("{}")


def test_what_is_older_than_two_months_is_dropped_and_counted(tmp_path):
    put(tmp_path, AT - timedelta(days=63))
    put(tmp_path, AT - timedelta(days=61))
    assert Retention(tmp_path, now=lambda: AT).added() == 1
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert dropped_in(tmp_path) == 1


def test_the_oldest_go_when_there_are_too_many(tmp_path):
    for number in range(10):
        put(tmp_path, AT, number)
    assert Retention(tmp_path, now=lambda: AT, most=4).added() == 6
    assert sorted(path.stem[-1] for path in tmp_path.glob("*.json")) == ["6", "7", "8", "9"]
