"""A real rsyslogd: what it stores of our datagrams and streams is the golden file.

rsyslogd's own time and the host that it takes the sender for are masked.
"""

import asyncio
import re
import shutil
import socket
from itertools import chain
from pathlib import Path

import pytest

from utm.logs import spool
from utmlab.logtools.transport import unwrap

pytestmark = pytest.mark.peer

GOLDEN = Path(__file__).parent / "golden" / "rsyslog-mangled.log"
OWN_PART = re.compile(r"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ ")
MASK = "Mmm dd hh:mm:ss HOST "
EPSECD = (
    '2018:07:26-17:57:33 filter epsecd[5666]: I id="{}" severity="info" sys="System" sub="epsecd"'
)
SYNC = "Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"
LINES = {
    "epsecd": [
        f'{EPSECD.format("4233")} name="{SYNC}"',
        f'{EPSECD.format("4211")} name="Received report(s) from Sophos LiveConnect"',
        f'{EPSECD.format("4212")} name="Acknowledging report(s)" reports="-1,-1"',
    ],
    "eplog": [
        '2018:07:26-17:57:40 filter eplog[5667]: id="0001" user="ACME\\ann" ua="X (X11; x86_64)"',
    ],
    "confd": [
        '2018:07:26-17:57:41 filter confd[41177]: D sys::AUTOLOAD:307() => id="3100" sub="confd"',
    ],
}


class Rsyslogd:
    """A running rsyslogd that stores what it receives in one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "stored.log"
        self.udp_port = _free_udp_port()
        self.tcp_port = 0

    async def start(self) -> asyncio.subprocess.Process:
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        assert program, "rsyslogd is needed: apt-get install rsyslog"
        port_file = self.folder / "port"
        config = self.folder / "rsyslog.conf"
        config.write_text(
            f'global(workDirectory="{self.folder}")\n'
            'module(load="imudp")\nmodule(load="imtcp")\n'
            f'ruleset(name="stored") {{ action(type="omfile" file="{self.file}" '
            'template="RSYSLOG_TraditionalFileFormat") }\n'
            f'input(type="imudp" address="127.0.0.1" port="{self.udp_port}" ruleset="stored")\n'
            'input(type="imtcp" address="127.0.0.1" port="0" ruleset="stored" '
            f'listenPortFileName="{port_file}")\n'
        )
        process = await asyncio.create_subprocess_exec(
            *(program, "-n", "-f", str(config), "-i", str(self.folder / "pid"))
        )
        self.tcp_port = int(await _content(port_file, re.compile(r"\d+\s*")))
        return process

    async def stored(self, count: int) -> list[str]:
        """The lines that the test wrote; those of confd about the configuration are others."""
        text = await _content(self.file, re.compile(rf"(?:.*\n)*?(?:.* 2018: .*\n){{{count}}}"))
        return [line for line in text.splitlines() if " 2018: " in line]


def _free_udp_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _content(path: Path, wanted: re.Pattern[str]) -> str:
    """Wait until another program has written what is wanted."""
    async with asyncio.timeout(60):
        while not (  # noqa: ASYNC110 - a file of another program
            path.exists() and wanted.fullmatch(path.read_text())
        ):
            await asyncio.sleep(0.02)
    return path.read_text()


@pytest.fixture
async def rsyslogd(tmp_path):
    daemon = Rsyslogd(tmp_path)
    process = await daemon.start()
    yield daemon
    process.terminate()
    await process.wait()


async def _configure(utm, kind, port):
    def configure(edit):
        host = edit.create("network", "host", {"name": "rsyslogd", "address": "127.0.0.1"})
        service = edit.create("service", kind, {"name": "p", "dst_low": port, "dst_high": port})
        server = {"name": "rsyslogd", "server": host, "port": service}
        target = edit.create("remote_syslog", "server", server)
        edit.set_node("remote_syslog.target", [target])
        edit.set_node("remote_syslog.logs", list(LINES))
        edit.set_node("remote_syslog.status", True)

    await utm.edit("remote syslog", configure)
    await utm.quiesce()
    await utm.remote_syslog.load()


@pytest.mark.parametrize("kind", ["udp", "tcp"])
async def test_rsyslogd_eats_the_year_and_keeps_the_rest(utm, rsyslogd, kind):
    await _configure(utm, kind, rsyslogd.udp_port if kind == "udp" else rsyslogd.tcp_port)
    for log, lines in LINES.items():
        await utm.writer.write(
            lambda db, log=log, lines=lines: spool.enqueue(db, log, utm.now(), lines)
        )
        assert await utm.appender.drain()
    golden = GOLDEN.read_text().splitlines()
    stored = await rsyslogd.stored(len(golden))
    assert [OWN_PART.sub(MASK, line) for line in stored] == golden
    assert [unwrap(line).line for line in stored] == list(chain(*LINES.values()))
