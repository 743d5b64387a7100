"""The verdicts of one Web Control: the policy in force, and what is known of sites.

- The policy file is looked at each time: the agent has reported a policy as applied as soon as it
  is there, and from then on it must hold, whether the bell was heard yet or not.
- A verdict is returned at once where nothing must be waited for: that spares a task.
- Without a policy everything is allowed and nothing is logged.
- What was decrypted is judged by its whole URL, by an engine made for the first such request.
"""

import asyncio
from collections.abc import Awaitable, Callable

from endpoint.web_control.categories import SiteKnowledge
from endpoint.web_control.policy_in_force import PolicyInForce
from endpoint.web_control.standing_back import StandingBack
from foundation.categories.category import CategorySource
from foundation.webfilter.content import ContentRules
from foundation.webfilter.decrypted import is_decrypted, seeing_urls
from foundation.webfilter.engine import Engine
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest


class Decisions:
    """Decides for one Web Control.

    Args:
        in_force: The policy.
        standing_back: Whether the gateway decides instead.
        sites: Categories and reputations.
        load: Looks at the policy file, and at where the computer is.
    """

    def __init__(
        self,
        in_force: PolicyInForce,
        standing_back: StandingBack,
        sites: SiteKnowledge,
        load: Callable[[], Awaitable[None]],
    ) -> None:
        self._in_force, self._standing_back = in_force, standing_back
        self._sites, self._load = sites, load
        self._opened: tuple[Engine, Engine] | None = None
        self._content: ContentRules | None = None
        """An engine, and the one for what was decrypted under the same policy."""

    def verdict(self, request: WebRequest) -> Verdict | Awaitable[Verdict]:
        """Return the verdict on a request, or what must be awaited for it."""
        is_settled = not (self._in_force.is_outdated or self._standing_back.is_outdated)
        if is_settled and not self._standing_back.is_so and not is_decrypted(request):
            unknown = self._sites.noting()
            verdict = _judge(self._in_force.engine, request, unknown)
            if not unknown.host:
                return verdict
        return self.verdict_later(request)

    async def verdict_later(self, request: WebRequest) -> Verdict:
        """Return the verdict on a request under the policy in force."""
        if self._in_force.is_outdated or self._standing_back.is_outdated:
            await self._load()
        if self._standing_back.is_so:
            return _of_a_dropped_connection(request)
        engine = self._in_force.engine
        if engine is not None and is_decrypted(request):
            engine = await self._engine_for_urls(engine)
        unknown = self._sites.noting()
        verdict = _judge(engine, request, unknown)
        if unknown.host:
            await self._sites.learn(unknown.host)
            verdict = _judge(engine, request, self._sites)
        return verdict

    def content_verdict(self, verdict: Verdict, content_type: str) -> Verdict:
        """Return the verdict once the content type is known."""
        current = self._in_force.current
        if current is None:
            return verdict
        if self._content is None or self._content.policy is not current.policy:
            self._content = ContentRules(current.policy)
        return self._content.verdict(verdict, content_type)

    async def _engine_for_urls(self, engine: Engine) -> Engine:
        if self._opened is None or self._opened[0] is not engine:
            loop = asyncio.get_running_loop()
            opened = await loop.run_in_executor(None, lambda: Engine(seeing_urls(engine.policy)))
            self._opened = engine, opened
            return opened
        return self._opened[1]


def _judge(engine: Engine | None, request: WebRequest, categories: CategorySource) -> Verdict:
    if engine is not None:
        return engine.verdict(request, categories)
    return Verdict(
        action="allow",
        reason=VerdictReason.NO_POLICY,
        url=request.url,
        host="",
        is_logged=False,
    )


def _of_a_dropped_connection(request: WebRequest) -> Verdict:
    """Let nothing pass on a connection that was begun elsewhere; its client is being dropped."""
    return Verdict(
        action="block", reason=VerdictReason.NO_POLICY, url=request.url, host="", is_logged=False
    )
