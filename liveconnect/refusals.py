"""How a request is refused: one reason, one line in the operations log, one counter.

- A refusal changes nothing.
- The register realm is sent only where the endpoint shall register again; its text is compared
  literally by clients, so it is never touched here.
- The body is a sentence for people; programs read the header `X-Refusal-Reason` (ours).
"""

from collections import Counter
from typing import ClassVar

from aiohttp import web

from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError
from foundation.operations_log import OperationsLog
from foundation.protocol.names import REGISTER_REALM
from foundation.protocol.reasons import Reason

REASON_HEADER = "X-Refusal-Reason"


class RefusedError(DomainError):
    """A request that is not carried out.

    Attributes:
        reason: Why, as a code.
        status: The HTTP status it is answered with.
        register: Whether the endpoint shall register again.
        retry_after_s: When to try again, if that may help; real MCS clients do not look at it.
    """

    status: ClassVar[int] = 400
    register: bool = False
    retry_after_s: int = 0

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.code = reason.value  # type: ignore[misc]


class RegistrationRefusedError(RefusedError):
    """An endpoint may not enrol with what it showed."""

    status = 401
    hint = "Take a fresh installer from Deploy Agent on the UTM."


class CredentialsRefusedError(RefusedError):
    """A call without valid credentials."""

    status = 401

    def __init__(self, reason: Reason, sentence: str, *, register: bool = False) -> None:
        super().__init__(reason, sentence)
        self.register = register


class ForeignEndpointError(RefusedError):
    """A call on behalf of another endpoint than the one that is authenticated."""

    status = 403


class CertificateRefusedError(RefusedError):
    """A call on the UTM link without a valid certificate."""

    status = 403
    hint = "Register the UTM with LiveConnect again."


class DocumentRefusedError(RefusedError):
    """A document that cannot be read."""

    status = 400


class DocumentTooLargeError(RefusedError):
    """A body over the limit."""

    status = 413


class NotFoundError(RefusedError):
    """What was asked for is not there for this caller."""

    status = 404


class MethodRefusedError(RefusedError):
    """A known path, asked with a method that it does not take."""

    status = 405

    def __init__(self, sentence: str, allowed: tuple[str, ...]) -> None:
        super().__init__(Reason.METHOD_WRONG, sentence)
        self.allowed = allowed


class OutOfOrderError(RefusedError):
    """A changeset that is older than what is stored, or lacks its parts."""

    status = 409

    def __init__(self, reason: Reason, sentence: str, *, missing: tuple[str, ...] = ()) -> None:
        super().__init__(reason, sentence)
        self.missing = missing


class StoreFailedError(RefusedError):
    """The store could not commit; the sender keeps what it sent and tries again."""

    status = 500
    hint = "Make room on the disk of the data folder."


class StoreUnavailableError(StoreFailedError):
    """The database cannot be used now; nothing is acknowledged, and the sender tries again."""

    status = 503
    hint = "Wait until the database is back."
    retry_after_s = 5


class OverloadedError(RefusedError):
    """More is asked for at once than is taken in; the sender tries again."""

    status = 503
    hint = "Wait for a moment, or run more workers."
    retry_after_s = 5


class FeedOverLimitError(RefusedError):
    """A device uploads more than it may; it comes again later."""

    status = 429
    hint = "Wait as long as Retry-After says."

    def __init__(self, retry_after_s: int, *, purge: bool) -> None:
        super().__init__(
            Reason.FEED_OVER_LIMIT, f"this device uploads too much; again in {retry_after_s} s"
        )
        self.retry_after_s = retry_after_s
        self.purge = purge


def refuse_xml(error: XmlRefusedError) -> RefusedError:
    """Return the refusal for a document that the guard refused."""
    if error.reason is Reason.BODY_TOO_LARGE:
        return DocumentTooLargeError(error.reason, str(error))
    return DocumentRefusedError(error.reason, str(error))


class Refusals:
    """Counts, records and words the refusals of one LiveConnect."""

    def __init__(self, log: OperationsLog) -> None:
        self._log = log
        self.counts: Counter[Reason] = Counter()

    def note(self, reason: Reason, sentence: str, **fields: object) -> None:
        """Record one refusal."""
        self.counts[reason] += 1
        self._log.record("refused", reason=reason.value, **fields, sentence=sentence)

    def answer(self, request: web.Request, error: RefusedError) -> web.Response:
        """Record the refusal of an endpoint's request and return its answer."""
        self.note(error.reason, str(error), method=request.method, path=request.path)
        headers = _headers(error)
        if error.register:
            headers["WWW-Authenticate"] = REGISTER_REALM
        if isinstance(error, MethodRefusedError):
            headers["Allow"] = ", ".join(error.allowed)
        if isinstance(error, FeedOverLimitError):
            body = {"purge": error.purge}
            return web.json_response(body, status=error.status, headers=headers)
        return web.Response(status=error.status, text=f"{error}\n", headers=headers)

    def answer_utm(self, request: web.Request, error: RefusedError) -> web.Response:
        """Record the refusal of a UTM's request and return its answer, as JSON."""
        self.note(error.reason, str(error), method=request.method, path=request.path)
        body: dict[str, object] = {
            "reason": error.reason.value,
            "message": str(error),
            "hint": error.hint,
        }
        if isinstance(error, OutOfOrderError) and error.missing:
            body["missing"] = list(error.missing)
        return web.json_response(body, status=error.status, headers=_headers(error))


def _headers(error: RefusedError) -> dict[str, str]:
    headers = {REASON_HEADER: error.reason.value}
    if error.retry_after_s:
        headers["Retry-After"] = str(error.retry_after_s)
    return headers
