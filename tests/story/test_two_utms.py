"""Two real UTMs on one real LiveConnect, each with a computer: nothing of one is at the other."""

import asyncio
from pathlib import Path

from utm.app import Utm
from utm.config import UtmConfig
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0


async def block(utm, host):
    return (await utm.verbs["policy_block"](host=host))["changeset"]


async def until(is_so):
    async with asyncio.timeout(GUARD_S):
        while not await is_so():  # noqa: ASYNC110 - two programs
            await asyncio.sleep(0.05)


async def test_two_utms_side_by_side(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.1)
    async with Stack(Places.of(tmp_path / "lab"), settings) as lab:
        link = f"https://localhost:{lab.settings.ports.link}"
        other = Utm(
            UtmConfig(
                data=tmp_path / "utm",
                logs=tmp_path / "logs",
                liveconnect_url=link,
                liveconnect_ca=lab.liveconnect_ca,
                host_name="second",
                webadmin_port=0,
            )
        )
        await other.start()
        try:
            await tell_the_story(lab, other)
        finally:
            await other.stop()


async def tell_the_story(lab, other):
    web_control = {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}}
    await lab.call("utm", "enable")
    await lab.call("utm", "edit", operations=[web_control], summary="on")
    await other.verbs["enable"]()
    await other.verbs["edit"](operations=[web_control], summary="on")
    await lab.install("PC-01")
    installer = Path((await other.verbs["deploy_agent"]())["file"])
    await lab.install("PC-02", installer)
    await lab.call("utm", "policy_block", host="first.example")
    await block(other, "second.example")

    async def enforced():
        blocked = [
            (await lab.browse(name, f"http://{host}.example/")).status == 403
            for name, host in (("PC-01", "first"), ("PC-02", "second"))
        ]
        return all(blocked)

    await until(enforced)
    for name, host in (("PC-01", "second"), ("PC-02", "first")):
        assert (await lab.browse(name, f"http://{host}.example/")).status == 200
    assert [one["name"] for one in await lab.call("utm", "endpoint_list")] == ["PC-01"]
    assert [one["name"] for one in await other.verbs["endpoint_list"]()] == ["PC-02"]
    found = await lab.call("liveconnect", "endpoints")
    assert len({one["tenant"] for one in found}) == 2
