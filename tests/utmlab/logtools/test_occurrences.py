"""The last occurrences of a message, in today's file and in archives, newest last."""

import gzip

import pytest
from click.testing import CliRunner

from utm.logs.catalogue import catalogue
from utmlab.cli.root import root
from utmlab.logtools.explain import explain
from utmlab.logtools.occurrences import last_occurrences

SENT = catalogue().message("changeset_sent")
LINE = (
    '2018:07:{:02}-17:57:33 filter epsecd[5666]: I id="{}" severity="info" sys="System" '
    'sub="epsecd" name="{}"\n'
)


def line(day, message=SENT):
    return LINE.format(day, message.id, message.name)


@pytest.fixture
def folder(tmp_path):
    for day in (24, 25):
        path = tmp_path / "epsecd" / "2018" / "07" / f"epsecd-2018-07-{day}.log.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(line(day).encode() * 2))
    other = catalogue().message("reports_received")
    (tmp_path / "epsecd.log").write_text(line(26) + line(26, other))
    return tmp_path


def test_the_newest_are_taken_from_today_and_then_from_archives(folder):
    found = last_occurrences(folder, SENT)
    assert [(one.line[:10], one.number) for one in found] == [
        ("2018:07:25", 1),
        ("2018:07:25", 2),
        ("2018:07:26", 1),
    ]
    assert found[-1].file.endswith("epsecd.log")


def test_a_message_of_that_id_but_another_name_is_another_one(folder):
    (folder / "confd.log").write_text(line(26).replace("4233", "3100"))
    assert last_occurrences(folder, catalogue().message("session_closed")) == ()


def test_a_damaged_archive_gives_what_can_be_read(folder):
    path = folder / "epsecd" / "2018" / "07" / "epsecd-2018-07-25.log.gz"
    path.write_bytes(path.read_bytes()[:-4])
    assert len(last_occurrences(folder, SENT)) == 3


def test_nothing_is_found_where_there_are_no_logs(tmp_path):
    assert last_occurrences(tmp_path / "none", SENT) == ()
    assert last_occurrences(tmp_path, catalogue().message("packet_dropped")) == ()


def test_a_message_is_explained_with_sample_distance_and_absence():
    (one,) = explain("4212").messages
    assert one.message.sample.source == "seed"
    assert one.message.distance
    assert one.message.absence
    assert {each.source for each in one.message.readings} == {"seed", "ours"}


def test_a_rewritten_line_is_explained():
    text = "Nov 20 23:38:06 localhost " + line(26).replace("2018:", "2018: ")
    assert explain(text).messages[0].message is SENT


def test_explain_shows_where_it_was_last_written(folder, tmp_path):
    data = tmp_path / "data"
    (data / "logs").mkdir(parents=True)
    (data / "logs" / "utm").symlink_to(folder)
    shown = CliRunner().invoke(root, ["--data", str(data), "log", "explain", "4233"]).stdout
    assert "if absent" in shown
    assert "epsecd.log:1: 2018:07:26-17:57:33 filter" in shown


def test_every_seed_message_has_its_public_sample_and_every_source_is_named():
    for message in catalogue().messages:
        if message.provenance == "seed":
            assert message.sample.source == "seed"
            assert f'id="{message.id}"' in message.sample.text
        for each in (*message.distance, *message.absence, *message.readings):
            assert each.source in {"seed", "public", "documented", "ours"}
