"""Twins of a log: line by line the same lines, as transports leave them."""

import json

import pytest

from utmlab.logtools.consumers import elastic
from utmlab.logtools.corpus.released import CORPORA
from utmlab.logtools.corpus.v1.transports import priority
from utmlab.logtools.elastic_package import PLACE, event, write_package
from utmlab.logtools.generate import (
    NothingLeftError,
    Order,
    TransportNotPossibleError,
    write_plain,
)
from utmlab.logtools.transport import unwrap

TWINS = [name for name in CORPORA[1].twins if name != "disk"]
WHOLE = ("udp", "tcp", "octet", "mangled", "relayed")
COUNT = 150


def silent(_count):
    """Nobody looks."""


def written(folder, name, **rest):
    generated = write_plain(Order(scenario=name, count=COUNT, **rest), folder, silent)
    return generated, {one.path.name: one.path.read_bytes() for one in generated.files}


def test_every_file_is_aligned_with_the_expected_records(tmp_path):
    generated, files = written(tmp_path, "long-values", transports=tuple(TWINS))
    assert len(files) == 2 + len(TWINS)
    assert {data.count(b"\n") for data in files.values()} == {COUNT}
    raws = [json.loads(one)["raw"] for one in files["long-values.expected.ndjson"].splitlines()]
    assert files["long-values.log"].decode().split("\n")[:-1] == raws
    assert generated.lines == COUNT


@pytest.mark.parametrize("transport", WHOLE)
@pytest.mark.parametrize("name", ["normal-day", "packetfilter", "confd-changes", "daemon-restart"])
def test_a_whole_twin_gives_back_the_line(tmp_path, name, transport):
    _, files = written(tmp_path, name, transports=(transport,))
    lines = files[f"{name}.log"].decode().split("\n")
    twins = files[f"{name}.{transport}.log"].decode().split("\n")
    assert [unwrap(one).line for one in twins] == lines
    assert twins != lines


@pytest.mark.parametrize("limit", [1_024, 2_048, 8_192])
def test_a_cut_twin_has_the_beginning(tmp_path, limit):
    _, files = written(tmp_path, "long-values", transports=("udp", f"cut-{limit}"))
    whole = files["long-values.udp.log"].split(b"\n")
    cut = files[f"long-values.cut-{limit}.log"].split(b"\n")
    assert [one[:limit] for one in whole] == cut
    assert any(len(one) > limit for one in whole)


def test_a_latin_1_twin_is_not_utf_8(tmp_path):
    _, files = written(tmp_path, "web-filtering", transports=("latin-1",))
    data = files["web-filtering.latin-1.log"]
    assert "jürgen.müller".encode("latin-1") in data
    assert data.decode("latin-1") == files["web-filtering.log"].decode()


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('2026:11:16-07:00:00 utm epsecd[1]: I id="4233" severity="info"', 30),
        ('2026:11:16-07:00:00 utm epsecd[1]: E id="4281" severity="error"', 27),
        ('2026:11:16-07:00:00 utm confd[1]: D id="3100" severity="debug"', 31),
        ('2026:11:16-07:00:00 utm httpd: 192.0.2.1 - - "GET /"', 181),
        ("2026:11:16-07:00:00 utm syslog-ng[1]: Syslog connection established", 45),
        ("2026:11:16-07:00:00 utm /usr/sbin/cron[1]: (root) CMD (x)", 78),
    ],
)
def test_priorities_are_those_that_were_seen(line, number):
    assert priority(line) == number


def test_lines_that_were_received_have_no_twins(tmp_path):
    with pytest.raises(TransportNotPossibleError):
        written(tmp_path, "year-eaten", transports=("udp",))


def test_a_selection_without_lines_is_said(tmp_path):
    with pytest.raises(NothingLeftError):
        written(tmp_path, "late-records", provenances=frozenset({"seed"}))


def test_sums_and_counts_are_those_of_the_files(tmp_path):
    generated, files = written(tmp_path, "quic")
    assert generated.defects == COUNT
    assert {one.path.name: one.size for one in generated.files} == {
        name: len(data) for name, data in files.items()
    }


def test_the_layout_of_elastics_packages_has_an_event_per_line(tmp_path):
    order = Order(scenario="web-filtering", count=COUNT, transports=("mangled",))
    write_package(order, tmp_path, silent)
    place = tmp_path / PLACE
    assert (place / "test-web-filtering.log-config.yml").read_text() == (
        'fields:\n  event:\n    timezone: "Europe/Berlin"\n'
    )
    for name in ("web-filtering", "web-filtering-mangled"):
        lines = (place / f"test-{name}.log").read_text().splitlines()
        events = json.loads((place / f"test-{name}.log-expected.json").read_text())["expected"]
        assert [one["event"]["original"] for one in events] == lines
        has_errors = {"error" in one for one in events}
        assert has_errors == {name.endswith("mangled")}


def test_an_event_is_what_the_consumer_gives_with_the_zone_applied():
    line = next(Order(scenario="web-filtering", count=1).pairs()).raw
    fields, made = elastic.read(line).fields, event(line, CORPORA[1])
    assert made["@timestamp"] == "2026-11-16T07:00:00.000+01:00"
    assert made["process"] == {"name": "httpproxy", "pid": fields["process.pid"]}
    assert made["url"]["original"] == fields["url.original"]
    assert made["sophos"]["utm"]["category"] == list(fields["sophos.utm.category"])


def test_of_an_hour_that_comes_twice_an_event_has_the_first():
    line = "2026:10:25-02:30:00 utm httpd: x"
    assert event(line, CORPORA[1])["@timestamp"] == "2026-10-25T02:30:00.000+02:00"
