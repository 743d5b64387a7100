"""What reads stored state, on the demo's data folder with nothing running."""

import gzip
import shlex
import subprocess
from datetime import date
from pathlib import Path

import pytest


def test_status_names_the_computers_and_their_state(lab):
    text = lab.text("status")
    assert "not running" in text.splitlines()[0]
    rows = {line.split()[0]: line for line in text.splitlines() if line.startswith("PC-")}
    assert "Default" in rows["PC-01"]
    assert " compliant " in rows["PC-01"]
    assert "Marketing" in rows["PC-02"]
    assert "not installed" in rows["PC-99"]


def test_doctor_finds_nothing_wrong(lab):
    document = lab.json("doctor")
    assert not document["degraded"]
    assert {one["level"] for one in document["findings"]} == {"ok"}


def test_env_is_read_by_a_shell(lab):
    text = lab.text("env", "--endpoint", "PC-01")
    script = f'{text}\nprintf \'%s|%s\' "$UTMLAB_MCSCLIENT_LOG" "$http_proxy"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    log, proxy = done.stdout.split("|")
    assert "Management Communication System" in log
    assert Path(log).exists()
    assert proxy.startswith("http://127.0.0.1:")


def test_env_tells_secrets_only_when_asked(lab):
    token = lab.text("utm", "token", "show").strip()
    assert token not in lab.text("env")
    assert f"export UTMLAB_TOKEN={token}" in lab.text("env", "--secrets")


def test_env_names_files_that_are_there(lab):
    variables = lab.json("env")["variables"]
    for name in ("UTMLAB_CA_FILE", "UTMLAB_EPSECD_LOG", "UTMLAB_EPLOG_LOG"):
        assert Path(variables[name]).exists(), name
    assert all(line.startswith("export ") for line in lab.text("env").splitlines())
    assert all(shlex.split(line) for line in lab.text("env").splitlines())


def test_ca_prints_the_certificate(lab):
    assert lab.text("ca").startswith("-----BEGIN CERTIFICATE-----")
    assert Path(lab.text("ca", "--path").strip()).read_text() == lab.text("ca")
    assert lab.json("ca")["phase"] == "stable"


def test_ca_prints_the_one_of_https_scanning_too(lab):
    scanning = Path(lab.text("ca", "--scanning", "--path").strip())
    assert scanning.read_text() == lab.text("ca", "--scanning") != lab.text("ca")
    assert lab.json("env")["variables"]["UTMLAB_SCANNING_CA_FILE"] == str(scanning)
    assert scanning.with_name("ca.key").stat().st_mode & 0o077 == 0


def test_utm_08_where_the_gateway_is_and_who_filters_is_told_everywhere(lab):
    gateway = lab.json("status")["gateway"]
    assert gateway["url"].startswith("http://127.0.0.1:")
    assert lab.json("env")["variables"]["UTMLAB_GATEWAY_URL"] == gateway["url"]
    shown = lab.json("endpoint", "show", "PC-01")
    told = shown["gateway"], shown["location"], shown["filtered_by"]
    assert told == (gateway, "roaming", "web_control")
    sentences = [one["sentence"] for one in lab.json("doctor")["findings"]]
    assert "roaming: its own Web Control filters" in sentences


def test_endpoint_show_tells_policies_services_and_logs(lab):
    document = lab.json("endpoint", "show", "PC-01")
    assert set(document["policies"]) == {"MCS", "ALC", "SAV", "SWC", "TPROT", "DEVCTL"}
    assert document["statuses"]["SWC"]["revision"] == document["policies"]["SWC"]["rev_id"]
    assert Path(document["logs"]["client"]).exists()
    assert "Sophos MCS Client" in lab.text("endpoint", "show", "PC-01")


def test_endpoint_services_lists_the_service_table(lab):
    names = [one["name"] for one in lab.json("endpoint", "services", "PC-02")["services"]]
    assert names[:2] == ["Sophos MCS Client", "Sophos MCS Agent"]


def test_group_list_names_the_members(lab):
    members = {one["name"]: one["endpoints"] for one in lab.json("group", "list")["groups"]}
    assert members == {"Default": ["PC-01"], "Marketing": ["PC-02"]}


def test_policy_show_tells_actions_lists_and_exceptions(lab):
    text = lab.text("policy", "show")
    assert text.startswith("Default (REF_EppEndDefault)  Web Control on")
    assert "116 Games" in text
    assert "news.example and below (REF_" in text
    assert "exception Training (REF_" in text
    assert "news.example" not in lab.text("policy", "show", "Marketing")


@pytest.mark.parametrize(
    ("url", "first"),
    [
        (
            "http://games.example/",
            (
                'BLOCK games.example  filter action "Everybody" (REF_HttCffEverybody)'
                "  category 116 Games  log id 0060"
            ),
        ),
        (
            "http://training.games.example/",
            (
                'ALLOW training.games.example  filter action "Everybody" (REF_HttCffEverybody)'
                "  log id 0001"
            ),
        ),
        (
            "http://shop.example/",
            (
                'WARN shop.example  filter action "Everybody" (REF_HttCffEverybody)'
                "  category 136 Online Shopping  log id 0071"
            ),
        ),
    ],
)
def test_policy_test_begins_with_the_verdict(lab, url, first):
    lines = lab.text("policy", "test", url, "--endpoint", "PC-01").splitlines()
    assert lines[0] == first
    assert lines[1] == "decided by Web Control of PC-01"
    # An exception that skips the URL filter spares the look for a category.
    asked = ["category from: demo set"] if "  category " in first else []
    assert lines[2 : 2 + len(asked)] == asked
    assert lines[2 + len(asked)].strip().startswith("1. ")


