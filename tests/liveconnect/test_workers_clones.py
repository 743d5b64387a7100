"""Two computers with one identity that speak to different workers, on a real database."""

from tests.liveconnect.pair import until


async def told(worker, endpoint):
    found = await worker.service.verbs["endpoints"]()
    (one,) = [each for each in found if each["endpoint_id"] == endpoint.endpoint_id]
    return one["cloned_at"]


async def send(endpoint, times=1):
    for _ in range(times):
        assert (await endpoint.put_status("SWC", "r")).status == 200


def count_told(workers):
    logs = [each.config.operations_log_file.read_text() for each in workers]
    return sum(each.count("clone_detected") for each in logs)


async def test_halves_of_a_clone_at_two_workers_are_told_once_and_at_both(workers):
    one, two = workers
    original = await one.enrolled(await one.utm())
    copy = await two.visited_by(original)

    async def is_told_at_both():
        await send(original)
        await send(copy)
        return await told(one, original) and await told(two, original)

    await send(original, 2)
    assert await told(one, original) is None
    await until(is_told_at_both)
    assert await told(one, original) == await told(two, original) == one.clock().isoformat()
    await one.restart()
    assert await told(one, original) is not None
    assert count_told(workers) == 1


async def test_one_computer_that_goes_from_worker_to_worker_is_no_clone(workers):
    endpoint = await workers[0].enrolled(await workers[0].utm())
    for worker in (*workers, *workers):
        await send(await worker.visited_by(endpoint), 3)  # with cookies of a new session
    for worker in workers:
        await worker.service._sharing.currency.look_again()
        assert await told(worker, endpoint) is None
    assert count_told(workers) == 0
