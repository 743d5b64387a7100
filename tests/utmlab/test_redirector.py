"""The redirector speaks squid's protocol, and loses no line."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from foundation.categories.demo import demo_categories
from foundation.protocol.policies import seal
from foundation.webfilter.engine import Engine
from foundation.webfilter.policy import FilterAction, PolicyRule, Profile, WebPolicy
from foundation.webfilter.policy_xml import encode_web_policy
from utmlab.redirector import Redirector

RULE = PolicyRule(ref="REF_R", users=("ann",), action_ref="REF_B")
POLICY = WebPolicy(
    group_ref="REF_G",
    profiles=(Profile(ref="REF_P", rules=(RULE,), default_action_ref="REF_A", is_base=True),),
    actions=(FilterAction(ref="REF_A", categories=(116,)), FilterAction(ref="REF_B")),
)
BLOCKED = 'OK rewrite-url="http://b.example/block/category?http://games.example/"'


def now():
    return datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def redirector():
    page = "http://b.example/%a/%r?%u"
    return Redirector(Engine(POLICY), demo_categories(), now=now, page=page)


def ask(redirector, *lines):
    return redirector.answers("\n".join(lines).encode()).decode().splitlines()


def test_a_blocked_url_is_rewritten_and_another_left(redirector):
    assert ask(
        redirector,
        "http://games.example/ 192.0.2.1/- - GET",
        "http://other.example/ 192.0.2.1/- - GET myip=127.0.0.1 myport=3128",
    ) == [BLOCKED, "ERR"]


def test_channel_ids_come_back(redirector):
    assert ask(
        redirector,
        "0 http://games.example/ 192.0.2.1/- - GET",
        "17 http://other.example/ 192.0.2.1/- - GET",
    ) == ["0 " + BLOCKED, "17 ERR"]


def test_the_user_counts(redirector):
    lines = [
        f"http://games.example/ 192.0.2.1/- {user} GET" for user in ("ann", "bob", "LAB%5cann")
    ]
    assert ask(redirector, *lines) == ["ERR", BLOCKED, "ERR"]


def test_the_older_form_is_the_url_alone_or_an_empty_line():
    page = "http://b.example/%a/%r?%u"
    older = Redirector(Engine(POLICY), demo_categories(), now=now, page=page, legacy=True)
    lines = [
        "http://games.example/ 192.0.2.1/- - GET",
        "http://other.example/ 192.0.2.1/- - GET",
        "3 http://games.example/ 192.0.2.1/- - GET",
        "4 http://other.example/ 192.0.2.1/- - GET",
        "senseless",
    ]
    there = "http://b.example/block/category?http://games.example/"
    assert ask(older, *lines) == [there, "", f"3 {there}", "4 ", ""]


def test_a_tunnel_is_judged_by_its_host(redirector):
    assert ask(redirector, "games.example:443 192.0.2.1/- - CONNECT")[0].startswith("OK ")


@pytest.mark.parametrize("line", ["", " ", "http://games.example/", "5", "5 http://a/ x"])
def test_a_senseless_line_is_answered_too(redirector, line):
    assert ask(redirector, line)[0].endswith("BH")


def test_an_unreadable_url_cannot_break_out_of_the_answer(redirector):
    (answer,) = ask(redirector, 'ftp://"x"\\u000d 192.0.2.1/- - GET')
    assert answer.count('"') == 2
    assert "invalid_url" in answer


def test_lines_that_arrive_in_pieces_are_answered_in_order(redirector):
    text = b"http://games.example/ 192.0.2.1/- - GET\nhttp://x.example/ 192.0.2.1/- - GET\n" * 3
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    written = []
    redirector.serve(lambda _: pieces.pop(0) if pieces else b"", written.append)
    assert b"".join(written).decode().splitlines() == [BLOCKED, "ERR"] * 3


def test_a_last_line_without_end_is_answered(redirector):
    pieces = [b"http://x.example/ 192.0.2.1/- - GET"]
    written = []
    redirector.serve(lambda _: pieces.pop(0) if pieces else b"", written.append)
    assert written == [b"ERR\n"]


def test_the_command_answers_before_its_input_ends(tmp_path):
    document = tmp_path / "policy.xml"
    document.write_bytes(seal(encode_web_policy(POLICY))[1])
    command = [sys.executable, "-m", "utmlab", "redirector", "--policy", str(document)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ, text=True
    ) as running:
        running.stdin.write("http://games.example/ 192.0.2.1/- - GET\n")
        running.stdin.flush()
        assert running.stdout.readline().startswith('OK rewrite-url="http://utmlab.invalid/block?')
        running.stdin.close()
        assert running.wait(20) == 0


def test_the_command_takes_a_changed_policy_and_keeps_the_last_good_one(tmp_path):
    document = tmp_path / "policy.xml"
    document.write_bytes(seal(encode_web_policy(POLICY))[1])
    command = [sys.executable, "-m", "utmlab", "redirector", "--policy", str(document)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as running:

        def answer():
            running.stdin.write("http://games.example/ 192.0.2.1/- - GET\n")
            running.stdin.flush()
            return running.stdout.readline()

        def replace_by(body):
            (tmp_path / "new").write_bytes(body)
            (tmp_path / "new").rename(document)

        assert answer().startswith("OK ")
        replace_by(seal(encode_web_policy(replace(POLICY, web_control=False)))[1])
        assert answer() == "ERR\n"
        replace_by(b"<half")
        assert answer() == "ERR\n"
        running.stdin.close()
        assert running.wait(20) == 0
        assert running.stderr.read().startswith("the last good policy stays: ")


def test_the_command_wants_one_policy():
    command = [sys.executable, "-m", "utmlab", "redirector"]
    assert subprocess.run(command, capture_output=True).returncode == 2
