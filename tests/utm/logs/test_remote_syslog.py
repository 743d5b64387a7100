"""Lines reach a syslog server as they are on disk, and a server out of reach stops nobody."""

import asyncio

import pytest

from utm.logs import spool

from .syslog_receiver import tcp_receiver, udp_receiver

LINE = '2026:11:20-09:30:00 utm epsecd[7]: I id="4233" severity="info" n="{}"'


class Syslog:
    """A UTM that sends its logs to 127.0.0.1."""

    def __init__(self, utm):
        self.utm = utm

    async def send_to(self, port, kind="udp", *, buffer=0, reopen=1, logs=("epsecd",)):
        def configure(edit):
            host = edit.create("network", "host", {"name": "siem", "address": "127.0.0.1"})
            ports = {"name": "port", "dst_low": port, "dst_high": port}
            service = edit.create("service", kind, ports)
            server = {"name": "SIEM", "server": host, "port": service}
            target = edit.create("remote_syslog", "server", server)
            edit.set_node("remote_syslog.target", [target])
            edit.set_node("remote_syslog.logs", list(logs))
            edit.set_node("remote_syslog.buffer", buffer)
            edit.set_node("remote_syslog.time_reopen", reopen)
            edit.set_node("remote_syslog.status", True)

        await self.utm.edit("remote syslog", configure)
        await self.utm.remote_syslog.load()

    async def say(self, *numbers, log="epsecd"):
        lines = [LINE.format(number) for number in numbers]
        at = self.utm.now()
        await self.utm.writer.write(lambda db: spool.enqueue(db, log, at, lines))
        assert await self.utm.appender.drain()

    @property
    def state(self):
        (state,) = self.utm.remote_syslog.states()
        return state

    async def wait_until(self, reached):
        async with asyncio.timeout(60):
            while not reached(self.state):  # noqa: ASYNC110 - the sender tells nobody
                await asyncio.sleep(0.01)


@pytest.fixture
async def syslog(make_utm):
    utm = make_utm()
    await utm.start()
    return Syslog(utm)


async def test_a_datagram_is_the_priority_and_the_line(syslog):
    async with udp_receiver() as receiver:
        await syslog.send_to(receiver.port)
        await syslog.say(1, 2)
        messages = await receiver.wait_for(2)
    assert messages == [f"<30>{LINE.format(n)}".encode() for n in (1, 2)]


async def test_over_tcp_a_line_feed_ends_each_message(syslog):
    async with tcp_receiver() as receiver:
        await syslog.send_to(receiver.port, "tcp")
        await syslog.say(*range(250))
        messages = await receiver.wait_for(250)
    assert messages == [f"<30>{LINE.format(n)}\n".encode() for n in range(250)]
    assert (syslog.state.sent, syslog.state.waiting, syslog.state.dropped) == (250, 0, 0)


async def test_only_selected_logs_are_sent(syslog):
    async with udp_receiver() as receiver:
        await syslog.send_to(receiver.port, logs=["Endpoint Web Protection"])
        await syslog.say(1)
        await syslog.say(2, log="eplog")
        messages = await receiver.wait_for(1)
    assert [message.rpartition(b"=")[2] for message in messages] == [b'"2"']


async def test_a_change_of_the_configuration_holds_without_anybody_asking(syslog):
    async with udp_receiver() as first, udp_receiver() as second:
        await syslog.send_to(first.port)
        await syslog.utm.edit(
            "other port", lambda edit: edit.change(_port(edit), {"dst_low": second.port})
        )
        await syslog.wait_until(lambda state: str(second.port) in state.address)
        await syslog.say(1)
        assert len(await second.wait_for(1)) == 1
        assert first.messages == []


def _port(edit):
    return next(one.ref for one in edit.snapshot().of_class("service", "udp") if one.name == "port")


