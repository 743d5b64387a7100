"""Sections 1.9 and 2.2: commands, their acknowledgement, and the policies behind them."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from utmlab.conformance.documents import read_assignments
from utmlab.conformance.endpoint import expect_200
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.rule import Rule

if TYPE_CHECKING:
    from utmlab.conformance.documents import Assigned, Command
    from utmlab.conformance.endpoint import Endpoint
    from utmlab.conformance.subject import Subject

CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z")
TTL = re.compile(r"PT\d+S")


async def poll(subject: Subject) -> str:
    """The command poll gives a document whose root is literally ns:commands."""
    return f"{len(await subject.commands(await subject.fresh()))} commands at once"


async def fields(subject: Subject) -> str:
    """A command without id, appId or body makes clients discard the whole document."""
    for command in await subject.first_commands(await subject.endpoint()):
        for name in ("id", "appId", "body"):
            if not command.fields.get(name):
                raise Violation(f"a command has no {name}")
    return ""


async def unique_ids(subject: Subject) -> str:
    """No two commands of one endpoint share an id."""
    ids = [c.command_id for c in await subject.first_commands(await subject.endpoint())]
    if len(ids) != len(set(ids)):
        raise Violation("two commands in one document have the same id")
    return ""


async def times(subject: Subject) -> str:
    """Both times have the forms that clients can read."""
    for command in await subject.first_commands(await subject.endpoint()):
        created = command.fields.get("creationTime", "")
        if not CREATED.fullmatch(created):
            raise Violation(f"creationTime is {created!r}, clients read %Y-%m-%dT%H:%M:%S.%fZ")
        ttl = command.fields.get("ttl", "")
        if not TTL.fullmatch(ttl):
            raise Violation(f"ttl is {ttl!r}, clients read PT<seconds>S")
    return ""


async def comes_back(subject: Subject) -> str:
    """A command that is not acknowledged is there again at the next poll."""
    endpoint = await subject.fresh()
    first = {command.command_id for command in await subject.first_commands(endpoint)}
    again = {command.command_id for command in await subject.commands(endpoint)}
    if not first <= again:
        raise Violation("a command vanished before it was acknowledged")
    return ""


async def assignment(subject: Subject) -> str:
    """An assignment body is literally ns:policyAssignments or ns:policyFragments."""
    pairs = await _assigning(subject, await subject.endpoint())
    apps = sorted({assigned.app for _, many in pairs for assigned in many})
    return ", ".join(apps)


async def ack_before_fetch(subject: Subject) -> str:
    """Clients acknowledge before they fetch: a policy stays served by id after the DELETE."""
    endpoint = await subject.fresh()
    pairs = await subject.assignments(endpoint)
    before = {one: await subject.fetch(endpoint, one) for _, many in pairs for one in many}
    for command, _ in pairs:
        expect_200(await endpoint.acknowledge(command.command_id))
    for assigned, body in before.items():
        if await subject.fetch(endpoint, assigned) != body:
            raise Violation(f"the {assigned.app} policy is another one after the DELETE")
    return f"{len(before)} policies"


async def acknowledged_is_gone(subject: Subject) -> str:
    """DELETE of one id is answered 200, and the command does not come again."""
    endpoint = await subject.fresh()
    command = (await subject.first_commands(endpoint))[0]
    expect_200(await endpoint.acknowledge(command.command_id))
    await _gone(subject, endpoint, {command.command_id})
    return ""


async def acknowledge_several(subject: Subject) -> str:
    """DELETE accepts ids joined by semicolons."""
    return await _several(subject, "DELETE")


async def acknowledge_by_get(subject: Subject) -> str:
    """The registration client's DELETE arrives as a GET; it counts too."""
    return await _several(subject, "GET")


async def no_mcs_action(subject: Subject) -> str:
    """A command with appId MCS stops real clients until they are killed."""
    await subject.first_commands(await subject.endpoint())
    if any(command.app == "MCS" for command in subject.seen_commands):
        raise Violation("a command with appId MCS was queued")
    return f"{len(subject.seen_commands)} commands"


async def unknown_policy(subject: Subject) -> str:
    """A policy id that was never assigned is not served."""
    answer = await (await subject.endpoint()).policy("MCS", "0" * 64)
    if not 400 <= answer.status < 500:
        raise Violation(f"{answer.call} was answered {answer.status}, expected 4xx")
    return str(answer.status)


async def fragments(subject: Subject) -> str:
    """Fragment ids are cached for ever by clients, so they are SHA-256 of the content."""
    endpoint = await subject.endpoint()
    pairs = await subject.assignments(endpoint)
    ids = [(one.app, fid) for _, many in pairs for one in many for _, fid in one.fragments]
    if not ids:
        raise NotSeen("no policy came in fragments")
    for app, fragment_id in ids:
        body = expect_200(await endpoint.fragment(app, fragment_id)).body
        if hashlib.sha256(body).hexdigest() != fragment_id:
            raise Violation(f"fragment {fragment_id[:12]}... is not the hash of its content")
    return f"{len(ids)} fragments"


async def _assigning(subject: Subject, endpoint: Endpoint) -> list[tuple[Command, list[Assigned]]]:
    """As `Subject.assignments`, but an unreadable body is the finding here."""
    commands = [c for c in await subject.first_commands(endpoint) if c.app == "APPSPROXY"]
    if not commands:
        raise NotSeen("no APPSPROXY command")
    return [(command, read_assignments(command.body)) for command in commands]


async def _several(subject: Subject, method: str) -> str:
    endpoint = await subject.fresh()
    ids = [command.command_id for command in await subject.first_commands(endpoint)][:2]
    sent = ids if len(ids) > 1 else [*ids, *ids]
    expect_200(await endpoint.acknowledge(*sent, method=method))
    await _gone(subject, endpoint, set(ids))
    return "two commands" if len(ids) > 1 else "one command, named twice"


async def _gone(subject: Subject, endpoint: Endpoint, ids: set[str]) -> None:
    left = {command.command_id for command in await subject.commands(endpoint)}
    if left & ids:
        raise Violation("an acknowledged command came again")


RULES = (
    Rule("1.3-command-poll", "the poll gives a commands document", poll),
    Rule("1.9-command-fields", "every command has id, appId and body", fields),
    Rule("1.9-command-ids", "command ids are unique", unique_ids),
    Rule("2.2-command-times", "creationTime and ttl are readable", times),
    Rule("1.9-unacknowledged-comes-back", "what is not acknowledged comes again", comes_back),
    Rule("2.2-assignment", "policies are assigned under literal prefixes", assignment),
    Rule(
        "1.9-ack-before-fetch", "a policy is served before and after the DELETE", ack_before_fetch
    ),
    Rule("1.3-acknowledge", "DELETE of a command is 200 and final", acknowledged_is_gone),
    Rule("1.3-acknowledge-several", "DELETE accepts a;b", acknowledge_several),
    Rule(
        "1.3-acknowledge-by-get", "GET on the acknowledgement path counts too", acknowledge_by_get
    ),
    Rule("1.3-policy-unknown", "an unknown policy id is refused", unknown_policy),
    Rule("1.9-fragment-ids", "fragment ids are content hashes", fragments),
    Rule("7-no-mcs-action", "no command ever has appId MCS", no_mcs_action),
)
