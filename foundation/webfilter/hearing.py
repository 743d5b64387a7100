"""One request before the rules: what was asked, what the verdict is, what is said to the client.

- Every request has its own verdict, also on a connection that was used before.
- HTTPS is decided by the host of the CONNECT. A warning cannot be shown there: it passes, and
  the activity says "proceed" (documented for endpoints).
- Whatever ends an exchange, an answered request leaves exactly one activity.
"""

from typing import TYPE_CHECKING

from foundation.webfilter.client import Client
from foundation.webfilter.context import ProxyContext
from foundation.webfilter.forwarder import Forwarder
from foundation.webfilter.heads import ResponseHead
from foundation.webfilter.pages import Page
from foundation.webfilter.record import ExchangeRecord
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.relay import ResponseRelay
from foundation.webfilter.request_reader import IncomingRequest
from foundation.webfilter.showing import Showing
from foundation.webfilter.target import Target, read_target
from foundation.webfilter.targeting import NO_TARGET
from foundation.webfilter.verdict import Verdict, WebRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable


class Hearing(ExchangeRecord):
    """A request, and everything that is found out about it."""

    deciding: "Awaitable[Verdict] | None" = None
    """What must be waited for to have the verdict."""

    def __init__(
        self,
        context: ProxyContext,
        client: Client,
        forwarder: Forwarder,
        request: IncomingRequest,
    ) -> None:
        self.context, self.client, self.forwarder = context, client, forwarder
        self.on_activity = context.on_activity
        self.begun = forwarder.loop.time()
        self.request, self.head, self.target = request, request.head, NO_TARGET
        self.user = context.user(client.address)
        self.at = context.now()
        forwarder.forget_last()

    @property
    def verdict(self) -> Verdict:
        """The verdict that was found."""
        if self.found is None:
            raise RuntimeError("nothing passes without a verdict")
        return self.found

    def own_page(self, target: Target) -> Page | None:
        """Return what the proxy serves itself, when it is asked as a server and not as a proxy."""
        if not self.head.target.startswith("/") or self.head.method not in {"GET", "HEAD"}:
            return None
        return self.context.own_pages.get(target.authority + target.path)

    def ask(self, url: str, method: str, target: Target | None = None) -> Verdict | None:
        """Find the verdict on a URL; None when `deciding` must be waited for."""
        request = self.asked = self.request_for(url, method, target)
        found = self.context.decide(request)
        if isinstance(found, Verdict):
            self.found = found
            return found
        self.deciding = found
        return None

    def request_for(self, url: str, method: str, target: Target | None = None) -> WebRequest:
        """Return what is asked of the rules; the target, if the URL was read already."""
        client, head = self.client, self.head
        return WebRequest(url, method, self.at, self.user, client.address, head.user_agent, target)

    async def decided(self) -> Verdict:
        """Wait for the verdict."""
        if self.deciding is not None:
            deciding, self.deciding = self.deciding, None
            self.found = await deciding
        return self.verdict

    def answer_by(self, verdict: Verdict) -> bool | None:
        """Answer what is blocked or warned of; None when the request goes on."""
        if verdict.action == "block":
            return self.showing().block(verdict)
        self.forwarder.skips = verdict.exception_skips
        if verdict.rewritten_url:
            self.target = read_target(verdict.rewritten_url)
        if self.head.method == "CONNECT" or verdict.action == "allow" or self._went_on(verdict):
            return None
        return self.showing().warning(verdict)

    def relay(self) -> ResponseRelay:
        """Return what takes the answer; the same one when a request is sent a second time."""
        if self.answer is None:
            look = self._look_again if self.context.decide_content is not None else None
            self.answer = ResponseRelay(
                self.client, self.head, second_look=look, before_end=self.finish
            )
        return self.answer

    def show_instead(self) -> bool:
        """Show what the second look at the answer said."""
        verdict = self.verdict
        is_block = verdict.action == "block"
        return self.showing().block(verdict) if is_block else self.showing().warning(verdict)

    def showing(self) -> Showing:
        """Return who writes the proxy's own answers."""
        return Showing(self.context, self.client, self.request, self, self.user)

    def refuse(self, refusal: ExchangeRefusedError) -> bool:
        """Say why the proxy does not serve the request; tell whether the connection goes on."""
        self.error = refusal.code
        self.context.on_refusal(refusal)
        return self.showing().refusal(refusal)

    def note_fault(self) -> None:
        """Note a fault of ours; an answer that has begun must not look whole."""
        self.error = "internal"
        if self.is_answer_begun:
            self.client.abort()

    def note_absence(self) -> None:
        """Note that the client went away."""
        if not self.is_answer_complete:
            self.error = "client_aborted"

    def _went_on(self, verdict: Verdict) -> bool:
        return self.context.proceed.is_remembered(
            computer=self.client.address, user=self.user, host=verdict.host
        )

    def _look_again(self, head: ResponseHead) -> bool:
        """Judge the content type; tell whether the answer may go to the client."""
        verdict, decide_content = self.verdict, self.context.decide_content
        if decide_content is None:
            return True
        again = decide_content(verdict, head.content_type)
        if again is verdict or again.action == "allow":
            return True
        self.found = again
        return again.action == "warn" and self._went_on(again)
