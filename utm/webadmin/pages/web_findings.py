"""What compiler and linter find, beside the objects that they find it about.

- The same findings as those of `utmlab policy lint`; judging runs beside the loop.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from utm.confd import Object, Snapshot
from utm.confd.values import Value
from utm.web_policy import WebPolicyError
from utm.web_policy.lint import lint
from utm.webadmin.visit import Visit

CHECK_PATH: Final = "/web-protection/policy-helpdesk/check"


@dataclass(frozen=True, slots=True)
class Told:
    """A finding for a page; `about` is None when it is about the configuration as a whole."""

    sentence: str
    code: str
    about: Object | None
    kind: str = "warning"


def findings(snapshot: Snapshot, now: datetime, group_ref: str = "") -> list[Told]:
    """Return what is probably not meant; a policy that cannot be compiled is the one finding."""
    try:
        found = lint(snapshot, now=now, group_ref=group_ref)
    except WebPolicyError as error:
        return [Told(f"{error}. {error.hint}", error.code, None, "error")]
    return [Told(each.sentence, each.code, snapshot.find(each.ref)) for each in found]


def about(told: Sequence[Told], refs: frozenset[str]) -> list[Told]:
    """Return the findings about some objects, and those that concern everything."""
    return [one for one in told if one.about is None or one.about.ref in refs]


async def findings_beside(visit: Visit, snapshot: Snapshot, group_ref: str = "") -> list[Told]:
    """Return `findings`, judged beside the loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, findings, snapshot, visit.now, group_ref)


async def more_findings(
    visit: Visit, found: Object | None, _values: Mapping[str, Value], snapshot: Snapshot
) -> dict[str, Any]:
    """Give a form the findings about its object, and about the policies of a profile."""
    if found is None:
        return {"findings": ()}
    told = await findings_beside(visit, snapshot)
    refs = frozenset({found.ref, *found.attributes.get("cff_profiles", ())})
    return {"findings": about(told, refs)}
