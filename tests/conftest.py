"""What holds for every test: no example of a property is too slow, and groups stay together."""

import pytest
from _pytest.nodeid import NodeId
from hypothesis import HealthCheck, settings

settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `xdist_group` work: xdist 3.8 writes it into `_nodeid`, pytest 9.2 reads `_id`."""
    for item in items:
        grouped = getattr(item, "_nodeid", item.nodeid)
        if grouped != item.nodeid:
            item._id = NodeId.parse(grouped)


@pytest.fixture(scope="session")
def postgres():
    """A real PostgreSQL of this process, started for the first test that asks."""
    from tests.postgres import running

    with running() as server:
        yield server


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs a PostgreSQL as needing a peer, also where a parameter asks for it."""
    parameters = item.nodeid.partition("[")[2]
    if "postgres" in getattr(item, "fixturenames", ()) or "postgres" in parameters:
        item.add_marker(pytest.mark.peer)
