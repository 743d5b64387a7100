"""A UTM as a service: its switch, its registration, and edits that are one transaction."""

import asyncio
import sqlite3

import pytest

from foundation.durable.folder import DataFolderInUseError
from utm.app import ChangeNotStoredError, EndpointProtectionOffError, NotRegisteredError
from utm.epsecd import daemon
from utm.epsecd.intake import take_in
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkDownError

from .broker import TOKEN, enrolled
from .conftest import lines_of


def named_group(name):
    return lambda edit: edit.create("epp", "endpoints_group", {"name": name, "web_control": True})


async def test_utm_01_switched_off_it_neither_registers_nor_asks(utm, broker):
    for ask in (utm.register, utm.linked):
        with pytest.raises(EndpointProtectionOffError, match="off"):
            await ask()
    assert broker.calls == []


async def test_utm_01_switching_on_registers_and_pushes_the_first_changeset(utm, broker):
    await utm.enable()
    await broker.until(lambda: broker.changesets)

    assert (broker.changesets[0].epoch, broker.changesets[0].number) == (1, 1)
    assert broker.changesets[0].enabled
    assert await utm.node("epp.registration_token") == TOKEN


async def test_switching_on_again_registers_no_second_time(utm, broker):
    await utm.enable()
    await utm.enable()

    assert broker.epoch == 1


async def test_utm_01_switching_off_is_pushed_and_keeps_the_link(utm, broker):
    await utm.enable()
    await utm.disable()
    await broker.until(lambda: broker.changesets and not broker.changesets[-1].enabled)

    with pytest.raises(EndpointProtectionOffError):
        await utm.linked()


async def test_unreachable_it_goes_on_trying_by_itself(utm, broker):
    await broker.stop()
    with pytest.raises(LinkDownError):
        await utm.enable()
    with pytest.raises(NotRegisteredError):
        await utm.linked()
    await broker.start()
    await broker.until(lambda: broker.changesets)

    assert broker.epoch == 1


async def test_a_registration_that_fails_again_and_again_is_one_line(utm, broker):
    await broker.stop()
    with pytest.raises(LinkDownError):
        await utm.enable()
    with pytest.raises(LinkDownError):
        await utm.register()
    await broker.start()
    await broker.until(lambda: broker.changesets)
    await utm.quiesce()

    assert lines_of(utm).count("4281") == 1


async def test_a_refused_registration_leaves_nothing(utm, broker):
    broker.script("register", 403, b'{"reason": "csr_invalid", "message": "no"}', times=2)
    with pytest.raises(Exception, match="no"):
        await utm.enable()

    assert not utm.credentials.exist
    assert "4280" not in lines_of(utm)


async def test_a_restart_takes_up_the_link_without_registering(make_utm, broker):
    first = make_utm()
    await first.start()
    await first.enable()
    await broker.until(lambda: broker.changesets)
    await first.stop()
    second = make_utm()
    await second.start()
    edited = await second.edit("a group", named_group("Sales"))
    await broker.until(lambda: broker.changesets[-1].number == edited.changeset)

    assert broker.epoch == 1


async def test_log_04_an_edit_is_one_change_one_changeset_and_one_4233(utm, broker):
    await utm.enable()
    await broker.until(lambda: broker.changesets)
    edited = await utm.edit("a group", named_group("Sales"))
    await broker.until(lambda: broker.changesets[-1].number == edited.changeset)
    await utm.quiesce()

    assert edited.changeset == 2
    assert "Sales" in {group.name for group in broker.changesets[-1].groups}
    assert lines_of(utm).count("4233") == 2


async def test_an_edit_that_concerns_no_endpoint_causes_no_changeset(utm, broker):
    await utm.enable()
    await broker.until(lambda: broker.changesets)
    edited = await utm.edit("a port", lambda edit: edit.set_node("http.port", 3128))

    assert edited.changeset is None


async def test_an_edit_that_fails_changes_nothing(utm):
    before = await utm.edit("a group", named_group("Sales"))

    def half(edit):
        named_group("Half")(edit)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await utm.edit("half", half)
    after = await utm.edit("another", named_group("Next"))
    groups = await utm.verbs["group_list"]()
    assert {"Sales", "Next"} <= {one["name"] for one in groups}
    assert "Half" not in {one["name"] for one in groups}
    assert after.change == before.change + 1


async def test_a_disk_that_refuses_an_edit_is_called_so(utm):
    def full(_edit):
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(
        ChangeNotStoredError, match="too much: not stored: database or disk is full"
    ):
        await utm.edit("too much", full)


async def test_a_disk_that_refuses_reports_acknowledges_none_and_takes_them_later(
    utm, broker, monkeypatch
):
    await utm.enable()
    await broker.until(lambda: broker.changesets)
    refused = []

    def full(*arguments, **options):
        if len(refused) < 2:
            refused.append(broker.acknowledged.copy())
            raise sqlite3.OperationalError("database or disk is full")
        return take_in(*arguments, **options)

    monkeypatch.setattr(daemon, "take_in", full)
    broker.report(enrolled(1, "E1", "PC-01"))
    await broker.until(lambda: broker.acknowledged)
    await utm.quiesce()

    assert refused == [[], []]
    assert broker.acknowledged == [1]
    assert (lines_of(utm).count("4211"), lines_of(utm).count("4212")) == (1, 1)


@pytest.mark.parametrize("body", [b"<html>", b'{"reports": [{}]}', b'{"reports": 1}'])
async def test_reports_that_cannot_be_read_do_not_end_the_daemon(utm, broker, body):
    broker.script("/link/v1/reports", 200, body)
    await utm.enable()
    broker.report(enrolled(1, "E1", "PC-01"))
    await broker.until(lambda: broker.acknowledged)

    assert broker.acknowledged == [1]


async def test_a_data_folder_has_one_utm(utm, make_utm):
    second = make_utm()
    with pytest.raises(DataFolderInUseError):
        await second.start()
    assert await utm.node("epp.status.epp") is False


async def test_stopping_while_it_tries_to_register_ends_the_trying(utm, broker):
    await broker.stop()
    with pytest.raises(LinkDownError):
        await utm.enable()
    await utm.stop()

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "registration"]


def end_of_the_certificate(monkeypatch, at):
    monkeypatch.setattr(LinkCredentials, "ends_at", lambda _: at)


async def test_utm_04_an_ended_certificate_is_replaced_by_registering_with_the_same_key(
    utm, broker, monkeypatch
):
    await utm.enable()
    serial, key = utm.credentials.serial(), utm.credentials.key.read_bytes()
    with monkeypatch.context() as ended:
        end_of_the_certificate(ended, utm.now())
        await utm.renew()
    await broker.until(lambda: broker.epoch == 2)
    await broker.until(lambda: utm.credentials.serial() != serial)
    await broker.until(lambda: broker.calls[-1][2])  # the new link is in use

    assert utm.credentials.key.read_bytes() == key
