"""What a test says about a lab: a verdict, a line in a log, an order of lines, and no change.

- Each raises AssertionError with what was there instead.
- They look at what is: the proxy's own decision, the files of the logs, the stored state.

Example:
    await assert_verdict(laptop, "http://news.example/", "block", reason="blacklist")
    await assert_logged(lab, "epsecd", id="4233", changeset="2")

Provenance: ours.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from typing import Any

from foundation.net.control import NotRunningError
from foundation.webfilter.verdict import Verdict, WebRequest
from utm.logs.grammar import LineMalformedError, ParsedLine, parse_line
from utmlab.computers import Computer, TaskComputer
from utmlab.houses import TaskHouse
from utmlab.stack import UTM, Stack

SHOWN = 5


async def assert_verdict(
    lab: Stack,
    computer: Computer,
    url: str,
    action: str,
    *,
    method: str = "GET",
    reason: str | None = None,
    category: str | None = None,
) -> Verdict:
    """Check what a computer's Web Control decides on a URL.

    Args:
        lab: The lab.
        computer: One whose services are tasks.
        url: What is asked for.
        action: `allow`, `warn` or `block`.
        method: Of the request.
        reason: The verdict's reason, if it matters.
        category: The category's name, if it matters.

    Raises:
        NotRunningError: If the computer runs as processes.
    """
    if not isinstance(computer, TaskComputer):
        raise NotRunningError(f"{computer.name} runs as processes: browse instead")
    request = WebRequest(url=url, method=method, at=lab.now())
    verdict = await computer.endpoint.web_control.decide(request)
    wanted = {"action": action, "reason": reason, "category": category}
    found = {
        "action": str(verdict.action),
        "reason": str(verdict.reason),
        "category": verdict.category_name,
    }
    odd = {key: value for key, value in wanted.items() if value not in (None, found[key])}
    if odd:
        raise AssertionError(
            f"{computer.name} on {url}: {odd} was expected, {found} is decided "
            f"by {verdict.rule_name or verdict.filter_action_name or 'no rule'}"
        )
    return verdict


async def assert_logged(lab: Stack, log: str, **keys: str) -> ParsedLine:
    """Check that a log of the UTM has a line with these keys; return the newest one."""
    lines = await _lines(lab, log)
    found = [line for line in lines if _matches(line, keys)]
    if not found:
        raise AssertionError(f"no line of {log}.log has {keys}; the last are:\n{_shown(lines)}")
    return found[-1]


async def assert_order(lab: Stack, log: str, *wanted: dict[str, str]) -> None:
    """Check that lines with these keys stand in a log in this order, others between or not."""
    lines = await _lines(lab, log)
    left = iter(lines)
    for number, keys in enumerate(wanted, 1):
        if not any(_matches(line, keys) for line in left):
            raise AssertionError(
                f"{log}.log has no line with {keys} after those for the first {number - 1}; "
                f"the last are:\n{_shown(lines)}"
            )


@contextlib.asynccontextmanager
async def assert_unchanged(lab: Stack) -> AsyncIterator[None]:
    """Check that nothing of the state changes inside the block.

    State is the configuration, the changesets, who is enrolled and complies, and the policies and
    configurations on the computers; polls, last-seen times and log lines are none.
    """
    before = await _state(lab)
    yield
    after = await _state(lab)
    changed = sorted(
        key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    )
    if changed:
        raise AssertionError(f"changed meanwhile: {', '.join(changed)}")


async def _lines(lab: Stack, log: str) -> list[ParsedLine]:
    house = lab.houses[UTM]
    if isinstance(house, TaskHouse) and house.service is not None:
        await house.service.quiesce()
    lines = list[ParsedLine]()
    text = (lab.places.utm_logs / f"{log}.log").read_text(errors="replace")
    for line in text.splitlines():
        with contextlib.suppress(LineMalformedError):  # lint is for those
            lines.append(parse_line(line))
    return lines


def _matches(line: ParsedLine, keys: dict[str, str]) -> bool:
    return all(line.get(key) == str(value) for key, value in keys.items())


def _shown(lines: list[ParsedLine]) -> str:
    return "\n".join(f"  {dict(line.pairs) or line.text}" for line in lines[-SHOWN:]) or "  (none)"


async def _state(lab: Stack) -> dict[str, Any]:
    status = await lab.call(UTM, "status")
    newest = await lab.call(UTM, "changeset")
    state = {
        "the UTM's configuration": status["change"],
        "the newest changeset": newest and (newest["epoch"], newest["number"]),
        "the groups": await lab.call(UTM, "group_list"),
    }
    for one in await lab.call(UTM, "endpoint_list"):
        state[f"compliance of {one['name']}"] = one["compliant"]
    for name, computer in lab.computers.items():
        for folder in (computer.host.persist, computer.host.config_file.parent):
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()
                    state[f"{path.name} of {name}"] = digest
    return state
