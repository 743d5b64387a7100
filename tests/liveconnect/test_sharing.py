"""Who works on SQLite neither needs nor loads what speaks to PostgreSQL."""

import subprocess
import sys

import pytest

from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from liveconnect.sharing import PostgresDriverMissingError

LOADED = "import sys, liveconnect.app; print({'asyncpg', 'greenlet'} & set(sys.modules))"


def test_the_driver_is_not_loaded_until_a_database_is_named():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


def test_a_missing_driver_is_named_with_the_line_that_installs_it(tmp_path, monkeypatch):
    for name in [each for each in sys.modules if each.startswith("liveconnect.store.postgres.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(PostgresDriverMissingError) as caught:
        LiveConnect(LiveConnectConfig(data=tmp_path, database="postgresql://x/y"))
    assert "utmlab[postgres]" in caught.value.hint
