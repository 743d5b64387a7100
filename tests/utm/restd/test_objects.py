import pytest

EXCEPTIONS = "/objects/http/exception/"


async def test_a_created_object_has_its_place_its_reference_and_every_attribute(rest):
    reply = await rest.post(EXCEPTIONS, {"name": "lowbird.com", "domains": ["^https?://a/"]})

    assert reply.status == 201
    assert reply.headers["Location"] == "/api/objects/http/exception/REF_HttExcLowbirdcom"
    assert reply.value == {
        "_locked": "",
        "_ref": "REF_HttExcLowbirdcom",
        "_type": "http/exception",
        "aaa": [],
        "comment": "",
        "domains": ["^https?://a/"],
        "endpoints_groups": [],
        "name": "lowbird.com",
        "networks": [],
        "operator": "OR",
        "skiplist": [],
        "sp_categories": [],
        "status": False,
        "tags": [],
        "user_agents": [],
    }
    assert (await rest.get(reply.headers["Location"].removeprefix("/api"))).value == reply.value


async def test_put_makes_an_object_at_the_reference_and_replaces_it(rest):
    path = f"{EXCEPTIONS}REF_Mine"

    made = await rest.put(path, {"name": "a", "status": True, "skiplist": ["av"]})
    again = await rest.put(path, {"name": "b"})

    assert (made.status, again.status) == (201, 200)
    assert made.headers["Location"] == f"/api{path}"
    assert again.value["name"] == "b"
    assert again.value["status"] is False
    assert again.value["skiplist"] == []


async def test_patch_changes_what_it_names(rest):
    ref = await rest.create("http/exception", name="a", skiplist=["av"], status=True)

    reply = await rest.patch(f"{EXCEPTIONS}{ref}", {"status": False})

    assert reply.status == 200
    assert (reply.value["skiplist"], reply.value["status"]) == (["av"], False)


async def test_a_deleted_object_is_gone(rest):
    ref = await rest.create("http/exception", name="a")

    assert (await rest.delete(f"{EXCEPTIONS}{ref}")).status == 204
    assert (await rest.get(f"{EXCEPTIONS}{ref}")).status == 404
    assert (await rest.delete(f"{EXCEPTIONS}{ref}")).status == 404


async def test_a_reference_of_another_class_does_not_exist_there(rest):
    ref = await rest.create("http/exception", name="a")

    for reply in (
        await rest.get(f"/objects/http/profile/{ref}"),
        await rest.put(f"/objects/http/lsl_tag/{ref}", {"name": "b"}),
        await rest.patch(f"/objects/http/lsl_tag/{ref}", {"name": "b"}),
        await rest.delete(f"/objects/http/lsl_tag/{ref}"),
        await rest.get(f"/objects/http/lsl_tag/{ref}/usedby"),
    ):
        assert reply.status == 404
        assert reply.msgtypes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/objects/http/exception",
        "/api/objects/http/exception/",
        "//api/objects/http/exception/",
        "/api//objects//http/exception//",
    ],
)
async def test_slashes_more_or_less_make_no_difference(rest, path):
    await rest.create("http/exception", name="a")

    reply = await rest.request("GET", path)

    assert [one["name"] for one in reply.value] == ["a"]


async def test_what_a_class_does_not_know_comes_back_and_is_forgotten(rest):
    extra = {"utm_host": "localhost", "utm_port": 4444, "state": "present", "headers": {}}

    made = await rest.post(EXCEPTIONS, {"name": "a", **extra})
    path = f"{EXCEPTIONS}{made.value['_ref']}"
    put = await rest.put(path, {"name": "a", **extra})

    for reply in (made, put):
        assert {name: reply.value[name] for name in extra} == extra
    assert not set(extra) & set((await rest.get(path)).value)


async def test_a_secret_is_not_even_echoed(rest):
    reply = await rest.post(EXCEPTIONS, {"name": "a", "utm_token": "abc", "url_password": "def"})

    assert (reply.value["utm_token"], reply.value["url_password"]) == ("", "")


