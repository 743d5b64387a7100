"""Watches a client, drives it, and tells what was found.

Invariants:

* Every chosen rule gives exactly one finding, whatever the client does.
* A client that stays away ends the run; what was not seen by then is NOT SEEN, and why is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from utmlab.conformance.client import rules_steady, rules_trouble
from utmlab.conformance.client.listener import Listener
from utmlab.conformance.client.scenes import ALWAYS, SCENES
from utmlab.conformance.client.stage import POLICY_DELAY_S, Stage
from utmlab.conformance.client.world import World
from utmlab.conformance.expected import chosen
from utmlab.conformance.finding import Finding, Verdict
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.report import Report

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection

    from foundation.service import Now
    from utmlab.conformance.client.rule import ClientRule

CLIENT_RULES: tuple[ClientRule, ...] = (*rules_steady.RULES, *rules_trouble.RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How a client is watched.

    Attributes:
        context: The server's TLS context.
        token: The registration token that is accepted.
        now: Time for the stamps in documents.
        port: 0 takes a free one.
        base_path: What every path begins with.
        host_name: In URLs that the client is given.
        fast_s: The poll interval that the client was told; None for the policy's.
        first_s: How long the first poll is waited for.
        scenes: Scenes beside the first two; empty for all.
    """

    context: ssl.SSLContext
    token: str
    now: Now
    port: int = 0
    base_path: str = "/sophos/management/ep"
    host_name: str = "localhost"
    fast_s: float | None = None
    first_s: float = 300.0
    scenes: Collection[str] = ()


async def check_client(
    watch: Watch,
    *,
    only: Collection[str] = (),
    on_ready: Callable[[str], None] | None = None,
    on_scene: Callable[[str], None] | None = None,
) -> Report:
    """Watch one client and judge it by all rules, or by those named in `only`.

    Args:
        watch: How.
        only: Rule ids; empty for all.
        on_ready: Called with the URL once the client may come.
        on_scene: Called with each scene's name as it begins.

    Raises:
        UnknownRuleError: If a name in `only` is no rule.
    """
    wanted = chosen(only, (rule.id for rule in CLIENT_RULES))
    world = World(watch.token, watch.now)
    listener = Listener(world, watch.context, watch.base_path)
    listener.port = watch.port
    await listener.start()
    world.url = f"https://{watch.host_name}:{listener.port}{watch.base_path}"
    interval_s = float(POLICY_DELAY_S) if watch.fast_s is None else watch.fast_s
    stage = Stage(world, listener, interval_s, watch.first_s)
    try:
        if on_ready is not None:
            on_ready(world.url)
        ended = await _play(stage, watch.scenes, on_scene)
    finally:
        await listener.stop()
    rules = [rule for rule in CLIENT_RULES if not wanted or rule.id in wanted]
    return Report(world.url, tuple(_judge(rule, stage, ended) for rule in rules))


async def _play(
    stage: Stage, scenes: Collection[str], on_scene: Callable[[str], None] | None
) -> str:
    """Play the scenes; return why the run ended early, empty if it did not."""
    for name, scene in SCENES.items():
        if scenes and name not in scenes and name not in ALWAYS:
            continue
        if on_scene is not None:
            on_scene(name)
        try:
            await scene(stage)
        except NotSeen as gone:
            return f"{name}: {gone}"
    return ""


def _judge(rule: ClientRule, stage: Stage, ended: str) -> Finding:
    try:
        return Finding(rule.id, rule.title, Verdict.PASS, rule.check(stage))
    except NotSeen as missing:
        reason = f"{missing}; the run ended in {ended}" if ended else str(missing)
        return Finding(rule.id, rule.title, Verdict.NOT_SEEN, reason)
    except Violation as broken:
        return Finding(rule.id, rule.title, Verdict.FAIL, str(broken), broken.times)
