"""Asking the lab that runs on the data folder, through its control API.

- With nothing running a command that edits ends with exit code 3.

Provenance: ours.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from foundation.net.control import CONTROL_FILE, TIMEOUT_S, ControlClient, NotRunningError
from utmlab.cli.session import Session

GRACE_S = 10.0
"""The lab names what is missing when a wait ends; it must have time to."""


def ask(session: Session, verb: str, **arguments: Any) -> Any:
    """Call a verb of the running lab.

    Raises:
        NotRunningError: If no lab runs on the data folder.
        ControlError: If it refuses.
        TimeoutError: If it does not answer.
    """
    patience_s = max(TIMEOUT_S, arguments.get("timeout_s", 0.0) + GRACE_S)
    client = ControlClient(session.places.data, timeout_s=patience_s)
    return asyncio.run(client.call(verb, **arguments))


def ask_liveconnect(session: Session, verb: str, arguments: Mapping[str, Any]) -> Any:
    """Call a verb of the LiveConnect that runs, in a lab or alone.

    Raises:
        NotRunningError: If there is neither.
        ControlError: If it refuses.
        TimeoutError: If it does not answer.
    """
    try:
        return ask(session, "liveconnect", name=verb, arguments=arguments)
    except NotRunningError:
        alone = session.places.liveconnect
        if not (alone / CONTROL_FILE).exists():
            raise
        return asyncio.run(ControlClient(alone).call(verb, **arguments))


def wait_compliant(session: Session, changeset: int | None, timeout_s: float | None) -> None:
    """Wait until every endpoint complies with a changeset, if that was asked for.

    Args:
        session: Which lab.
        changeset: Its number; None when endpoints are not concerned.
        timeout_s: How long; None does not wait.

    Raises:
        ControlError: With code `not_compliant` when they do not in time.
    """
    if changeset is not None and timeout_s is not None:
        ask(session, "wait_compliant", changeset=changeset, timeout_s=timeout_s)
