"""Doorbells wake whoever waits, also when the ring came first."""

import asyncio

from foundation.durable.doorbell import EventDoorbell, FileDoorbell


async def test_a_ring_before_the_wait_is_not_lost(tmp_path):
    file = FileDoorbell(tmp_path / "bell", interval_s=0.001)
    event = EventDoorbell()
    file.ring()
    event.ring()

    assert await file.wait(60)
    assert await event.wait(60)
    assert not await file.wait(0.01)
    assert not await event.wait(0.01)


async def test_a_bell_rings_between_two_holders_of_the_file(tmp_path):
    waiter = FileDoorbell(tmp_path / "bell", interval_s=0.001)
    waiting = asyncio.create_task(waiter.wait(60))
    await asyncio.sleep(0)
    FileDoorbell(tmp_path / "bell").ring()

    assert await waiting