async def test_secrets_are_written_and_never_read(rest, utm, confd_lines):
    host = await rest.create("network/host", name="proxy", address="192.0.2.9")
    given = {"target": host, "pass": "hush-hush"}
    ref = await rest.create("http/parent_proxy", name="p", **given)
    path = f"/objects/http/parent_proxy/{ref}"

    assert (await rest.get(path)).value["pass"] == ""
    await rest.put(path, (await rest.get(path)).value | {"user": "u"})

    stored = await utm.writer.read(
        lambda db: db.execute(
            "SELECT attributes FROM confd_objects WHERE ref = ?", [ref]
        ).fetchone()
    )
    assert "hush-hush" in stored[0]
    assert "hush-hush" not in "".join(await confd_lines())


async def test_zero_and_one_are_taken_for_false_and_true(rest):
    ref = await rest.create("http/exception", name="a", status=1)

    assert (await rest.get(f"{EXCEPTIONS}{ref}")).value["status"] is True


async def test_a_class_that_no_data_describes_keeps_what_it_is_given(rest):
    rule = {"name": "r", "sources": ["REF_NetworkAny"], "status": True, "deep": {"a": [1, None]}}
    path = "/objects/packetfilter/packetfilter/"

    made = await rest.post(path, {**rule, "utm_token": "abc"})
    ref = made.value["_ref"]

    assert made.status == 201
    assert ref == "REF_PacPacR"
    assert (await rest.get(f"{path}{ref}")).value == {
        **rule,
        "_ref": ref,
        "_type": "packetfilter/packetfilter",
        "_locked": "",
        "comment": "",
    }
    changed = await rest.patch(f"{path}{ref}", {"action": "drop"})
    assert changed.value["sources"] == ["REF_NetworkAny"]
    assert "sources" not in (await rest.put(f"{path}{ref}", {"name": "r"})).value


async def test_a_private_key_of_an_open_class_is_not_read(rest):
    ref = await rest.create("ca/host_key_cert", name="k", key="PRIVATE", psk="x", meta="m")

    value = (await rest.get(f"/objects/ca/host_key_cert/{ref}")).value

    assert (value["key"], value["psk"], value["meta"]) == ("", "", "m")


@pytest.mark.parametrize("path", ["/objects/http/exeption/", "/objects/HTTP/x/", "/objects/a-b/c/"])
async def test_a_class_that_cannot_be_is_not_found(rest, path):
    assert (await rest.get(path)).status == 404
    assert (await rest.post(path, {"name": "x"})).status == 404


@pytest.mark.parametrize(
    "full_type",
    [
        "network/host",
        "network/dns_host",
        "network/network",
        "network/any",
        "network/group",
        "network/interface_address",
        "network/availability_group",
        "service/tcp",
        "service/udp",
        "aaa/user",
        "aaa/group",
        "time/recurring",
        "time/single",
    ],
)
async def test_every_class_that_a_field_refers_to_takes_objects(rest, full_type):
    reply = await rest.post(f"/objects/{full_type}/", {"name": "one"})

    assert reply.status == 201, reply.text
    assert reply.value["_type"] == full_type


@pytest.mark.parametrize(
    ("full_type", "ref"),
    [
        ("http/profile", "REF_DefaultHTTPProfile"),
        ("http/cff_action", "REF_DefaultHTTPCFFAction"),
        ("http/cff_action", "REF_DefaultHTTPCFFBlockAction"),
        ("http/pac_file", "REF_DefaultHTTPPACFile"),
        ("network/any", "REF_NetworkAny"),
        ("service/any", "REF_ServiceAny"),
        ("service/tcp", "REF_zbCXCkAONs"),
        ("service/udp", "REF_SEzkPqGizE"),
        ("network/interface_network", "REF_DefaultInternalNetwork"),
        ("epp/av_policy", "REF_EppAvpAllow"),
        ("epp/dc_policy", "REF_EppDcpAllow"),
        ("http/sp_category", "REF_CriminalActivities"),
        ("http/sp_category", "REF_GamesGambles"),
    ],
)
async def test_the_built_in_objects_have_their_references(rest, full_type, ref):
    assert (await rest.get(f"/objects/{full_type}/{ref}")).value["_ref"] == ref


async def test_who_uses_an_object(rest):
    action = await rest.create("http/cff_action", name="a", mode="allow")
    profile = await rest.create("http/profile", name="p", default_cff_action=action)

    reply = await rest.get(f"/objects/http/cff_action/{action}/usedby")
    listed = await rest.get(f"/objects/http/profile/{profile}/usedby")

    assert reply.value == {"nodes": [], "objects": [profile]}
    assert listed.value == {"nodes": ["http.profiles"], "objects": []}
