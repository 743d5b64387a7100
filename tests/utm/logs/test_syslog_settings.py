"""Where lines are sent to, read from the configuration; priorities; loops are refused."""

import pytest

from utm.confd import read_snapshot
from utm.logs.syslog_settings import (
    CLASSES,
    DEFAULT_BUFFER,
    DEFAULT_REOPEN_S,
    priority,
    read_settings,
)


@pytest.fixture
def configured(appliance):
    def configure(server, port="REF_SEzkPqGizE", **attributes):
        made = appliance.create(
            "remote_syslog", "server", name="SIEM", server=server, port=port, **attributes
        )
        appliance.set_node("remote_syslog.status", True)
        appliance.set_node("remote_syslog.target", [made])
        return read_settings(read_snapshot(appliance.db, CLASSES))

    return configure


@pytest.fixture
def host(appliance):
    return appliance.create("network", "host", name="siem", address="192.0.2.50")


def test_nothing_is_sent_by_a_factory_new_appliance(appliance):
    assert read_settings(read_snapshot(appliance.db, CLASSES)).targets == ()


def test_a_server_is_a_host_and_a_port_object(configured, host):
    (target,) = configured(host).targets
    assert (target.host, target.port, target.protocol) == ("192.0.2.50", 514, "udp")
    assert (target.name, target.problem) == ("SIEM", "")


def test_a_tcp_port_object_makes_it_tcp(appliance, configured, host):
    port = appliance.create("service", "tcp", name="syslog tcp", dst_low=1514, dst_high=1514)
    (target,) = configured(host, port).targets
    assert (target.port, target.protocol) == (1514, "tcp")


def test_a_dns_host_and_a_group_are_servers(appliance, configured):
    name = appliance.create("network", "dns_host", name="s", hostname="siem.example")
    group = appliance.create("network", "availability_group", name="g", members=[name])
    assert configured(group).targets[0].host == "siem.example"


def test_an_address_of_the_utm_is_refused(appliance, configured, host):
    appliance.create("network", "interface_address", name="eth0", address="192.0.2.50")
    (target,) = configured(host).targets
    assert "this UTM" in target.problem
    assert target.host == ""


def test_off_is_no_target(appliance, configured, host):
    assert configured(host).targets
    appliance.set_node("remote_syslog.status", False)
    assert read_settings(read_snapshot(appliance.db, CLASSES)).targets == ()


def test_a_server_that_is_gone_is_named(appliance, configured, host):
    configured(host)
    appliance.set_node("remote_syslog.target", ["REF_Gone"])
    (target,) = read_settings(read_snapshot(appliance.db, CLASSES)).targets
    assert target.problem == "there is no such server"


def test_logs_are_selected_by_either_name_and_none_by_default(appliance, configured, host):
    assert configured(host).logs == frozenset()
    labels = ["Endpoint Protection", "eplog", "Firewall"]
    appliance.set_node("remote_syslog.logs", labels)
    assert read_settings(read_snapshot(appliance.db, CLASSES)).logs == {"epsecd", "eplog"}


def test_less_than_nothing_is_the_default(appliance, configured, host):
    configured(host)
    appliance.set_node("remote_syslog.buffer", -1)
    appliance.set_node("remote_syslog.time_reopen", -5)
    settings = read_settings(read_snapshot(appliance.db, CLASSES))
    assert (settings.buffer, settings.reopen_s) == (DEFAULT_BUFFER, DEFAULT_REOPEN_S)


def test_buffer_and_pause_have_defaults(appliance, configured, host):
    settings = configured(host)
    assert (settings.buffer, settings.reopen_s) == (DEFAULT_BUFFER, DEFAULT_REOPEN_S)
    appliance.set_node("remote_syslog.buffer", 5)
    appliance.set_node("remote_syslog.time_reopen", 3)
    settings = read_settings(read_snapshot(appliance.db, CLASSES))
    assert (settings.buffer, settings.reopen_s) == (5, 3)


@pytest.mark.parametrize(
    ("severity", "number"),
    [("debug", 31), ("info", 30), ("notice", 29), ("warning", 28), ("error", 27), ("odd", 30)],
)
def test_priority_is_daemon_and_the_lines_severity(severity, number):
    assert priority(b'x: id="1" severity="%b" sys="S"' % severity.encode()) == number
    assert priority(b"free text") == 30
