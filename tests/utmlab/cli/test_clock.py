"""`utmlab up --clock virtual` and `utmlab clock`, with a browser's and curl's like beside them."""

import json
import subprocess
import threading
from datetime import datetime, timedelta

import pytest

from tests.utmlab.cli import schemas
from tests.utmlab.cli.running import up, utmlab

CURL = ("curl", "-sk", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    words = ("--clock", "virtual", "--poll", "300", "--endpoints", "1")
    with up(tmp_path_factory.mktemp("clock") / "lab", *words) as lab:
        yield lab


def day_of(answer):
    return datetime.fromisoformat(answer["now"])


def test_an_advance_is_seen_by_the_whole_lab(running):
    """A day: the poll that came last, the log of yesterday, the present of the clock."""
    before = running.call("clock", "show")
    after = running.call("clock", "advance", "1d")
    assert schemas.problems(before, schemas.schema("clock-show")) == []
    assert schemas.problems(after, schemas.schema("clock-advance")) == []
    assert day_of(after) - day_of(before) >= timedelta(days=1)
    polls = running.call("journal", "--endpoint", "PC-01", "-n", "1")["exchanges"]
    assert datetime.fromisoformat(polls[-1]["at"]) > day_of(before) + timedelta(hours=22)
    yesterday = day_of(before).strftime("epsecd-%Y-%m-%d.log.gz")
    assert [one.name for one in running.data.glob("logs/utm/epsecd/*/*/*")] == [yesterday]


def test_visitors_are_served_while_the_clock_is_advanced(running):
    webadmin = running.ready["webadmin"]["url"]
    mcs = f"https://127.0.0.1:{running.ready['mcs_port']}/"
    answers, over = [], threading.Event()

    def visit():
        while not over.is_set():
            for url in (webadmin, mcs):
                done = subprocess.run([*CURL, url], capture_output=True, text=True, check=False)
                answers.append((url, done.returncode, done.stdout))

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        running.call("clock", "advance", "6h")
    finally:
        over.set()
        visitor.join()
    assert len(answers) >= 2
    assert {(code, status[0]) for _, code, status in answers} <= {(0, "2"), (0, "3"), (0, "4")}


def test_what_is_no_span_is_said(running):
    refused = running.call("clock", "advance", "soon", exit_code=1)
    assert refused["error"]["code"] == "span_unreadable"


def test_virtual_time_and_processes_are_refused_together(tmp_path):
    words = ("up", "--clock", "virtual", "--processes", "--ports", "0")
    done = utmlab(tmp_path / "lab", *words, "--json")
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"]["code"] == "virtual_time_needs_tasks"


def test_a_lab_goes_on_in_the_time_where_it_was_stopped(running):
    stood = day_of(running.call("clock", "show"))
    running.interrupt()
    with up(running.data, "--clock", "virtual", "--poll", "300") as again:
        assert day_of(again.call("clock", "show")) >= stood
        assert again.call("status")["pid"] == again.process.pid