def test_policy_test_evaluates_what_each_computer_enforces(lab):
    url = "http://games.example/"
    assert lab.text("policy", "test", url, "--endpoint", "PC-02").startswith("ALLOW games.example")


def test_policy_test_is_what_the_log_says(lab):
    document = lab.json("policy", "test", "http://games.example/", "--endpoint", "PC-01")
    lines = lab.text("log", "view", "eplog").splitlines()
    logged = next(line for line in lines if "//games.example/" in line and 'action="block"' in line)
    assert f'id="{document["verdict"]["log_id"]}"' in logged
    assert document["verdict"]["filter_action_ref"] in logged


def test_policy_test_ends_with_1_when_another_verdict_was_expected(lab):
    words = ("policy", "test", "http://games.example/", "--endpoint", "PC-01", "--expect")
    assert lab.run(*words, "block").exit_code == 0
    wrong = lab.run(*words, "allow")
    assert wrong.exit_code == 1
    assert "expected to be allow" in wrong.stderr


def test_policy_test_says_when_a_computer_has_no_policy(lab):
    result = lab.run("policy", "test", "http://games.example/", "--endpoint", "PC-99")
    assert result.exit_code == 1
    assert "PC-99 has no web policy" in result.stderr


def test_trace_tells_every_hop_of_the_newest_changeset(lab):
    text = lab.text("trace", "last")
    hops = [line.split()[0] for line in text.splitlines() if line[:1].isalnum()]
    expected = ["edited", "4233", "broker", "polled", "fetched", "applied", "reported"]
    assert [hop for hop in hops if hop in expected][: len(expected)] == expected
    assert "waiting for the poll" in text
    assert "not concerned: PC-02" in text


def test_trace_of_a_number_is_that_changeset(lab):
    newest = lab.json("trace")["changeset"]
    assert lab.json("trace", str(newest - 1))["changeset"] == newest - 1
    assert lab.run("trace", "99").exit_code == 1


def test_trace_lines_are_lines_of_the_logs(lab):
    shown = lab.json("trace", "last", "--lines")["lines"]
    epsecd = lab.text("log", "view", "epsecd.log").splitlines()
    ours = [one["line"] for one in shown if one["log"] == "epsecd.log"]
    assert set(ours) <= set(epsecd)
    assert any('id="4233"' in line for line in ours)
    agent = [one["line"] for one in shown if one["log"] == "PC-01/MCSAgent.log"]
    assert any("Applied SWC-190_policy.xml" in line for line in agent)


@pytest.mark.parametrize("name", ["Endpoint Protection", "epsecd", "epsecd.log"])
def test_log_01_view_prints_the_bytes_of_epsecd_log(lab, name):
    result = lab.run("log", "view", name)
    assert result.stdout_bytes == (lab.data / "logs" / "utm" / "epsecd.log").read_bytes()


@pytest.mark.parametrize("name", ["Endpoint Web Protection", "eplog"])
def test_log_02_view_prints_the_bytes_of_eplog_log(lab, name):
    result = lab.run("log", "view", name)
    assert result.stdout_bytes == (lab.data / "logs" / "utm" / "eplog.log").read_bytes()


@pytest.mark.parametrize("name", ["PC-01/MCSClient.log", "PC-01/mcsclient"])
def test_log_view_prints_a_computers_log(lab, name):
    result = lab.run("log", "view", name)
    file = lab.data / "logs" / "endpoints" / "PC-01" / "MCSClient.log"
    assert result.stdout_bytes == file.read_bytes() != b""


@pytest.mark.parametrize("name", ["PC-01/../../secret", "PC-01/", "../PC-01/MCSClient.log", "x/y"])
def test_log_view_reads_nothing_but_logs(lab, name):
    result = lab.run("log", "view", name)
    assert result.exit_code == 1
    assert result.stdout == ""


def test_log_view_of_a_day_unpacks_its_archive(run, tmp_path):
    folder = tmp_path / "logs" / "utm" / "epsecd" / "2026" / "11"
    folder.mkdir(parents=True)
    with gzip.open(folder / "epsecd-2026-11-20.log.gz", "wb") as file:
        file.write(b"a line\n")
    words = ("--data", str(tmp_path), "log", "view", "epsecd", "--day")
    assert run(*words, date(2026, 11, 20).isoformat()).stdout_bytes == b"a line\n"
    assert run(*words, "2026-11-19").exit_code == 1


def test_log_tail_prints_the_last_lines(lab):
    lines = lab.text("log", "view", "epsecd").splitlines()
    assert lab.text("log", "tail", "epsecd", "-n", "3").splitlines() == lines[-3:]
    assert lab.text("log", "tail", "epsecd", "-n", "0") == ""


def test_utm_status_needs_nothing_running(lab):
    document = lab.json("utm", "status")
    assert document["utm"]["registered"]
    assert not document["running"]
