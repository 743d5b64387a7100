"""A configuration that an earlier version wrote."""

import pytest

from foundation.durable.database import Schema, open_database
from utm.confd import SCHEMA, Confd, seed, transaction

FIRST = Schema(SCHEMA.room, SCHEMA.migrations[:1])


@pytest.fixture
def opened_again(tmp_path):
    """Make a configuration as the first version did, and open it as this one."""
    databases = []

    def make(work):
        databases.append(open_database(tmp_path / "utm.db", [FIRST]))
        work(databases[-1])
        databases[-1].close()
        databases.append(open_database(tmp_path / "utm.db", [SCHEMA]))
        return Confd(databases[-1])

    yield make
    databases[-1].close()


def configured(rest_api, at):
    def work(db):
        seed(db, at=at)
        db.execute("DELETE FROM confd_nodes WHERE key = 'webadmin.rest_api'")
        if rest_api is not None:
            with transaction(db, at=at, user="admin", summary="REST") as edit:
                edit.set_node("webadmin.rest_api", not rest_api)
                edit.set_node("webadmin.rest_api", rest_api)

    return work


@pytest.mark.parametrize(("chosen", "then"), [(None, True), (True, True), (False, False)])
def test_the_rest_api_is_on_unless_somebody_switched_it_off(opened_again, fixed_now, chosen, then):
    confd = opened_again(configured(chosen, fixed_now))

    assert confd.node("webadmin.rest_api") is then


def test_an_empty_configuration_gets_factory_settings_afterwards(opened_again):
    confd = opened_again(lambda _db: None)

    assert confd.number == 0
    assert confd.node("webadmin.rest_api") is False
