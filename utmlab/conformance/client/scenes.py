"""What the client is put through, scene by scene. Scenes act and note; rules judge.

Provenance: sections 1.3 to 1.9 of the protocol notes (public).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from utmlab.conformance.client import documents
from utmlab.conformance.client.faults import FAULTS, REGISTER
from utmlab.conformance.client.listener import Reply
from utmlab.conformance.client.stage import POLICY_DELAY_S, STATUS_S
from utmlab.conformance.outcomes import NotSeen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from utmlab.conformance.client.stage import Stage

    Scene = Callable[[Stage], Awaitable[None]]

UNKNOWN_APP: Final = "EXAMPLE"
NEAR_EXPIRY_S: Final = 300
DAY_S: Final = 86_400
HELD_S: Final = 2.0
_DOCTYPE: Final = '<!DOCTYPE ns:commands [<!ENTITY a "x">]>\n'


async def first_contact(stage: Stage) -> None:
    """The client registers and polls, of its own accord."""
    if not await stage.polls(1, patience_s=stage.first_s):
        seen = stage.world.calls()
        met = f"{len(seen)} requests, the last one {seen[-1].call}" if seen else "no request"
        raise NotSeen(f"no command poll within {stage.first_s:g} s ({met})")


async def policy(stage: Stage) -> None:
    """A first policy, with a short interval; then a few quiet polls."""
    await apply(stage, "policy")
    await stage.polls(1)
    stage.mark("quiet-from")
    await stage.polls(4)
    stage.mark("quiet-to")


async def apply(stage: Stage, name: str, *, push: str = "") -> None:
    """Assign a policy and wait until the client says that it is in force."""
    world = stage.world
    world.policy = world.new_policy(delay_s=POLICY_DELAY_S, push=push)
    stage.names[name] = (world.assign(world.policy), world.policy.rev_id)
    stage.mark(name)
    await until_in_force(stage, world.policy.rev_id)


async def until_in_force(stage: Stage, rev_id: str) -> bool:
    """Wait for a status that names the revision, as long as a client may take."""
    sent = f"&quot;{rev_id}&quot;", f'"{rev_id}"'
    return await stage.until(
        lambda: any(
            one in s.text.replace("&amp;", "&")
            for s in stage.world.calls("statuses")
            for one in sent
        ),
        STATUS_S if "quiet-from" in stage.marks else stage.first_s,
    )


async def slow_answer(stage: Stage) -> None:
    """One answer is held back: a serial client sends nothing meanwhile."""
    stage.world.hold_s = HELD_S
    stage.mark("slow-answer")
    await stage.polls(2)


async def commands(stage: Stage) -> None:
    """Commands of an unknown app, in an order that is not that of `seq`; one comes twice."""
    world = stage.world
    first = world.queue(UNKNOWN_APP, "{}", seq=2)
    second = world.queue(UNKNOWN_APP, "{}", seq=1)
    stage.names["unknown-app"] = (first, second)
    stage.mark("unknown-app")
    await stage.until(lambda: not {first, second} & set(world.commands), 2 * stage.patience_s)
    world.commands.clear()
    world.queue(UNKNOWN_APP, "{}", command_id=first)
    stage.mark("duplicate")
    await stage.until(lambda: first not in world.commands, 2 * stage.patience_s)
    world.commands.clear()


async def incomplete(stage: Stage) -> None:
    """A command without appId spoils the document it stands in."""
    world = stage.world
    good, bad = world.queue(UNKNOWN_APP, "{}"), world.queue("", "{}")
    stage.names["incomplete"] = (good, bad)
    stage.mark("incomplete")
    await stage.polls(2)
    del world.commands[bad]
    stage.mark("complete")
    await stage.until(lambda: good not in world.commands)
    world.commands.clear()


async def unreadable(stage: Stage) -> None:
    """Answers 200 that no client can read; one of them names a command."""
    world = stage.world
    command = documents.command("2799", UNKNOWN_APP, "{}", created="2026-11-20T23:20:17.000Z")
    for reply in (
        Reply(name="empty"),
        Reply(name="not-xml", body=b"<ns:commands"),
        Reply(name="doctype", body=documents.commands([command], doctype=_DOCTYPE)),
    ):
        await stage.endure(reply)
    assert world.policy is not None  # noqa: S101  # the scene before gave one


async def policy_failure(stage: Stage) -> None:
    """A policy that is not served at first: the command was acknowledged, the work remains."""
    world = stage.world
    world.policy_faults.append(Reply(name="policy-500", status=500))
    world.policy = world.new_policy(delay_s=POLICY_DELAY_S)
    stage.names["policy-failure"] = (world.assign(world.policy), world.policy.rev_id)
    since = stage.mark("policy-failure")
    await stage.until(lambda: not world.policy_faults, 2 * stage.patience_s)
    await stage.until(
        lambda: len(world.calls("policy", since=since)) > 1,
        3 * stage.patience_s,
    )
    world.policy_faults.clear()
    await stage.polls(1, patience_s=3 * stage.patience_s)


async def fragments(stage: Stage) -> None:
    """A policy in fragments, which are listed last first."""
    world = stage.world
    world.policy = world.new_policy(delay_s=POLICY_DELAY_S)
    command, pieces = world.assign_in_fragments(world.policy)
    stage.names["fragments"] = (command, world.policy.rev_id, *pieces)
    stage.mark("fragments")
    fetched = stage.until(
        lambda: {s.second for s in world.calls("fragment")} >= set(pieces), 2 * stage.patience_s
    )
    if await fetched:
        await until_in_force(stage, world.policy.rev_id)


async def bad_policy(stage: Stage) -> None:
    """A policy without a RevID, which would name another device."""
    world = stage.world
    assert world.policy is not None  # noqa: S101  # the scene before gave one
    bad = replace(world.policy, rev_id="", device_id="device-bad")
    stage.names["bad-policy"] = (world.assign(bad),)
    stage.mark("bad-policy")
    await stage.until(lambda: not world.commands, 2 * stage.patience_s)
    await stage.polls(3)
    stage.mark("bad-policy-end")


async def access_tokens(stage: Stage) -> None:
    """Another device in the policy, a token near its end, and then one that is good for a day."""
    world = stage.world
    world.device_id, world.expires_in = "device-2", NEAR_EXPIRY_S
    await apply(stage, "device")
    await stage.polls(3)
    world.expires_in = DAY_S
    await stage.polls(2)
    stage.mark("day")
    await stage.polls(3)
    stage.mark("day-end")


async def failures(stage: Stage) -> None:
    """Every wrong answer of section 1.6 that does not ask for a registration."""
    for fault in FAULTS:
        await stage.endure(fault.reply)


async def failures_in_a_row(stage: Stage) -> None:
    """Two in a row, and one after a good poll."""
    twice = next(fault.reply for fault in FAULTS if fault.name == "503")
    await stage.endure(replace(twice, name="503-row"), replace(twice, name="503-row"))
    await stage.endure(replace(twice, name="503-again"))


async def registration(stage: Stage) -> None:
    """Authentication is lost; the client registers again."""
    world = stage.world
    stage.names["identity"] = tuple(stage.good_polls()[-1].basic)
    begun = stage.mark("registration")
    await stage.endure(REGISTER.reply)
    await stage.until(lambda: bool(world.calls("statuses", since=begun)), STATUS_S)


async def push(stage: Stage) -> None:
    """A push server is offered; wake-up, command, clone challenge, and a stream that ends."""
    world, listener = stage.world, stage.listener
    await apply(stage, "push", push=world.url)
    if not await stage.until(lambda: listener.stream is not None, 2 * stage.patience_s):
        return
    stage.mark("push-up")
    await listener.push(": ping\n\n")
    await stage.polls(1)
    stage.mark("wake-up")
    await listener.push('data: <action type="sophos.mgt.action.GetCommands"/>\n\n')
    await stage.polls(1)
    one = documents.command("pushed-1", UNKNOWN_APP, "{}", created=f"{world.now():%FT%T}.000Z")
    challenge = documents.command(
        "pushed-2", "APPSPROXY", '{"type":"clone_challenge"}', created=f"{world.now():%FT%T}.000Z"
    )
    pushed = stage.mark("pushed")
    for several in (one, challenge):
        text = documents.commands([several]).decode().replace("\n", "")
        await listener.push(f"data: {text}\n\n")
    await stage.until(lambda: bool(world.calls("response", since=pushed)))
    await stage.polls(1)
    stage.mark("drop")
    await listener.drop_stream()
    await stage.polls(2)
    await stage.until(lambda: listener.stream is not None)


SCENES: Final[dict[str, Scene]] = {
    "first-contact": first_contact,
    "policy": policy,
    "slow-answer": slow_answer,
    "commands": commands,
    "incomplete": incomplete,
    "unreadable": unreadable,
    "policy-failure": policy_failure,
    "fragments": fragments,
    "bad-policy": bad_policy,
    "access-tokens": access_tokens,
    "failures": failures,
    "failures-in-a-row": failures_in_a_row,
    "registration": registration,
    "push": push,
}
ALWAYS: Final = ("first-contact", "policy")
"""Every run begins with these: the others need a client that polls at a known pace."""
