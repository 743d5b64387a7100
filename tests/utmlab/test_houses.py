"""A house as tasks and as a process: the same verbs, the same words when it does not run."""

import pytest

from foundation.errors import DomainError
from foundation.net.control import ControlError, NotRunningError
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utmlab.houses import HouseStartError, ProcessHouse, TaskHouse


@pytest.fixture(params=["tasks", "process"])
async def house(request, tmp_path):
    """A LiveConnect that is not started yet."""
    if request.param == "tasks":
        config = LiveConnectConfig(data=tmp_path / "data", mcs_port=0, link_port=0)
        house = TaskHouse("liveconnect", lambda: LiveConnect(config))
    else:
        arguments = ["--data", str(tmp_path / "data"), "--mcs-port", "0", "--link-port", "0"]
        house = ProcessHouse("liveconnect", tmp_path / "data", lambda: arguments)
    yield house
    await house.stop()


async def test_a_house_answers_once_it_is_started(house):
    assert not house.is_running
    await house.start()

    assert house.is_running
    assert (await house.call("status"))["endpoints"] == 0


async def test_starting_twice_is_one_start(house):
    await house.start()
    running = getattr(house, "pid", None) or house.service
    await house.start()

    assert (getattr(house, "pid", None) or house.service) == running


async def test_a_stopped_house_is_said_to_be_stopped_and_starts_again(house):
    await house.start()
    await house.stop()
    with pytest.raises(NotRunningError):
        await house.call("status")
    await house.stop()
    await house.start()

    assert (await house.call("status"))["utms"] == []


async def test_a_verbs_refusal_comes_through_with_its_code(house):
    await house.start()
    with pytest.raises(DomainError, match="there is no endpoint E1") as refusal:
        await house.call("remove_endpoint", endpoint_id="E1")

    assert not isinstance(refusal.value, NotRunningError)
    if isinstance(refusal.value, ControlError):
        assert refusal.value.code


async def test_a_process_that_ends_at_once_says_why(tmp_path):
    arguments = ["--data", str(tmp_path / "data"), "--no-such-option"]
    house = ProcessHouse("liveconnect", tmp_path / "data", lambda: arguments)

    with pytest.raises(HouseStartError, match="no-such-option"):
        await house.start()
    assert not house.is_running


async def test_a_killed_process_is_noticed_and_starts_again(tmp_path):
    arguments = ["--data", str(tmp_path / "data"), "--mcs-port", "0", "--link-port", "0"]
    house = ProcessHouse("liveconnect", tmp_path / "data", lambda: arguments)
    await house.start()
    try:
        await house.kill()
        assert not house.is_running
        assert await house.wait_ended() == -9
        await house.start()
        assert house.is_running
    finally:
        await house.stop()
