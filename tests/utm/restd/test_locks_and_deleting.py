async def locked_exception(rest, lock="user"):
    ref = await rest.create("http/exception", name="a", _locked=lock)
    return f"/objects/http/exception/{ref}"


async def test_a_user_lock_yields_to_the_header_only(rest):
    path = await locked_exception(rest)

    refused = await rest.patch(path, {"status": True})
    done = await rest.patch(path, {"status": True}, X_Restd_Lock_Override="yes")

    assert (refused.status, refused.msgtypes) == (422, ["OBJECT_LOCKED"])
    assert done.status == 200
    assert (done.value["_locked"], done.value["status"]) == ("user", True)


async def test_a_user_lock_is_taken_off_with_the_header(rest):
    path = await locked_exception(rest)

    assert (await rest.patch(path, {"_locked": ""})).status == 422
    freed = await rest.patch(path, {"_locked": ""}, X_Restd_Lock_Override="yes")

    assert freed.value["_locked"] == ""
    assert (await rest.delete(path)).status == 204


async def test_a_global_lock_never_yields(rest):
    path = "/objects/network/interface_network/REF_DefaultInternalNetwork"

    reply = await rest.delete(path, X_Restd_Lock_Override="yes", X_Restd_Err_Ack="all")
    changed = await rest.patch(path, {"comment": "x"}, X_Restd_Lock_Override="yes")

    assert (reply.status, reply.msgtypes) == (422, ["OBJECT_DELETE_LOCKED"])
    [error] = reply.value
    assert error["name"] == (
        "The interface network object 'Internal (Network)' is protected from deletion."
    )
    assert (error["fatal"], error["ref"]) == (1, "REF_DefaultInternalNetwork")
    assert changed.msgtypes == ["OBJECT_LOCKED"]


async def test_nobody_makes_a_global_lock(rest):
    path = await locked_exception(rest, lock="global")

    assert (await rest.get(path)).value["_locked"] == ""


async def test_a_used_object_goes_only_when_that_is_acknowledged(rest):
    host = await rest.create("network/host", name="h")
    exception = await rest.create("http/exception", name="e", networks=[host, "REF_NetworkAny"])
    await rest.put("/nodes/epp.allowed_networks", ["REF_NetworkAny", host])
    path = f"/objects/network/host/{host}"

    refused = await rest.delete(path)
    one_only = await rest.delete(path, X_Restd_Err_Ack="last")
    done = await rest.delete(path, X_Restd_Err_Ack="all")

    assert (refused.status, one_only.status, done.status) == (422, 422, 204)
    assert [error["fatal"] for error in refused.value] == [0, 0]
    assert refused.msgtypes == ["OBJECT_DELETE_USED"] * 2
    left = (await rest.get(f"/objects/http/exception/{exception}")).value
    assert left["networks"] == ["REF_NetworkAny"]
    assert (await rest.get("/nodes/epp.allowed_networks")).value == ["REF_NetworkAny"]


async def test_last_acknowledges_one_error(rest):
    host = await rest.create("network/host", name="h")
    await rest.create("http/exception", name="e", networks=[host])

    done = await rest.delete(f"/objects/network/host/{host}", X_Restd_Err_Ack="last")

    assert done.status == 204


async def test_a_single_reference_falls_back_to_its_default(rest):
    policy = await rest.create("epp/av_policy", name="strict")
    group = await rest.create("epp/endpoints_group", name="g", av_policy=policy)

    done = await rest.delete(f"/objects/epp/av_policy/{policy}", X_Restd_Err_Ack="all")

    assert done.status == 204
    left = (await rest.get(f"/objects/epp/endpoints_group/{group}")).value
    assert left["av_policy"] == "REF_EppAvpAllow"


async def test_a_required_reference_cannot_be_acknowledged_away(rest):
    action = await rest.create("http/cff_action", name="a", mode="allow")
    await rest.create("http/profile", name="p", default_cff_action=action)

    reply = await rest.delete(f"/objects/http/cff_action/{action}", X_Restd_Err_Ack="all")

    assert reply.status == 422
    [error] = reply.value
    assert (error["fatal"], error["attrs"]) == (1, ["default_cff_action"])
    assert error["msgtype"] == "OBJECT_DELETE_USED"


async def test_the_base_profile_stays(rest):
    path = "/objects/http/profile/REF_DefaultHTTPProfile"

    reply = await rest.delete(path, X_Restd_Err_Ack="all")

    assert reply.status == 422
    assert reply.value[0]["fatal"] == 1
