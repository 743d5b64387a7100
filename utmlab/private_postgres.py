"""A PostgreSQL of the lab's own: one folder, reached by a socket file only.

- Made when it is first started, by the programs of the installed PostgreSQL; the system's own
  cluster, if there is one, is left alone.
- PostgreSQL refuses to run as root: the system's user `postgres` gets the folder and runs it then.
- The socket lies in a short folder of its own, since the system allows about a hundred characters.

Provenance: ours.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import quote

from foundation.errors import DomainError

StopMode = Literal["fast", "immediate"]
_NOT_FOR_ROOT: Final = "postgres"
_DEBIAN: Final = Path("/usr/lib/postgresql")
_START_WITHIN_S: Final = 180
"""After a crash it first reads its log again, and syncs every file that it has."""
_SETTINGS: Final = """
listen_addresses = ''
max_connections = 200
"""


class PostgresMissingError(DomainError):
    """PostgreSQL's programs are not installed, or do not work here."""

    code: ClassVar[str] = "postgres_missing"
    hint: ClassVar[str] = "Install PostgreSQL, or name a database with --database."


class PrivatePostgres:
    """One cluster; its programs are called and waited for, so keep it off an event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = _programs()
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": _NOT_FOR_ROOT, "group": _NOT_FOR_ROOT, "extra_groups": []}
        self._sockets = Path()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of one of its databases while it runs."""
        host = quote(str(self._sockets), safe="")
        return f"postgresql://postgres@/{database}?host={host}"

    def start(self) -> None:
        """Start it; on return it answers.

        Raises:
            PostgresMissingError: If it cannot be started; its own words are in the message.
        """
        if not (self._folder / "PG_VERSION").exists():
            self._make()
        elif (self._folder / "postmaster.pid").exists():
            self._call("pg_ctl", "stop", "-w", "-m", "fast", check=False)  # of a killed lab
        if not self._sockets.name:
            self._sockets = self._own(Path(tempfile.mkdtemp(prefix="utmlab-postgres-")))
        log = self._folder / "server.log"
        patience = ("-w", "-t", str(_START_WITHIN_S))
        self._call("pg_ctl", "start", *patience, "-l", str(log), "-o", f"-k {self._sockets}")

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop it; `immediate` is what a power cut does."""
        self._call("pg_ctl", "stop", "-w", "-m", mode, check=False)

    def close(self) -> None:
        """Stop it and forget its socket."""
        self.stop()
        if self._sockets.name:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = Path()

    def _make(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own(self._folder)
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C")
        self._call("initdb", *options)
        with (self._folder / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)

    def _own(self, folder: Path) -> Path:
        if self._as:
            user = pwd.getpwnam(_NOT_FOR_ROOT)
            os.chown(folder, user.pw_uid, user.pw_gid)
        return folder

    def _call(self, program: str, *arguments: str, check: bool = True) -> None:
        # A server that stays behind would keep a pipe open: what is said goes to a file.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(  # noqa: S603 - programs of the system, arguments of ours
                [self._programs / program, "-D", self._folder, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd="/",
                check=False,
                **self._as,
            )
            said.seek(0)
            if check and done.returncode:
                raise PostgresMissingError(f"{program} failed: {said.read()[-1000:].strip()}")


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    for folder in sorted(_DEBIAN.glob("*/bin"), key=_version, reverse=True):
        if (folder / "initdb").exists():
            return folder
    raise PostgresMissingError("PostgreSQL is not installed here")


def _version(programs: Path) -> int:
    name = programs.parent.name
    return int(name) if name.isdigit() else 0
