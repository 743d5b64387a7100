"""A real rsyslogd takes what replay sends; unmangle gives back the lines from what it stored."""

import asyncio
import io
import math
import re
import shutil

import pytest

from utmlab.logtools.generate import Order
from utmlab.logtools.reading import split_lines
from utmlab.logtools.replaying import Receiver, send, timed
from utmlab.logtools.unmangle import unmangle

pytestmark = pytest.mark.peer

COUNT = 60
OWN = re.compile(r"^.* \d{4}: \d\d:\d\d-.*$", re.MULTILINE)


async def content(path, wanted):
    """Wait until another program has written what is wanted."""
    async with asyncio.timeout(60):
        while not (path.exists() and wanted(path.read_text())):  # noqa: ASYNC110 - another's file
            await asyncio.sleep(0.02)
    return path.read_text()


@pytest.fixture
async def rsyslogd(tmp_path):
    program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    assert program, "rsyslogd is needed: apt-get install rsyslog"
    stored, port_file, config = (tmp_path / name for name in ("stored.log", "port", "conf"))
    config.write_text(
        f'global(workDirectory="{tmp_path}")\nmodule(load="imtcp")\n'
        f'ruleset(name="stored") {{ action(type="omfile" file="{stored}" '
        'template="RSYSLOG_TraditionalFileFormat") }\n'
        'input(type="imtcp" address="127.0.0.1" port="0" ruleset="stored" '
        f'listenPortFileName="{port_file}")\n'
    )
    process = await asyncio.create_subprocess_exec(
        *(program, "-n", "-f", str(config), "-i", str(tmp_path / "pid"))
    )
    port = int(await content(port_file, lambda text: text.strip().isdigit()))
    yield port, stored
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("framing", ["lf", "octet"])
async def test_what_rsyslogd_stored_is_unmangled_to_what_was_sent(rsyslogd, framing):
    port, stored = rsyslogd
    raws = [pair.raw for pair in Order(scenario="endpoint-sync", count=COUNT).pairs()]
    lines = split_lines(io.BytesIO("".join(f"{raw}\n" for raw in raws).encode()))
    receiver = Receiver(host="127.0.0.1", port=port, protocol="tcp", framing=framing)
    await send(timed(lines), receiver, math.inf, lambda: None)
    text = await content(stored, lambda text: len(OWN.findall(text)) == COUNT)
    own = "".join(f"{line}\n" for line in OWN.findall(text)).encode()
    found = list(unmangle(split_lines(io.BytesIO(own))))
    assert [one.data.decode() for one in found] == raws
    assert {one.transport for one in found} == {"mangled"}
