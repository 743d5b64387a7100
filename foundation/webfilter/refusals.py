"""Why the proxy does not serve a request, each with its HTTP status and a stable code.

These are refusals of the proxy itself; what a policy blocks is a verdict, not an error.
"""

from typing import ClassVar

from foundation.errors import DomainError


class ExchangeRefusedError(DomainError):
    """The root: an exchange that ends with an error page of the proxy."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "exchange_refused"


class RequestMalformedError(ExchangeRefusedError):
    """The bytes of the client are not one clear HTTP/1.1 request."""

    status = 400
    code = "request_malformed"
    hint = "Send http:// URLs in absolute form, or CONNECT host:port."


class UrlTooLongError(ExchangeRefusedError):
    """The request line is longer than the proxy reads."""

    status = 414
    code = "url_too_long"
    hint = "Shorten the URL."


class HeadTooLargeError(ExchangeRefusedError):
    """Too many header lines, or too long ones."""

    status = 431
    code = "head_too_large"
    hint = "Clear the cookies of that site or send fewer headers."


class MethodRefusedError(ExchangeRefusedError):
    """A method or a coding that the proxy does not forward."""

    status = 501
    code = "method_refused"
    hint = "Use one of the common methods with a plain or chunked body."


class RequestTimeoutError(ExchangeRefusedError):
    """The client began a request and did not finish it."""

    status = 408
    code = "request_timeout"
    hint = "Send the whole request at once."


class DestinationRefusedError(ExchangeRefusedError):
    """A target that nobody should reach through the proxy."""

    status = 403
    code = "destination_refused"
    hint = "Management ports and link-local addresses are not reachable through the proxy."


class OriginUnreachableError(ExchangeRefusedError):
    """The name does not resolve, or nothing answers there."""

    status = 502
    code = "origin_unreachable"
    hint = "Check the host name and that the site is up."


class OriginTimeoutError(ExchangeRefusedError):
    """The origin took too long to connect or to answer."""

    status = 504
    code = "origin_timeout"
    hint = "Try again later."


class OriginMalformedError(ExchangeRefusedError):
    """The origin's answer is not one clear HTTP/1.1 response."""

    status = 502
    code = "origin_malformed"
    hint = "The site is broken; the proxy does not guess what it meant."


class OriginUntrustedError(ExchangeRefusedError):
    """The certificate of an intercepted site is not to be believed."""

    status = 502
    code = "origin_untrusted"
    hint = (
        "If the site is to be reached all the same: an exception that skips certcheck (issuer and "
        "name) or certdate (dates)."
    )


class ServerNameMismatchError(ExchangeRefusedError):
    """TLS asks for a blocked host inside a tunnel to another one."""

    status = 403
    code = "sni_mismatch"
    hint = "Let the TLS server name be the host of the CONNECT."
