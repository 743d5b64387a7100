"""Verbs across processes: who may call them, and how a refusal travels."""

import json

import aiohttp
import pytest

from foundation.errors import DomainError
from foundation.net.control import (
    CONTROL_FILE,
    ControlClient,
    ControlError,
    ControlServer,
    LocalControl,
    NotRunningError,
)


class NoSuchGroupError(DomainError):
    code = "no_such_group"
    hint = "List them."


async def double(*, value: int) -> int:
    return value * 2


async def refuse() -> None:
    raise NoSuchGroupError("there is no group Sales")


@pytest.fixture
async def folder(tmp_path):
    server = ControlServer({"double": double, "refuse": refuse}, tmp_path)
    await server.start()
    yield tmp_path
    await server.stop()


async def test_a_verb_answers_across_the_wire_as_in_process(folder):
    assert await ControlClient(folder).call("double", value=4) == 8
    assert await LocalControl({"double": double}).call("double", value=4) == 8


async def test_a_refusal_keeps_code_sentence_and_hint(folder):
    with pytest.raises(ControlError) as refusal:
        await ControlClient(folder).call("refuse")
    assert refusal.value.code == "no_such_group"
    assert str(refusal.value) == "there is no group Sales"
    assert refusal.value.hint == "List them."


async def test_a_caller_without_the_token_is_refused(folder):
    port = json.loads((folder / CONTROL_FILE).read_text())["port"]
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/verbs/double", json={"value": 1}) as answer,
    ):
        assert answer.status == 401


async def test_a_folder_on_which_nothing_runs_says_so(tmp_path):
    with pytest.raises(NotRunningError):
        await ControlClient(tmp_path).call("double", value=1)
