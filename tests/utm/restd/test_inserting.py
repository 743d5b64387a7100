import pytest


async def exceptions(rest):
    return (await rest.get("/nodes/http.exceptions")).value


async def create(rest, name, insert):
    reply = await rest.post("/objects/http/exception/", {"name": name}, X_Restd_Insert=insert)
    assert reply.status == 201, reply.text
    return reply.value["_ref"]


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("http.exceptions 1", "cab"),
        ("http.exceptions 2", "acb"),
        ("http.exceptions 99", "abc"),
        ("http.exceptions -1", "abc"),
        ("http.exceptions -2", "acb"),
        ("http.exceptions -9", "cab"),
        ("http.exceptions", "abc"),
    ],
)
async def test_a_new_object_takes_the_place_that_is_asked_for(rest, position, expected):
    for name in "ab":
        await rest.create("http/exception", name=name)

    await create(rest, "c", position)

    assert "".join(ref[-1].lower() for ref in await exceptions(rest)) == expected


async def test_an_open_list_takes_any_object(rest):
    rule = await rest.post(
        "/objects/packetfilter/packetfilter/",
        {"name": "r"},
        X_Restd_Insert="packetfilter.rules 4",
    )

    assert (await rest.get("/nodes/packetfilter.rules")).value == [rule.value["_ref"]]


async def test_the_base_profile_stays_last(rest):
    reply = await rest.post(
        "/objects/http/profile/",
        {"name": "p", "default_cff_action": "REF_DefaultHTTPCFFAction"},
        X_Restd_Insert="http.profiles -1",
    )

    profiles = (await rest.get("/nodes/http.profiles")).value
    assert profiles == [reply.value["_ref"], "REF_DefaultHTTPProfile"]


@pytest.mark.parametrize(
    ("insert", "status"),
    [
        ("http.nothing 1", 404),
        ("http.port 1", 422),
        ("http.profiles 1", 422),
        ("http.exceptions first", 400),
        ("", 400),
    ],
)
async def test_a_place_that_cannot_be_is_refused_and_nothing_is_made(rest, insert, status):
    reply = await rest.post("/objects/http/exception/", {"name": "x"}, X_Restd_Insert=insert)

    assert reply.status == status
    assert (await rest.get("/objects/http/exception/")).value == []
