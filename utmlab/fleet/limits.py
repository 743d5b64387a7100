"""How many agents a process can hold: one open file for each connection."""

import resource
from typing import ClassVar, Final

from foundation.errors import DomainError

FILES_OF_ITS_OWN: Final = 64


class TooManyAgentsError(DomainError):
    """More agents in one process than open files allow."""

    code: ClassVar[str] = "too_many_agents"
    hint: ClassVar[str] = "Use more --processes, or raise the limit with `ulimit -n`."


def check_open_files(agents: int, processes: int, limit: int | None = None) -> None:
    """Check that so many agents can be connected at once.

    Args:
        agents: How many are wanted.
        processes: In how many processes.
        limit: Open files of one process; asked from the system by default.

    Raises:
        TooManyAgentsError: If they cannot, even without push.
    """
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    needed = -(-agents // processes) + FILES_OF_ITS_OWN
    if needed > allowed:
        raise TooManyAgentsError(
            f"{agents} agents in {processes} process(es) need {needed} open files each, "
            f"and {allowed} are allowed"
        )
