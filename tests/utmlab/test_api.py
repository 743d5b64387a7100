"""The control API of a running lab: verbs over HTTP, the token, the OpenAPI document."""

import asyncio
import json
import stat

import aiohttp
import pytest

from foundation.net.control import ControlClient, ControlError, NotRunningError
from utmlab.api import lab_control, lab_verbs
from utmlab.installation import free_name
from utmlab.openapi import arguments_schema, describe
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.2)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        control = lab_control(stack)
        await control.start()
        yield stack
        await control.stop()


@pytest.fixture
def client(lab):
    return ControlClient(lab.places.data)


async def get(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def post(url, body, token=""):
    headers = {"X-Control-Token": token}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


def address(lab):
    return f"http://127.0.0.1:{lab.settings.ports.control}"


def token(lab):
    return json.loads((lab.places.data / "control.json").read_text())["token"]


async def test_the_openapi_document_names_every_verb_and_needs_no_token(lab):
    status, document = await get(f"{address(lab)}/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]) == {f"/verbs/{name}" for name in lab_verbs(lab)}
    assert token(lab) not in json.dumps(document)


async def test_a_verb_without_the_token_is_refused(lab):
    url = f"{address(lab)}/verbs/utm_token"
    assert (await post(url, "{}"))[0] == 401
    assert (await post(url, "{}", "wrong"))[0] == 401


async def test_the_token_is_readable_by_its_owner_only(lab):
    mode = (lab.places.data / "control.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"unknown": 1}', '{"host": "x.example", "extra": 1}']
)
async def test_wrong_arguments_are_answered_400_and_change_nothing(lab, client, body):
    before = (await client.call("utm_status"))["change"]
    status, answer = await post(f"{address(lab)}/verbs/policy_block", body, token(lab))
    assert (status, answer["error"]) == (400, "arguments_wrong")
    assert (await client.call("utm_status"))["change"] == before


async def test_a_refusal_keeps_its_code_sentence_and_hint(client):
    with pytest.raises(ControlError) as refused:
        await client.call("group_move", endpoint="NOBODY", group="Default")
    assert refused.value.code == "no_such_endpoint"
    assert refused.value.hint


async def test_an_unknown_verb_is_refused(client):
    with pytest.raises(ControlError) as refused:
        await client.call("launch")
    assert refused.value.code == "verb_unknown"


async def test_the_way_from_a_new_lab_to_a_blocked_page(client):
    await client.call("utm_enable")
    installed = await client.call("endpoint_install")
    assert installed["name"] == "PC-01"
    operations = [
        {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}},
    ]
    await client.call("edit", operations=operations, summary="web control on")
    done = await client.call("policy_block", host="news.example")
    await client.call("wait_compliant", changeset=done["changeset"], timeout_s=60)
    page = await client.call("endpoint_browse", endpoint="PC-01", url="http://news.example/")
    assert page["status"] == 403
    trace = await client.call("trace", changeset=done["changeset"])
    assert trace["endpoints"][0]["waits_for"] is None

    for url in ("ftp://news.example/", "http://", "nothing"):
        with pytest.raises(ControlError) as refused:
            await client.call("endpoint_browse", endpoint="PC-01", url=url)
        assert refused.value.code == "not_a_web_address"


async def test_a_switch_is_read_in_another_way_and_reaches_the_computer(client):
    await client.call("utm_enable")
    await client.call("endpoint_install")
    operations = [
        {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}},
    ]
    await client.call("edit", operations=operations, summary="web control on")
    await client.call("policy_block", host="news.example")
    done = await client.call("policy_allow", host="www.news.example")
    await client.call("wait_compliant", changeset=done["changeset"], timeout_s=30)
    page = {"endpoint": "PC-01", "url": "http://www.news.example/"}
    before = (await client.call("endpoint_browse", **page))["status"]
    done = await client.call("switch_set", name="whitelist_beats_blacklist", value="false")
    await client.call("wait_compliant", changeset=done["changeset"], timeout_s=30)
    after = (await client.call("endpoint_browse", **page))["status"]
    rows = {row["name"]: row["value"] for row in await client.call("switch_list")}

    assert (before, after) == (200, 403)
    assert rows["whitelist_beats_blacklist"] == "false"
    with pytest.raises(ControlError) as refused:
        await client.call("switch_set", name="whitelist_beats_blacklist", value="perhaps")
    assert refused.value.code == "unknown_switch"


