"""A real PostgreSQL for the tests of one process, and an empty database for each that asks."""

import asyncio
import contextlib
import itertools
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from utmlab.private_postgres import PrivatePostgres

TEMPLATE = "with_tables"


class PostgresServer:
    """One cluster; databases are copies of one that has the tables already."""

    def __init__(self):
        # Outside pytest's own folders, which PostgreSQL's user cannot enter when root runs tests.
        self.folder = Path(tempfile.mkdtemp(prefix="utmlab-test-postgres-"))
        self.folder.chmod(0o755)
        self.server = PrivatePostgres(self.folder / "data")
        self.numbers = itertools.count(1)
        self.by_key = {}

    def start(self):
        self.server.start()
        self.watch = self._watched()
        with ThreadPoolExecutor(1) as aside:  # a test's own loop may be running here
            aside.submit(asyncio.run, self._make_template()).result()

    def _watched(self):
        """End the server also when this process is killed: its pipe closes then."""
        pid_file = self.folder / "data" / "postmaster.pid"
        end = f'kill -QUIT "$(head -1 {pid_file})" 2>/dev/null && sleep 1'
        script = f"cat; {end}; rm -rf {self.folder} {self.server._sockets}"
        return subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)

    def close(self):
        self.server.stop("immediate")
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.watch.communicate()

    async def _make_template(self):
        from liveconnect.store.postgres.schema import migrate
        from liveconnect.store.postgres.writer import PostgresWriter

        await self._run(f"CREATE DATABASE {TEMPLATE}")
        writer = PostgresWriter(self.server.url(TEMPLATE), name="template")
        await writer.write(migrate)
        await writer.close()

    async def _run(self, statement):
        connection = await asyncpg.connect(self.server.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def database(self, key=None):
        """Return the URL of an empty database; the same one for the same key."""
        if key is None or key not in self.by_key:
            name = f"test_{next(self.numbers)}"
            await self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            if key is None:
                return self.server.url(name)
            self.by_key[key] = self.server.url(name)
        return self.by_key[key]


@contextlib.contextmanager
def running():
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()