async def test_a_server_out_of_reach_stops_nobody_and_the_oldest_lines_go(syslog):
    async with tcp_receiver() as receiver:
        port = receiver.port
    await syslog.send_to(port, "tcp", buffer=3)
    await syslog.say(*range(10))
    await syslog.wait_until(lambda state: state.trouble)
    assert (syslog.state.waiting, syslog.state.dropped, syslog.state.sent) == (3, 7, 0)
    async with tcp_receiver(port) as receiver:
        messages = await receiver.wait_for(3)
    assert [message[-4:] for message in messages] == [f'"{n}"\n'.encode() for n in (7, 8, 9)]


async def test_a_connection_that_the_server_closed_is_opened_again(syslog):
    async with tcp_receiver() as receiver:
        await syslog.send_to(receiver.port, "tcp")
        await syslog.say(1)
        await receiver.wait_for(1)
        receiver.connections[0].close()
        await receiver.connections[0].wait_closed()
        await syslog.say(2)
        messages = await receiver.wait_for(2)
    assert [message[-4:] for message in messages] == [b'"1"\n', b'"2"\n']


async def test_nothing_is_sent_to_a_name_of_this_utm(syslog):
    async with udp_receiver() as receiver:
        await syslog.utm.edit(
            "own address",
            lambda edit: edit.create(
                "network", "interface_address", {"name": "lo", "address": "127.0.0.1"}
            ),
        )
        await syslog.send_to(receiver.port)
        await syslog.say(1)
        assert "this UTM" in syslog.state.trouble
        assert (syslog.state.sent, syslog.state.waiting) == (0, 0)
        assert receiver.messages == []


async def test_what_can_be_sent_is_sent_before_the_utm_stops(syslog):
    async with tcp_receiver() as receiver:
        await syslog.send_to(receiver.port, "tcp")
        await syslog.say(*range(20))
        await syslog.utm.stop()
        assert len(await receiver.wait_for(20)) == 20


async def test_switched_off_nothing_is_sent_any_more(syslog):
    async with udp_receiver() as receiver:
        await syslog.send_to(receiver.port)
        await syslog.utm.edit("off", lambda edit: edit.set_node("remote_syslog.status", False))
        await syslog.utm.remote_syslog.load()
        await syslog.say(1)
        assert syslog.utm.remote_syslog.states() == ()
        assert receiver.messages == []


async def test_a_name_that_leads_to_this_utm_is_refused_when_it_is_resolved(syslog):
    def configure(edit):
        edit.create("network", "interface_address", {"name": "lo", "address": "127.0.0.1"})
        host = edit.create("network", "dns_host", {"name": "s", "hostname": "localhost"})
        server = {"name": "SIEM", "server": host, "port": "REF_SEzkPqGizE"}
        edit.set_node("remote_syslog.target", [edit.create("remote_syslog", "server", server)])
        edit.set_node("remote_syslog.logs", ["epsecd"])
        edit.set_node("remote_syslog.status", True)

    await syslog.utm.edit("a name", configure)
    await syslog.utm.remote_syslog.load()
    await syslog.say(1)
    await syslog.wait_until(lambda state: state.trouble)
    assert "this UTM" in syslog.state.trouble
    assert syslog.state.sent == 0


async def test_a_name_that_cannot_be_one_is_told_as_trouble(syslog):
    def configure(edit):
        host = edit.create("network", "dns_host", {"name": "siem", "hostname": "a" * 70})
        service = edit.create("service", "udp", {"name": "port", "dst_low": 514, "dst_high": 514})
        server = {"name": "SIEM", "server": host, "port": service}
        edit.set_node("remote_syslog.target", [edit.create("remote_syslog", "server", server)])
        edit.set_node("remote_syslog.logs", ["epsecd"])
        edit.set_node("remote_syslog.status", True)

    await syslog.utm.edit("remote syslog", configure)
    await syslog.utm.remote_syslog.load()
    await syslog.say(1)
    await syslog.wait_until(lambda state: state.trouble)
    assert "cannot be reached" in syslog.state.trouble
    assert syslog.state.waiting == 1
