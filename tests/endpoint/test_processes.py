"""Services as processes of their own: ready, killed at named points, stopped, one per host."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from endpoint.bells import file_bells
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.outbox import Notice, Outbox
from endpoint.products import OURS, InstalledProducts
from endpoint.reading import EndpointArchive
from endpoint.service_lock import adopt_running
from endpoint.service_table import MCS_AGENT, ServiceTable
from foundation.durable.files import write_atomic
from foundation.protocol.policies import seal
from foundation.webfilter.policy import FilterAction, Profile, SiteList, WebPolicy
from foundation.webfilter.policy_xml import encode_web_policy

REPOSITORY = Path(__file__).parents[2]
AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)
BLOCKED = SiteList(ref="REF_Block", domains=("blocked.example",))
POLICY = WebPolicy(
    group_ref="REF_Group",
    profiles=(Profile(ref="REF_Base", default_action_ref="REF_Action", is_base=True),),
    actions=(FilterAction(ref="REF_Action", url_blacklist=(BLOCKED,)),),
)


class Lab:
    """A host and the processes that a test starts on it."""

    def __init__(self, host):
        self.host = host
        self.processes = []
        bells = file_bells(host)
        self.handover = Handover(host, persist_bell=bells.persist, spool_bell=bells.spool)
        for name in OURS:
            InstalledProducts(host).install(name, "10.8.4")

    def start(self, service, *more):
        process = subprocess.Popen(
            [sys.executable, "-m", "endpoint", service, "--host", str(self.host.root), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        self.processes.append(process)
        return process

    def ready(self, process):
        return json.loads(process.stdout.readline())

    def end(self):
        for process in self.processes:
            process.kill()
            process.communicate()


def until(condition, limit_s=120.0):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture
def lab(tmp_path):
    lab = Lab(HostFolder(tmp_path / "laptop"))
    yield lab
    lab.end()


@pytest.mark.parametrize(
    "point",
    [
        "agent.before_apply",
        "agent.after_apply",
        "agent.after_status_stored",
        "agent.after_event_stored",
    ],
)
def test_mcs_06_an_agent_killed_at_a_point_loses_nothing_and_doubles_nothing(point, lab):
    rev_id, body = seal(encode_web_policy(POLICY))
    lab.handover.store_policy("SWC", 190, body)
    Outbox(lab.host.web_control_activity).put(Notice(id="n1", app_id="SWC", at=AT, body="<event/>"))
    killed = lab.start("agent", "--kill-at", point)
    assert killed.wait(120) == -signal.SIGKILL
    lab.ready(lab.start("agent"))
    archive = EndpointArchive(lab.host.root)
    until(lambda: archive.waiting_activities == 0 and lab.handover.statuses())
    assert archive.enforced == {"SWC": rev_id}
    assert archive.apps["SWC"].applications == 1
    assert [event.id for event in lab.handover.events()] == ["n1"]
    assert len(lab.handover.statuses()) == 1


def test_sigterm_stops_a_service_cleanly(lab):
    agent = lab.start("agent")
    lab.ready(agent)
    agent.terminate()
    assert agent.wait(120) == 0
    assert "Sophos MCS Agent stopped" in lab.host.agent_log.read_text()


@pytest.mark.parametrize("service", ["client", "agent", "web-control", "autoupdate"])
def test_a_host_that_is_not_there_is_refused_and_not_made(service, lab, tmp_path):
    lab.host = HostFolder(tmp_path / "lapdog")
    process = lab.start(service)
    assert process.wait(120) == 1
    said = process.stderr.read().decode()
    assert f"there is no host folder {tmp_path / 'lapdog'}" in said
    assert "Traceback" not in said
    assert not lab.host.root.exists()


def test_what_a_killed_service_left_half_written_is_removed_at_the_next_start(lab):
    left = lab.host.persist / ".SWC-190_policy.xml.4194305.new"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"<pol")
    lab.ready(lab.start("agent"))
    assert not left.exists()


def test_mcs_03_a_second_process_of_a_service_is_refused_and_the_first_is_found(lab):
    ServiceTable(lab.host).install(MCS_AGENT)
    first = lab.start("agent")
    lab.ready(first)
    second = lab.start("agent")
    assert second.wait(120) == 1
    assert str(first.pid) in second.stderr.read().decode()
    adopt_running(lab.host)
    assert ServiceTable(lab.host).entry(MCS_AGENT).pid == first.pid


def test_utm_07_web_control_filters_with_nobody_else_running(lab):
    write_atomic(lab.host.web_control_policy, seal(encode_web_policy(POLICY))[1])
    port = lab.ready(lab.start("web-control"))["port"]
    proxy = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(proxy).open("http://blocked.example/", timeout=60)
    assert refused.value.code == 403
    until(lambda: EndpointArchive(lab.host.root).waiting_activities == 1)


def test_a_policy_from_the_agent_reaches_web_control_by_its_bell(lab):
    lab.ready(lab.start("agent"))
    web_control = lab.start("web-control")
    lab.ready(web_control)
    rev_id, body = seal(encode_web_policy(POLICY))
    lab.handover.store_policy("SWC", 190, body)
    log = lab.host.web_control / "Logs" / "WebControl.log"
    until(lambda: f"RevID={rev_id} is in force" in log.read_text())


def test_the_command_line_names_its_services():
    ended = subprocess.run(
        [sys.executable, "-m", "endpoint", "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert ended.returncode == 0
    for name in ("client", "agent", "web-control", "autoupdate", "setup"):
        assert name in ended.stdout
