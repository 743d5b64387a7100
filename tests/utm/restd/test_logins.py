import base64


async def test_a_request_without_a_user_gets_the_challenge_and_the_array(rest_as):
    reply = await rest_as("").get("/status/version")

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="UTM REST API"'
    assert reply.msgtypes == ["AUTHENTICATION"]


async def test_an_administrator_and_the_token_are_let_in(rest_as):
    for user in ("admin", "token", "auditor"):
        reply = await rest_as(user).get("/status/version")
        assert reply.status == 200, user
        assert reply.value == {"utm": "9.723-4", "restd": "1.3.0"}


async def test_an_authorization_that_cannot_be_read_is_no_login(rest_as, confd_lines):
    client = rest_as("")
    no_text = base64.b64encode(b"\xff\xfe").decode()
    for header in ("Basic %%%", "Basic ü", "Bearer abc", f"Basic {no_text}"):
        assert (await client.get("/nodes", Authorization=header)).status == 401
    assert await confd_lines() == []


async def test_a_wrong_password_is_refused_and_logged_without_it(rest_as, confd_lines):
    wrong = base64.b64encode(b"admin:open-sesame").decode()

    reply = await rest_as("").get("/nodes", Authorization=f"Basic {wrong}")

    assert reply.status == 401
    [line] = await confd_lines()
    assert 'id="4297"' in line
    assert 'user="admin"' in line
    assert 'reason="login_refused"' in line
    assert "open-sesame" not in line


async def test_after_five_wrong_passwords_the_right_one_has_to_wait(rest_as):
    wrong = base64.b64encode(b"admin:wrong").decode()
    replies = [await rest_as("").get("/nodes", Authorization=f"Basic {wrong}") for _ in range(6)]

    assert [reply.status for reply in replies] == [401] * 5 + [429]
    late = await rest_as("admin").get("/nodes")
    assert late.status == 429
    assert late.msgtypes == ["TOO_MANY_LOGINS"]
    assert int(late.headers["Retry-After"]) == 301
    assert (await rest_as("token").get("/nodes")).status == 200


async def test_another_site_in_a_browser_changes_nothing(rest, utm):
    own = {"name": "mine"}
    for headers in (
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        reply = await rest.post("/objects/http/exception/", {"name": "evil"}, **headers)
        assert (reply.status, reply.msgtypes) == (403, ["OTHER_SITE"]), headers
        assert (await rest.get("/objects/http/exception/", **headers)).status == 200
    for headers in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": utm.front_door.url}):
        reply = await rest.post("/objects/http/exception/", own, **headers)
        assert reply.status == 201, reply.text
    stored = (await rest.get("/objects/http/exception/")).value
    assert "evil" not in [one["name"] for one in stored]


async def test_an_auditor_reads_and_changes_nothing(rest_as, rest):
    auditor = rest_as("auditor")
    ref = await rest.create("http/exception", name="Uni")
    path = f"/objects/http/exception/{ref}"

    assert (await auditor.get(path)).status == 200
    for reply in (
        await auditor.post("/objects/http/exception/", {"name": "x"}),
        await auditor.put(path, {"name": "x"}),
        await auditor.patch(path, {"name": "x"}),
        await auditor.delete(path),
        await auditor.put("/nodes/epp.city", "Ulm"),
    ):
        assert reply.status == 403
        assert reply.msgtypes == ["READ_ONLY"]
    assert (await rest.get(path)).value["name"] == "Uni"


async def test_the_node_switches_the_api_off(rest, utm):
    await utm.edit("REST off", lambda edit: edit.set_node("webadmin.rest_api", False))

    reply = await rest.get("/status/version")

    assert reply.status == 403
    assert reply.msgtypes == ["REST_API_OFF"]


async def test_a_session_is_one_line_however_many_requests_it_has(rest, confd_lines):
    for _ in range(3):
        await rest.get("/status/version")
    await rest.get("/status/version", X_Restd_Session="close")
    await rest.get("/status/version")

    lines = await confd_lines()
    assert [line.split('name="')[1].split('"')[0] for line in lines] == [
        "authentication successful",
        "closing session",
        "authentication successful",
    ]
    sids = [line.split('sid="')[1][:64] for line in lines]
    assert sids[0] == sids[1] != sids[2]
    assert 'user="token" srcip="127.0.0.1"' in lines[0]
    assert 'facility="restd"' in lines[0]
