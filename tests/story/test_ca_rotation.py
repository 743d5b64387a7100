"""The CA is rotated under a running lab: nobody loses contact, and no socket closes."""

import asyncio
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liveconnect.certificates import RotationTooEarlyError
from utmlab.api import lab_verbs
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0
SCHEMA = Path(__file__).parents[2] / "docs/schemas/ca-rotate.schema.json"
WEB_CONTROL = {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}}


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.1)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "enable")
        await stack.call("utm", "edit", operations=[WEB_CONTROL], summary="web control on")
        await stack.install("PC-01")
        await stack.wait_compliant()
        yield stack


def port_of(lab, call):
    return int(call["mcs_url"].split(":")[2].split("/")[0])


async def accepts(port, ca):
    """Whether openssl, which trusts one file, accepts the server."""
    done = await asyncio.to_thread(
        subprocess.run,
        [
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{port}",
            "-servername",
            "localhost",
            "-CAfile",
            str(ca),
            "-verify_return_error",
        ],
        input=b"",
        capture_output=True,
        timeout=GUARD_S,
        check=False,
    )
    return b"Verify return code: 0" in done.stdout and done.returncode == 0


async def all_told(lab):
    async with asyncio.timeout(GUARD_S):
        while (await lab.call("liveconnect", "ca"))["endpoints_behind"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def in_touch(lab, host):
    """Whether a change still reaches the computer, and its word the UTM."""
    done = await lab.call("utm", "policy_block", host=host)
    async with asyncio.timeout(GUARD_S):
        await lab.wait_compliant(done["changeset"])
    return (await lab.browse("PC-01", f"http://{host}/")).status == 403


async def test_prepare_switch_finish(lab, tmp_path):
    port = port_of(lab, await lab.call("utm", "status"))
    old = tmp_path / "old.crt"
    old.write_bytes(lab.liveconnect_ca.read_bytes())
    prepared = await lab_verbs(lab)["ca_rotate"](step="prepare")
    assert prepared["phase"] == "prepared"
    assert {"schema", *prepared} == set(json.loads(SCHEMA.read_bytes())["required"])
    await all_told(lab)
    await lab.call(
        "utm", "register"
    )  # with a certificate of the old CA that is younger than the new
    await lab.houses["liveconnect"].stop()
    await lab.houses["liveconnect"].start()
    assert (await lab.call("liveconnect", "ca"))["phase"] == "prepared"
    await lab.call("utm", "renew")
    assert await accepts(port, old)
    assert await in_touch(lab, "one.example")

    await lab.call("liveconnect", "ca_rotate", step="switch")
    assert not await accepts(port, old)
    assert await accepts(port, lab.computer("PC-01").host.server_ca)
    assert await in_touch(lab, "two.example")
    with pytest.raises(RotationTooEarlyError):
        await lab.call("liveconnect", "ca_rotate", step="finish")
    before = await lab.call("utm", "renew")
    assert (await lab.call("liveconnect", "ca"))["utms_behind"] == ()

    await all_told(lab)
    done = await lab.call("liveconnect", "ca_rotate", step="finish")
    assert done["phase"] == "stable"
    assert lab.liveconnect_ca.read_text().count("BEGIN CERTIFICATE") == 1
    await all_told(lab)
    assert await in_touch(lab, "three.example")
    assert await lab.call("utm", "renew") == before
    assert lab.computer("PC-01").host.server_ca.read_bytes() == lab.liveconnect_ca.read_bytes()
    await lab.install("PC-02")
    assert (await lab.call("liveconnect", "status"))["endpoints"] == 2


class Clock:
    """The present, which a test may move by years."""

    def __init__(self):
        self.ahead = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.ahead


async def test_nine_years_pass_and_certificates_are_renewed_before_their_end(tmp_path):
    clock = Clock()
    settings = LabSettings(ports=Ports(), poll_interval_s=0.1)
    async with Stack(Places.of(tmp_path / "lab"), settings, now=clock) as lab:
        await lab.call("utm", "enable")
        await lab.call("utm", "edit", operations=[WEB_CONTROL], summary="web control on")
        await lab.install("PC-01")
        await lab.wait_compliant()
        serials = {(await lab.call("utm", "renew"))["serial"]}
        for day in (600, 1770, 2400, 3540):
            clock.ahead = timedelta(days=day)
            await lab.call("liveconnect", "certificate_renew")
            serials.add((await lab.call("utm", "renew"))["serial"])
            assert await in_touch(lab, f"day-{day}.example")
        assert len(serials) == 3  # of five years each, made anew 60 days early
