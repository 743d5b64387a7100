"""The look-up over real TLS, and who may ask."""

from foundation.categories.category import Category
from foundation.categories.large_set import write_category_file
from foundation.categories.lookup_document import decode_answers, encode_question, lookup_path


async def ask(endpoint, *hosts):
    answer = await endpoint.call("POST", lookup_path(endpoint.endpoint_id), encode_question(hosts))
    assert answer.status == 200, answer.body
    return {host: found.category for host, found in decode_answers(answer.body).items()}


async def test_a_batch_of_hosts_is_answered(lab):
    endpoint = await lab.enrolled(await lab.utm())
    known = await ask(endpoint, "www.games.example", "nowhere.example", "no host")
    assert known["www.games.example"].ids == (116,)
    assert (known["nowhere.example"], known["no host"]) == (None, None)


async def test_an_imported_list_counts_at_the_next_question_and_before_the_demo_set(lab):
    endpoint = await lab.enrolled(await lab.utm())
    assert (await ask(endpoint, "mine.example"))["mine.example"] is None
    mine = Category((149,), "suspicious")
    write_category_file(lab.config.category_file, [("mine.example", mine), ("games.example", mine)])
    assert await ask(endpoint, "mine.example", "games.example") == {
        "mine.example": mine,
        "games.example": mine,
    }


async def test_a_damaged_list_leaves_the_one_before_in_force(lab):
    endpoint = await lab.enrolled(await lab.utm())
    write_category_file(lab.config.category_file, [("mine.example", Category((149,)))])
    await ask(endpoint, "mine.example")
    lab.config.category_file.unlink()
    lab.config.category_file.write_bytes(b"x" * 100)
    assert (await ask(endpoint, "mine.example"))["mine.example"] == Category((149,))


async def test_strangers_and_other_endpoints_are_refused(lab):
    utm = await lab.utm()
    endpoint, other = await lab.enrolled(utm), await lab.enrolled(utm, "other")
    path = lookup_path(endpoint.endpoint_id)
    assert (await endpoint.request("POST", path, encode_question(["a.example"]))).status == 401
    assert (await other.call("POST", path, encode_question(["a.example"]))).status == 403


async def test_what_is_no_question_is_refused(lab):
    endpoint = await lab.enrolled(await lab.utm())
    path = lookup_path(endpoint.endpoint_id)
    too_many = encode_question([f"{n}.example" for n in range(101)])
    for body in (b"", b"[]", b'{"version": 1, "hosts": [7]}', too_many):
        assert (await endpoint.call("POST", path, body)).status == 400
    assert (await endpoint.call("POST", path, b"x" * 70_000)).status == 413
