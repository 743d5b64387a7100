"""Connections to the database, and what its errors mean."""

from typing import Any, ClassVar, Final

import asyncpg

from foundation.errors import DomainError

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 30.0
_SETTINGS: Final = {
    # What was acknowledged has reached the disk, whatever the server's own default is.
    "synchronous_commit": "on",
    # A worker that vanished in the middle of a group holds up the others no longer than this.
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    # A plan that was made while a table was empty reads it from end to end when it is large.
    "enable_seqscan": "off",
    # Compiling a plan takes longer than any statement of ours.
    "jit": "off",
    "timezone": "UTC",
}
UNAVAILABLE: Final = (
    OSError,  # TimeoutError is one
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidTransactionStateError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""What the driver raises when the database cannot be used now."""


class DatabaseUnreachableError(DomainError):
    """The database does not answer when a worker starts, or when it is read."""

    code: ClassVar[str] = "database_unreachable"
    hint: ClassVar[str] = "Check the URL of the database, and that PostgreSQL runs there."


async def connected(
    url: str, *, name: str, timeout_s: float = COMMAND_TIMEOUT_S
) -> "asyncpg.Connection[Any]":
    """Return a connection; `name` shows in the server's list of who is connected."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(
        url,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=timeout_s,
        server_settings={**_SETTINGS, "application_name": name},
    )
    return connection


def is_unavailable(error: BaseException) -> bool:
    """Tell whether an error says that the database cannot be used, rather than a fault of ours."""
    # An argument of the wrong type is an InterfaceError too, and a ValueError.
    return isinstance(error, UNAVAILABLE) and not isinstance(error, ValueError)


def said(error: BaseException) -> str:
    """Return what an error of the driver says, on one line and never empty."""
    return " ".join(str(error).split()) or type(error).__name__
