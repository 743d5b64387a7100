"""How setup stops: with the step, the exit code, and what the host is left with."""

from typing import ClassVar

from endpoint.setup.exit_codes import MEANINGS, ExitCode
from foundation.errors import DomainError


class SetupStoppedError(DomainError):
    """Setup did not come to its end.

    Attributes:
        exit_code: From the one table.
        step: The step that stopped; 0 before the first.
        cause_hint: What the cause itself advises, if it does.
    """

    code: ClassVar[str] = "setup_stopped"
    hint: ClassVar[str] = "see the setup log; `--help` lists the exit codes"

    def __init__(
        self, exit_code: ExitCode, *, step: int = 0, cause: Exception | None = None
    ) -> None:
        self.exit_code = exit_code
        self.step = step
        self.cause_hint = cause.hint if isinstance(cause, DomainError) else ""
        super().__init__(str(cause) if cause is not None else MEANINGS[exit_code])
