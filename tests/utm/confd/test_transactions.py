import pytest

from foundation.durable.writer import Writer
from utm.confd import SCHEMA, AttributeRefusedError, Confd, seed, transaction


def test_a_transaction_is_one_numbered_change_with_before_and_after(appliance):
    number = appliance.confd.number
    with appliance.edit("let downloads pass", user="kim") as edit:
        ref = edit.create("http", "exception", {"name": "Downloads"})
        edit.change("REF_DefaultHTTPCFFAction", {"log_access": True})
    (change,) = appliance.confd.changes(after=number)
    assert (change.number, change.user, change.summary) == (number + 1, "kim", "let downloads pass")
    assert change == edit.recorded
    entries = {entry.key: entry for entry in change.entries}
    assert entries[ref].effect == "created"
    assert entries[ref].after["name"] == "Downloads"
    assert entries["REF_DefaultHTTPCFFAction"].before == {"log_access": False}
    assert entries["REF_DefaultHTTPCFFAction"].after == {"log_access": True}
    assert entries["http.exceptions"].before == {"http.exceptions": []}
    assert entries["http.exceptions"].after == {"http.exceptions": [ref]}


def test_of_a_long_list_a_change_tells_what_joined_and_what_left(appliance):
    with appliance.edit() as edit:
        many = edit.create_all("epp", "endpoint", [{"name": f"PC-{n}"} for n in range(101)])
    with appliance.edit() as edit:
        edit.delete(many[7])
        edit.create("epp", "endpoint", {"name": "New"})
    entries = {entry.key: entry for entry in edit.recorded.entries}
    (new,) = set(appliance.confd.node("epp.endpoints")) - set(many)
    assert entries["epp.endpoints"].before == {"epp.endpoints": [many[7]]}
    assert entries["epp.endpoints"].after == {"epp.endpoints": [new]}


def test_a_long_list_that_only_moved_is_told_whole(appliance):
    with appliance.edit() as edit:
        many = edit.create_all("epp", "endpoint", [{"name": f"PC-{n}"} for n in range(101)])
    with appliance.edit() as edit:
        edit.set_node("epp.endpoints", tuple(reversed(many)))
    (entry,) = edit.recorded.entries
    assert entry.after == {"epp.endpoints": list(reversed(many))}


def test_a_transaction_that_fails_leaves_no_trace(appliance):
    before = appliance.stored()

    def several_steps_of_which_the_last_fails():
        with appliance.edit() as edit:
            edit.set_node("http.port", 3128)
            edit.create("http", "exception", {"name": "Downloads"})
            edit.create("http", "exception", {"name": "Bad", "status": "yes"})

    with pytest.raises(AttributeRefusedError):
        several_steps_of_which_the_last_fails()
    assert appliance.stored() == before


def test_a_transaction_without_effect_has_no_number(appliance):
    before = appliance.stored()
    with appliance.edit() as edit:
        edit.set_node("http.port", 8080)
        edit.change("REF_DefaultHTTPCFFAction", {"log_access": False})
        edit.delete(edit.create("aaa", "user", {"name": "kim"}))
    assert edit.recorded is None
    assert appliance.stored() == before


def test_a_deleted_object_is_recorded_with_what_it_was(appliance):
    ref = appliance.create("aaa", "user", name="kim", realname="Kim")
    with appliance.edit() as edit:
        edit.delete(ref)
    (entry,) = edit.recorded.entries
    assert (entry.effect, entry.name, entry.before["realname"]) == ("deleted", "kim", "Kim")
    assert entry.after == {}


def test_secrets_are_not_in_the_record(appliance):
    with appliance.edit() as edit:
        edit.set_node("epp.tamper_password", "hunter2")
        edit.set_node("epp.private_key", "-----BEGIN")
        edit.change("REF_EppEndDefault", {"proxy_password": "hunter2"})
    record = str(appliance.stored()["confd_changes"])
    assert "hunter2" not in record
    assert "BEGIN" not in record
    assert {entry.key for entry in edit.recorded.entries} == {
        "epp.tamper_password",
        "epp.private_key",
        "REF_EppEndDefault",
    }


def test_reading_inside_a_transaction_sees_what_it_did(appliance):
    with appliance.edit() as edit:
        ref = edit.create("aaa", "user", {"name": "kim"})
        assert edit.get(ref).name == "kim"
        assert ref in edit.snapshot().objects


async def test_a_change_shares_the_writers_transaction_with_other_rooms(tmp_path, fixed_now):
    writer = Writer(tmp_path / "utm.db", [SCHEMA])
    await writer.open()
    await writer.write(lambda db: seed(db, at=fixed_now))

    def change_and_fail(db):
        with transaction(db, at=fixed_now, user="admin", summary="x") as edit:
            edit.set_node("http.port", 3128)
        assert Confd(db).node("http.port") == 3128
        raise RuntimeError("another room fails")

    with pytest.raises(RuntimeError):
        await writer.write(change_and_fail)
    assert await writer.read(lambda db: (Confd(db).node("http.port"), Confd(db).number)) == (
        8080,
        1,
    )
    await writer.close()


async def test_the_configuration_survives_a_restart(tmp_path, fixed_now):
    for expected_number in (1, None):
        writer = Writer(tmp_path / "utm.db", [SCHEMA])
        await writer.open()
        change = await writer.write(lambda db: seed(db, at=fixed_now))
        assert (change.number if change else None) == expected_number
        await writer.close()
