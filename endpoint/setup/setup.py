"""Setup as a whole: the six steps, resumed where they were, undone when the token is refused.

- Killed at any point and run again, setup goes on with the first step that was not finished.
- A refused token, an unreachable LiveConnect or a service that does not start leave nothing behind;
  later failures leave a registered endpoint, and setup goes on when it runs again.
- A host that another token installed is not touched.

Provenance: the steps are the seed's; resuming and undoing are ours (INS-04, INS-06).
"""

from collections.abc import Mapping
from typing import Final

from endpoint.autoupdate.config import AutoUpdateNotConfiguredError
from endpoint.autoupdate.installation import PackageMalformedError
from endpoint.autoupdate.source import DownloadFailedError
from endpoint.identity import load_identity
from endpoint.mcs_client.errors import (
    McsCallFailedError,
    RegistrationRefusedError,
    ServerCaUnusableError,
)
from endpoint.mcs_client.outcome import Answer
from endpoint.service_lock import adopt_running
from endpoint.service_table import ServiceTable
from endpoint.services import ServiceWithoutProgramError
from endpoint.setup.errors import SetupStoppedError
from endpoint.setup.exit_codes import ExitCode
from endpoint.setup.journal import Journal, Progress, token_digest
from endpoint.setup.removal import remove_installation
from endpoint.setup.steps import STEPS, Bench, PoliciesMissingError, ServiceDidNotStartError
from foundation.durable.folder import DataFolderInUseError, DataFolderTooNewError
from foundation.errors import DomainError
from foundation.protocol.content import ManifestRefusedError, PackageDamagedError
from foundation.protocol.policies import PolicyRefusedError

# The first class that fits decides, so that a leaf stands before its parent.
_EXIT_CODES: Final[Mapping[type[Exception], ExitCode]] = {
    ServiceDidNotStartError: ExitCode.SERVICES_NOT_RUNNING,
    ServiceWithoutProgramError: ExitCode.SERVICES_NOT_RUNNING,
    RegistrationRefusedError: ExitCode.REGISTRATION_REFUSED,
    ServerCaUnusableError: ExitCode.ARCHIVE_INCOMPLETE,
    McsCallFailedError: ExitCode.SERVER_UNREACHABLE,
    PoliciesMissingError: ExitCode.POLICIES_MISSING,
    PolicyRefusedError: ExitCode.AUTOUPDATE_NOT_CONFIGURED,
    AutoUpdateNotConfiguredError: ExitCode.AUTOUPDATE_NOT_CONFIGURED,
    DownloadFailedError: ExitCode.DOWNLOAD_FAILED,
    ManifestRefusedError: ExitCode.DOWNLOAD_FAILED,
    PackageDamagedError: ExitCode.PACKAGE_REFUSED,
    PackageMalformedError: ExitCode.PACKAGE_REFUSED,
    OSError: ExitCode.DISK_REFUSED,
}
_UNDONE: Final = frozenset(
    {
        ExitCode.SERVICES_NOT_RUNNING,
        ExitCode.REGISTRATION_REFUSED,
        ExitCode.SERVER_UNREACHABLE,
        ExitCode.ARCHIVE_INCOMPLETE,
    }
)


class Setup:
    """One run of setup on one host.

    Args:
        bench: What the steps work with.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def run(self) -> None:
        """Install, or go on with an installation.

        Raises:
            SetupStoppedError: If it does not come to its end; the error has the exit code.
        """
        try:
            journal = await self._open_journal()
        except (DataFolderInUseError, DataFolderTooNewError) as error:
            raise SetupStoppedError(ExitCode.HOST_IN_USE, cause=error) from error
        try:
            adopt_running(self._bench.host)
            await self._install(journal)
        finally:
            journal.close()

    async def _open_journal(self) -> Journal:
        """Take the host, and finish a removal that was interrupted."""
        bench = self._bench
        journal = Journal(bench.host)
        progress = journal.read()
        if progress is None or not progress.is_removing:
            return journal
        bench.log.write("an interrupted removal is finished first")
        await remove_installation(bench.host, bench.services)
        journal.close()
        return Journal(bench.host)

    async def _install(self, journal: Journal) -> None:
        progress = await self._admit(journal)
        if progress.is_complete:
            self._bench.log.write("already installed with this token; nothing to do")
            return
        for number, step in enumerate(STEPS, start=1):
            if number <= progress.done:
                continue
            try:
                await step(self._bench)
                progress = journal.step_done(progress, number)
            except (DomainError, OSError) as error:
                await self._stop(journal, progress, number, error)
            self._bench.checkpoints.reach(f"setup.after_step_{number}")
        self._bench.log.write("installation finished")

    async def _admit(self, journal: Journal) -> Progress:
        """Decide whether this installer may work on this host, and from where."""
        bench = self._bench
        progress = journal.read()
        if progress is None:
            if load_identity(bench.host) is not None:
                self._refuse_other_installation()
            bench.log.write("installation begins")
            return journal.begin(bench.token)
        if progress.token_digest != token_digest(bench.token):
            if progress.is_complete or load_identity(bench.host) is not None:
                self._refuse_other_installation()
            bench.log.write("an unfinished installation with another token is replaced")
            return journal.begin(bench.token)
        if not progress.is_complete:
            bench.log.write(f"installation goes on at step {progress.done + 1}")
        await self._resume_services()
        return progress

    def _refuse_other_installation(self) -> None:
        self._bench.log.step(1, "this host belongs to another installation", "ERROR")
        raise SetupStoppedError(ExitCode.OTHER_INSTALLATION, step=1)

    async def _resume_services(self) -> None:
        """A killed setup may have taken its services with it."""
        for entry in ServiceTable(self._bench.host).entries().values():
            if entry.state == "running":
                await self._bench.services.start(entry.name)

    async def _stop(
        self, journal: Journal, progress: Progress, number: int, error: Exception
    ) -> None:
        bench = self._bench
        exit_code = exit_code_of(error)
        bench.log.step(number, f"{_sentence(error)} (exit code {exit_code.value})", "ERROR")
        if exit_code in _UNDONE:
            journal.removal_begins(progress)
            bench.checkpoints.reach("setup.before_removal")
            await remove_installation(bench.host, bench.services)
            bench.log.write("everything that was installed is removed again")
        raise SetupStoppedError(exit_code, step=number, cause=error) from error


def exit_code_of(error: Exception) -> ExitCode:
    """Return the exit code of an error that stopped a step."""
    return next(
        (code for kind, code in _EXIT_CODES.items() if isinstance(error, kind)),
        ExitCode.UNEXPECTED,
    )


def _sentence(error: Exception) -> str:
    """The error, with what LiveConnect itself said about a token."""
    if isinstance(error, RegistrationRefusedError) and isinstance(error.outcome, Answer):
        return f"{error}: {error.outcome.text[:300]}"
    return str(error)
