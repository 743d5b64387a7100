"""The web policy in force: the last good document that Web Control was given.

- Read from the component's own file, never from Persist: what the agent did not apply is not
  enforced.
- A document that cannot be read changes nothing: the policy in memory stays, and after a restart
  the copy of the last good one is used.
- No policy at all allows everything.
- Reading a policy and building its engine happen beside the loop; the swap is an assignment.

Provenance: offline use of the last downloaded policy is the seed's and public; the copy is ours.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from endpoint.host import HostFolder
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.protocol.policies import PolicyRefusedError, compliance_of, read_policy
from foundation.webfilter.engine import Engine
from foundation.webfilter.engine_shelf import EngineShelf
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.policy_reading import web_policy_of

_LAST_GOOD: Final = "policy.last_good.xml"


@dataclass(frozen=True, slots=True)
class Enforced:
    """A policy and its revision."""

    policy: WebPolicy
    rev_id: str


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that was read, with what is to be raised once it was dealt with."""

    digest: str
    enforced: Enforced | None
    engine: Engine | None
    error: Exception | None = None


class PolicyInForce:
    """The policy of one host's Web Control.

    Args:
        host: The machine.
        engines: The engines of this process.
    """

    def __init__(self, host: HostFolder, engines: EngineShelf) -> None:
        self._file = host.web_control_policy
        self._copy = host.web_control / _LAST_GOOD
        self._engines = engines
        self._turn = asyncio.Lock()
        self._digest = ""
        self._stamp: tuple[int, int, int] | None = None
        self.current: Enforced | None = None
        self.engine: Engine | None = None
        """What decides by the current policy."""

    @property
    def is_outdated(self) -> bool:
        """Whether the file was replaced since it was last read; costs one look at the folder."""
        return _stamp_of(self._file) != self._stamp

    async def refresh(self) -> bool:
        """Take the file's policy if it is another one; return whether what is enforced changed.

        Whoever comes meanwhile waits for the same policy.

        Raises:
            PolicyRefusedError: If the file cannot be enforced; what was in force stays.
        """
        async with self._turn:
            # Stamped before it is read: a file replaced in between is read once more, never missed.
            stamp = _stamp_of(self._file)
            loop = asyncio.get_running_loop()
            try:
                prepared = await loop.run_in_executor(None, self._prepare)
            except (DomainError, OSError):
                self._stamp = stamp
                raise
            self._stamp = stamp
            if prepared is None:
                return False
            # Noted also for a bad document, so that it is refused once, not at every ring.
            self._digest = prepared.digest
            if prepared.enforced is not None:
                self.current, self.engine = prepared.enforced, prepared.engine
            if prepared.error is not None:
                raise prepared.error
            return True

    def _prepare(self) -> _Prepared | None:
        """Read, and make ready to decide; runs beside the loop, for it may take long."""
        body = _read(self._file)
        if body is None:
            return None
        digest = hashlib.sha256(body).hexdigest()
        if digest == self._digest:
            return None
        try:
            engine = self._engines.engine_of(body)
            enforced = Enforced(engine.policy, engine.rev_id)
        except PolicyRefusedError as error:
            return self._fall_back(digest, error)
        try:
            if _read(self._copy) != body:
                write_atomic(self._copy, body)
        except OSError as error:
            return _Prepared(digest, enforced, engine, error)
        return _Prepared(digest, enforced, engine)

    def _fall_back(self, digest: str, error: PolicyRefusedError) -> _Prepared:
        """After a restart with a damaged file: the copy of the last good policy."""
        body = _read(self._copy)
        if self.current is not None or body is None:
            return _Prepared(digest, None, None, error)
        engine = self._engines.engine_of(body)
        return _Prepared(digest, Enforced(engine.policy, engine.rev_id), engine, error)


def read_enforced(host: HostFolder) -> Enforced | None:
    """Return what Web Control would enforce if it started now, changing nothing."""
    for path in (host.web_control_policy, host.web_control / _LAST_GOOD):
        body = _read(path)
        try:
            if body is not None:
                return _decode(body)
        except PolicyRefusedError:
            continue
    return None


def _decode(body: bytes) -> Enforced:
    root = read_policy(body)
    return Enforced(web_policy_of(root), compliance_of(root).rev_id)


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
