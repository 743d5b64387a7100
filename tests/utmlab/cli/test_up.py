"""`utmlab up` as a person uses it: a process, the command line beside it, Ctrl-C, and again."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from endpoint.service_table import MCS_CLIENT
from tests.utmlab.cli import schemas
from tests.utmlab.cli.running import FAST, PATIENCE_S, Running, started, up, utmlab, wait_until
from utmlab.api import lab_control
from utmlab.demo.configuration import CONFIGURATION
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with up(tmp_path_factory.mktemp("up") / "lab", "--endpoints", "2", *FAST) as lab:
        yield lab


def test_the_ready_file_is_as_its_schema_says(running):
    assert schemas.problems(running.ready, schemas.schema("up")) == []
    assert [one["name"] for one in running.ready["computers"]] == ["PC-01", "PC-02"]


def test_status_knows_the_process(running):
    assert running.call("status")["pid"] == running.process.pid == running.ready["pid"]


def test_a_block_reaches_the_computer_that_browses(running):
    url = "http://news.example/"
    assert running.call("endpoint", "browse", "PC-01", url)["status"] == 200
    done = running.call("policy", "block", "news.example", "--shared", "--wait", "60")
    assert done["filter_action_ref"] == "REF_HttCffEverybody"
    assert "REF_HttCffEverybody" in done["objects"]
    assert running.call("endpoint", "browse", "PC-01", url)["status"] == 403
    assert running.call("trace", str(done["changeset"]))["endpoints"][0]["waits_for"] is None
    test = running.call("policy", "test", url, "--endpoint", "PC-01", "--expect", "block")
    assert test["verdict"]["reason"] == "blacklist"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("policy-edit", ("policy", "warn", "sport.example", "--shared")),
        ("policy-edit", ("policy", "allow", "games.example", "--shared")),
        ("group-create", ("group", "create", "Guests")),
        ("group-move", ("group", "move", "PC-02", "Marketing", "--wait", "60")),
        ("command-send", ("command", "send", "PC-01", "scan")),
        ("endpoint-browse", ("endpoint", "browse", "PC-01", "http://shop.example/", "--proceed")),
        ("deploy-agent", ("utm", "deploy-agent")),
        ("journal", ("journal", "--endpoint", "PC-01", "-n", "2")),
        ("endpoint-move", ("endpoint", "move", "PC-01", "--to", "office")),
        ("endpoint-move", ("endpoint", "move", "PC-01", "--to", "roaming")),
        ("endpoint-access", ("endpoint", "remove", "PC-02")),
        ("endpoint-access", ("endpoint", "restore", "PC-02")),
        ("utm", ("utm", "register")),
    ],
)
def test_an_edit_answers_as_its_schema_says(running, schema, words):
    assert schemas.problems(running.call(*words), schemas.schema(schema)) == []


def test_a_step_of_a_rotation_that_is_not_the_next_is_refused(running):
    error = running.call("ca", "--rotate", "switch", "--force", exit_code=1)
    assert error["error"]["code"] == "rotation_out_of_step"


def test_the_ca_is_rotated_in_three_steps(running):
    def asked(verb, **arguments):
        answer = running.call("mcs", "ask", verb, json.dumps(arguments))
        assert schemas.problems(answer, schemas.schema("mcs-ask")) == []
        return answer["answer"]

    def everybody_knows():
        state = asked("ca")
        return not state["endpoints_behind"] and not state["utms_behind"]

    before = running.call("ca")
    for step, phase in (("prepare", "prepared"), ("switch", "switched"), ("finish", "stable")):
        wait_until(everybody_knows, running.process)
        done = running.call("ca", "--rotate", step)
        assert schemas.problems(done, schemas.schema("ca-rotate")) == []
        assert done["phase"] == phase
    after = running.call("ca")
    assert after["phase"] == before["phase"] == "stable"
    assert after["pem"].count("BEGIN CERTIFICATE") == 1
    assert after["sha256"] != before["sha256"]
    running.call("policy", "block", "rotated.example", "--shared", "--wait", "60")


def test_liveconnect_is_asked_what_a_computer_answered(running):
    sent = running.call("command", "send", "PC-01", "scan")
    question = json.dumps({"endpoint_id": sent["id"]})

    def is_answered():
        said = running.call("mcs", "ask", "responses", question)["answer"]
        return sent["command_id"] in {one["command_id"] for one in said}

    wait_until(is_answered, running.process)


def test_a_question_that_liveconnect_does_not_know_or_cannot_read_is_refused(running):
    words = ("mcs", "ask", "responses")
    unknown = running.call(*words, '{"endpoint_id": "nobody"}', exit_code=1)
    assert unknown["error"]["code"] == "endpoint_unknown"
    for unreadable in ("nobody", "[]"):
        assert running.call(*words, unreadable, exit_code=2)["error"]["code"] == "usage"


def test_an_installer_makes_another_computer(running, tmp_path):
    file = running.call("utm", "deploy-agent", "--folder", str(tmp_path))["file"]
    answer = running.call(
        "endpoint", "install", file, "--name", "DESK", "--product", "ACME AntiVirus"
    )
    assert schemas.problems(answer, schemas.schema("endpoint-install")) == []
    assert any("ACME AntiVirus" in line for line in answer["lines"])
    assert running.call("endpoint", "show", "DESK")["installed"]
    error = running.call("endpoint", "install", file, "--name", "DESK", exit_code=1)
    assert error["error"]["code"] == "computer_exists"
    # The demo's group is protected and has no password that could lift it.
    running.call("policy", "allow", "desk.example", "--shared", "--wait", "60")
    words = ("endpoint", "uninstall", "DESK", "--password", "guessed")
    refused = running.call(*words, exit_code=6)
    assert refused["error"]["code"] == "tamper_protected"
    assert running.call("endpoint", "show", "DESK")["installed"]


def test_an_uninstallation_is_granted_with_the_password_and_where_nothing_protects(
    running, tmp_path
):
    file = running.call("utm", "deploy-agent", "--folder", str(tmp_path))["file"]
    for name in ("KIOSK", "SPARE"):
        running.call("endpoint", "install", file, "--name", name)
    set_tamper_password(running, "open sesame")
    running.call("group", "move", "SPARE", "Marketing", "--wait", "60")
    for words in (("KIOSK", "--password", "open sesame"), ("SPARE",)):
        done = running.call("endpoint", "uninstall", *words)
        assert schemas.problems(done, schemas.schema("endpoint-uninstall")) == []
        assert not running.call("endpoint", "show", words[0])["installed"]


def set_tamper_password(running, password):
    variables = running.call("env", "--secrets")["variables"]
    subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--fail", "--request", "PUT"),
            *("--cacert", variables["UTMLAB_WEBADMIN_CA_FILE"], "--data", json.dumps(password)),
            *("--user", f"token:{variables['UTMLAB_API_TOKEN']}"),
            *("--header", "Content-Type: application/json"),
            f"{variables['UTMLAB_REST_URL']}/nodes/epp.tamper_password",
        ],
        check=True,
        timeout=PATIENCE_S,
    )


async def test_a_wait_that_ends_names_what_is_missing_and_ends_with_4(tmp_path):
    places = Places.of(tmp_path / "lab")
    async with Stack(places, LabSettings(ports=Ports(), poll_interval_s=0.3)) as lab:
        await lab.call("utm", "enable")
        await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        computer = await lab.install("PC-01")
        await computer.endpoint.services.stop(MCS_CLIENT)  # nobody fetches the policy
        control = lab_control(lab)
        await control.start()
        words = ("policy", "block", "x.example", "--shared", "--wait", "0.1")
        done = await asyncio.to_thread(utmlab, places.data, *words, "--json")
        await control.stop()
    assert done.returncode == 4, done.stdout + done.stderr
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "not_compliant"
    assert "PC-01" in error["message"]


def test_a_refusal_of_the_utm_is_told_with_its_hint(running):
    error = running.call("policy", "block", "y.example", "--group", "Nobody", exit_code=1)
    assert error["error"]["code"] == "no_such_group"


def test_a_second_lab_on_the_folder_is_refused(running):
    done = utmlab(running.data, "up", "--ports", "0")
    assert done.returncode == 1
    assert f"process {running.process.pid}" in done.stderr


def test_our_own_mcs_server_conforms(running):
    variables = running.call("env", "--secrets")["variables"]
    words = ("mcs", "check-server", variables["UTMLAB_MCS_URL"])
    answer = running.call(*words, "--token", variables["UTMLAB_TOKEN"], "--rule", "1.1-tls")
    assert schemas.problems(answer, schemas.schema("mcs-check-server")) == []
    assert answer["conforms"]


def test_ctrl_c_stops_it_and_starting_again_goes_on_from_the_stored_state(tmp_path):
    data = tmp_path / "lab"
    with up(data, "--endpoints", "1", "--timezone", "Europe/Berlin", *FAST) as first:
        first.call("policy", "block", "news.example", "--shared", "--wait", "60")
        known = first.call("endpoint", "list")["computers"]
        assert "Stopped" in first.interrupt()
    assert not (tmp_path / "lab.ready").exists()
    assert not (data / "control.json").exists()
    with up(data, "--endpoints", "1", *FAST) as second:
        assert second.ready["timezone"] == "Europe/Berlin"
        assert second.ready["mcs_port"] == first.ready["mcs_port"]
        again = second.call("endpoint", "list")["computers"]
        assert [one["id"] for one in again] == [one["id"] for one in known]
        assert second.call("endpoint", "browse", "PC-01", "http://news.example/")["status"] == 403
        second.call("policy", "allow", "news.example", "--wait", "60")
        second.interrupt(signal.SIGTERM)


def test_a_house_that_died_makes_the_lab_degraded(tmp_path):
    with up(tmp_path / "lab", "--processes", *FAST) as lab:
        try:
            houses = lab.call("status")["houses"]
            os.kill(houses["utm"], signal.SIGKILL)
            while "utm ended with -9" not in (line := lab.process.stderr.readline()):
                assert line, "it never said so"
            status = utmlab(lab.data, "status", "--json")
            assert status.returncode == 5, status.stderr
            told = json.loads(status.stdout)
            assert told["degraded"]
            assert told["houses"] == {**houses, "utm": None}
            assert "without utm" in utmlab(lab.data, "status").stdout
            doctor = utmlab(lab.data, "doctor")
            assert doctor.returncode == 5, doctor.stderr
            assert "the UTM does not run, though the lab does" in doctor.stdout
        finally:
            lab.interrupt()  # the other house would outlive a kill


def test_sigint_before_it_is_ready_stops_it_cleanly_too(tmp_path):
    words = ("up", "--ports", "0", "--endpoints", "8")
    with started(tmp_path / "lab", *words) as process:
        wait_until((tmp_path / "lab" / "hosts").exists, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "Traceback" not in err
