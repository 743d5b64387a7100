"""A registration whose answer is lost is tried again as the same attempt."""

import pytest

from endpoint.mcs_client.attempt import ATTEMPT_HEADER, attempt_file
from endpoint.mcs_client.errors import McsCallFailedError, RegistrationRefusedError
from endpoint.service_table import ServiceTable
from endpoint.services import TaskServices
from endpoint.setup.removal import remove_installation
from foundation.durable.files import write_atomic

TOKEN = "TokenTokenToken17"


def attempts(lab):
    return [call.headers.get(ATTEMPT_HEADER) for call in lab.server.made("POST", "/register")]


async def lose_an_answer(lab):
    lab.server.fail("POST", "/register", 0)
    client = lab.client()
    with pytest.raises(McsCallFailedError):
        await client.register(TOKEN)
    await client.stop()


async def register(lab):
    client = lab.client()
    await client.register(TOKEN)
    await client.stop()


async def remove(lab):
    await remove_installation(lab.host, TaskServices({}, table=ServiceTable(lab.host)))


def test_a_lost_answer_is_asked_for_again_by_the_same_attempt(in_virtual_time):
    async def story(lab):
        await lose_an_answer(lab)
        assert attempt_file(lab.host).stat().st_mode & 0o777 == 0o600
        await register(lab)
        first, second = attempts(lab)
        assert first == second
        assert len(first) == 32
        assert not attempt_file(lab.host).exists()

    in_virtual_time(story)


def test_an_attempt_without_an_answer_outlives_the_installation(in_virtual_time):
    async def story(lab):
        ca = lab.host.server_ca.read_bytes()
        await lose_an_answer(lab)
        await remove(lab)
        write_atomic(lab.host.server_ca, ca)
        lab.configure(port=lab.server.port)
        await register(lab)
        first, second = attempts(lab)
        assert first == second

    in_virtual_time(story)


def test_a_refused_attempt_is_over(in_virtual_time):
    async def story(lab):
        client = lab.client()
        with pytest.raises(RegistrationRefusedError):
            await client.register("wrongTokenwrong17")
        await client.stop()
        assert not attempt_file(lab.host).exists()

    in_virtual_time(story)


def test_an_endpoint_that_registers_again_shows_its_password_and_no_attempt(in_virtual_time):
    async def story(lab):
        await register(lab)
        await register(lab)
        assert attempts(lab)[1] is None

    in_virtual_time(story)


def test_an_attempt_that_an_identity_came_of_goes_with_the_installation(in_virtual_time):
    async def story(lab):
        await register(lab)
        attempt_file(lab.host).write_text("0" * 32)  # killed before it was removed
        await remove(lab)
        assert not attempt_file(lab.host).exists()

    in_virtual_time(story)
