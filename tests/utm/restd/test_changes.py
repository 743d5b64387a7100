async def test_each_request_is_one_numbered_change_by_its_user(rest_as, utm):
    admin = rest_as("admin")
    ref = await admin.create("http/exception", name="Uni")
    await admin.patch(f"/objects/http/exception/{ref}", {"status": True})

    changes = await utm.writer.read(_changes)

    assert [(one.number, one.user) for one in changes] == [
        (1, "system"),
        (2, "admin"),
        (3, "admin"),
    ]
    assert changes[1].summary == "http/exception created"
    assert [entry.key for entry in changes[1].entries] == [ref, "http.exceptions"]


async def test_a_change_is_told_in_confd_log_with_its_session(rest, confd_lines):
    ref = await rest.create("http/exception", name="Uni")
    await rest.patch(f"/objects/http/exception/{ref}", {"skiplist": ["av", "cache"]})

    lines = await confd_lines()
    sid = lines[0].split('sid="')[1][:64]
    assert (
        'name="object changed" class="http" type="exception" '
        f'ref="{ref}" objname="Uni" user="token" srcip="127.0.0.1" sid="{sid}" '
        'facility="restd" client="restd" call="change_object" count="1" '
        'attr_skiplist="av,cache" oldattr_skiplist=""'
    ) in lines[-1]


async def test_a_request_that_changes_nothing_is_no_change(rest, utm, confd_lines):
    ref = await rest.create("http/exception", name="Uni")
    before = await confd_lines()

    await rest.patch(f"/objects/http/exception/{ref}", {"name": "Uni"})

    assert len(await utm.writer.read(_changes)) == 2
    assert await confd_lines() == before


async def test_a_filter_action_that_decides_for_endpoints_makes_a_changeset(rest, utm, broker):
    await utm.enable()
    await rest.patch("/objects/epp/endpoints_group/REF_EppEndDefault", {"web_control": True})
    before = await utm.verbs["changeset"]()

    await rest.patch(
        "/objects/http/cff_action/REF_DefaultHTTPCFFAction",
        {"sp_categories": ["REF_GamesGambles"]},
    )

    after = await utm.verbs["changeset"]()
    assert after["number"] == before["number"] + 1
    await broker.until(lambda: broker.changesets[-1].number == after["number"])


async def test_a_refused_request_changes_nothing(rest, utm):
    reply = await rest.post("/objects/http/exception/", {"name": "x", "domains": ["*.a"]})

    assert reply.status == 422
    assert len(await utm.writer.read(_changes)) == 1


def _changes(db):
    from utm.confd import Confd

    return Confd(db).changes()
