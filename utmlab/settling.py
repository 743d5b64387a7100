"""Waiting until a lab has come to rest, and how many polls a computer needed to comply.

- Both look at files, databases and LiveConnect's journal; neither asks the processes to hurry.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from typing import Any, ClassVar, Final

from foundation.durable.database import open_for_reading
from foundation.errors import DomainError
from liveconnect.config import database_file
from utmlab.integrity import what_waits
from utmlab.places import Places

SETTLE_S: Final = 120.0
_LOOK_S: Final = 0.03


class NotSettledError(DomainError):
    """A lab did not come to rest."""

    code: ClassVar[str] = "not_settled"
    hint: ClassVar[str] = "The message names what still waits."


async def settle(
    places: Places, computers: Collection[str] = (), browsed: Collection[str] = ()
) -> None:
    """Wait until nothing is under way any more.

    Args:
        places: The lab.
        computers: Names of the computers that are to comply with the newest changeset.
        browsed: Addresses that eplog.log is to tell of.

    Raises:
        NotSettledError: If it takes too long.
    """
    waits = "nothing was looked at"
    try:
        async with asyncio.timeout(SETTLE_S):
            while waits := what_waits(  # noqa: ASYNC110 - other processes have no event
                places, browsed=browsed, computers=computers
            ):
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        raise NotSettledError(f"after {SETTLE_S:g} s {waits}") from None


def polls_until_compliant(
    places: Places, endpoint_id: str, *, since: datetime, journal: Iterable[Mapping[str, Any]]
) -> int:
    """Count an endpoint's polls until it complied with the newest changeset.

    Args:
        places: The lab.
        endpoint_id: Whose polls.
        since: From when on they count, at the earliest: LiveConnect must hold the changeset too.
        journal: What LiveConnect kept of its exchanges.
    """
    with closing(open_for_reading(database_file(places.liveconnect))) as broker:
        pushed, complied = broker.execute(
            "SELECT (SELECT MAX(committed_at) FROM changesets),"
            " MAX(committed_at) FROM assignments WHERE endpoint_id = ? AND is_current = 1",
            [endpoint_id],
        ).fetchone()
    begin = max(since, datetime.fromisoformat(pushed))
    end = datetime.fromisoformat(complied)
    return sum(
        one["method"] == "GET"
        and "/commands/" in one["path"]
        and endpoint_id in one["path"]
        and begin <= datetime.fromisoformat(one["at"]) <= end
        for one in journal
    )