async def test_a_command_is_refused_for_an_unknown_action_or_computer(client):
    for arguments, code in (
        ({"endpoint": "PC-01", "action": "explode"}, "unknown_action"),
        ({"endpoint": "PC-01", "action": "scan"}, "endpoint_not_enrolled"),
    ):
        with pytest.raises(ControlError) as refused:
            await client.call("command_send", **arguments)
        assert refused.value.code == code


async def test_a_page_is_never_fetched_past_web_control(lab, client, tmp_path):
    (lab.places.hosts / "BARE").mkdir(parents=True)
    lab.add_computer("BARE")
    with pytest.raises(ControlError) as refused:
        await client.call("endpoint_browse", endpoint="BARE", url="http://127.0.0.1:9/")
    assert refused.value.code == "page_unreachable"


async def test_a_wait_that_ends_is_refused_with_its_own_code(client):
    await client.call("utm_enable")
    with pytest.raises(ControlError) as refused:
        await client.call("wait_compliant", endpoint="PC-77", timeout_s=0.05)
    assert refused.value.code == "not_compliant"


async def test_a_stopped_lab_does_not_answer(tmp_path):
    stack = Stack(Places.of(tmp_path / "lab"), LabSettings(ports=Ports()))
    control = lab_control(stack)
    async with stack:
        await control.start()
        address_file = (stack.places.data / "control.json").read_bytes()
        await control.stop()
    with pytest.raises(NotRunningError):
        await ControlClient(stack.places.data).call("status")
    # A killed lab leaves its address behind.
    (stack.places.data / "control.json").write_bytes(address_file)
    with pytest.raises(NotRunningError):
        await ControlClient(stack.places.data).call("status")


def test_free_names_are_counted():
    assert free_name([]) == "PC-01"
    assert free_name(["PC-01", "DESK", "PC-03"]) == "PC-02"


async def _verb(
    *, host: str, limit: int = 3, names: list[str] | None = None, rate: float = 1.0
) -> dict[str, str]:
    """Do it.

    And more.
    """
    return {host: str((limit, names, rate))}


def test_openapi_arguments_come_from_the_signature():
    assert arguments_schema(_verb) == {
        "type": "object",
        "properties": {
            "host": {"type": "string"},
            "limit": {"type": "integer", "default": 3},
            "names": {"type": ["array", "null"], "items": {"type": "string"}, "default": None},
            "rate": {"type": "number", "default": 1.0},
        },
        "required": ["host"],
        "additionalProperties": False,
    }


def test_openapi_summaries_are_the_first_line():
    operation = describe({"do": _verb})["paths"]["/verbs/do"]["post"]
    assert (operation["operationId"], operation["summary"]) == ("do", "Do it.")


async def test_a_lab_is_ready_while_both_houses_are(lab):
    status, content = await get(f"{address(lab)}/readyz")
    assert (status, content["ready"]) == (200, True)
    await lab.houses["utm"].stop()
    status, content = await get(f"{address(lab)}/readyz")
    assert (status, content["ready"]) == (503, False)
    assert content["checks"]["utm.answers"] == "utm is stopped"
    assert content["checks"]["liveconnect.store"] == ""


async def test_the_metrics_of_both_houses_are_told_without_a_token_or_a_secret(lab):
    await lab.call("utm", "enable")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{address(lab)}/metrics") as answer,
    ):
        text = await answer.text()
    assert "utm_link_up 1.0" in text
    assert "liveconnect_utms 1.0" in text
    assert (await lab.call("utm", "token"))["token"] not in text


async def test_a_token_that_is_no_text_is_a_wrong_one(lab):
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.settings.ports.control)
    writer.write(
        b"POST /verbs/utm_status HTTP/1.1\r\nHost: localhost\r\nX-Control-Token: \x88\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 401")
    writer.close()


async def test_liveconnect_itself_is_asked_by_name(lab):
    verbs = lab_verbs(lab)
    await verbs["liveconnect"](name="flags_replace", arguments={"flags": {"new.engine": True}})
    assert (await verbs["liveconnect"](name="ca"))["phase"] == "stable"
