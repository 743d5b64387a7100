"""What the proxy itself answers to a request: pages, refusals, and its reserved path."""

from foundation.webfilter.answers import page_answer
from foundation.webfilter.client import Client
from foundation.webfilter.context import ProxyContext
from foundation.webfilter.pages import PROCEED_PATH, RESERVED_PATH, STYLE_PATH, Page
from foundation.webfilter.proceed import ProceedRefusedError
from foundation.webfilter.record import ExchangeRecord
from foundation.webfilter.refusals import ExchangeRefusedError, MethodRefusedError
from foundation.webfilter.request_reader import IncomingRequest
from foundation.webfilter.target import Target
from foundation.webfilter.verdict import Verdict


class Showing:
    """Writes answers to one request; each tells whether the connection may go on."""

    def __init__(
        self,
        context: ProxyContext,
        client: Client,
        request: IncomingRequest,
        record: ExchangeRecord,
        user: str,
    ) -> None:
        self._pages, self._proceed = context.pages, context.proceed
        self._client, self._request, self._record = client, request, record
        self._user = user
        self._accept = request.head.text(b"accept")

    def block(self, verdict: Verdict) -> bool:
        """Show why the request is blocked."""
        self._record.action = "block"
        page = self._pages.block(verdict, user=self._user, accept=self._accept)
        return self.page(403, page, headers=_verdict_header(verdict))

    def warning(self, verdict: Verdict) -> bool:
        """Warn, with a token to go on."""
        self._record.action = "warn"
        token = self._proceed.issue(
            computer=self._client.address, user=self._user, host=verdict.host, url=verdict.url
        )
        page = self._pages.warn(verdict, user=self._user, token=token, accept=self._accept)
        return self.page(403, page, headers=_verdict_header(verdict))

    def refusal(self, refusal: ExchangeRefusedError) -> bool:
        """Show why the proxy does not serve the request."""
        if self._record.is_answer_begun:
            self._client.abort()  # a part of the answer is out: only the end can say it is not all
            return False
        page = self._pages.refusal(refusal, accept=self._accept)
        return self.page(refusal.status, page)

    def proceed_refused(self, refusal: ProceedRefusedError) -> bool:
        """Show that a token is no longer good."""
        self._record.action, self._record.error = "warn", refusal.code
        page = self._pages.proceed_refused(str(refusal), refusal.hint, accept=self._accept)
        return self.page(403, page)

    def redirect(self, url: str) -> bool:
        """Lead to the URL that the user may go on to."""
        self._record.action = "proceed"
        location = (b"Location", url.encode("ascii", "replace"))
        return self.page(303, Page(b"", "text/plain; charset=utf-8"), headers=(location,))

    def own(self, target: Target) -> bool:
        """Answer on the reserved path."""
        method = self._request.head.method
        if target.path == STYLE_PATH and method in {"GET", "HEAD"}:
            return self.page(200, self._pages.style())
        if target.path in {PROCEED_PATH, STYLE_PATH}:
            refusal = MethodRefusedError(f"{method} has no meaning here")
            return self.page(405, self._pages.refusal(refusal, accept=self._accept))
        refusal = MethodRefusedError(f"nothing is at {RESERVED_PATH}")
        return self.page(404, self._pages.refusal(refusal, accept=self._accept))

    def page(
        self, status: int, page: Page, *, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> bool:
        """Write a page; what still comes of the request's body is dropped."""
        head, body = self._request.head, self._request.body
        body.discard()
        is_tunnel = head.method == "CONNECT" or head.is_upgrade
        is_keep_alive = head.is_keep_alive and body.is_complete and not is_tunnel
        is_head_request = head.method == "HEAD"
        self._record.status, self._record.content_type = status, page.content_type
        self._record.size = 0 if is_head_request else len(page.body)
        self._record.finish()
        self._client.write(
            page_answer(
                status,
                page,
                is_keep_alive=is_keep_alive,
                is_head_request=is_head_request,
                headers=headers,
            )
        )
        return is_keep_alive


def _verdict_header(verdict: Verdict) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"X-Web-Control", f"{verdict.action}; reason={verdict.reason.value}".encode()),)
