"""What the request line asks for: absolute form, CONNECT, or origin form with a Host header."""

from foundation.webfilter.heads import RequestHead
from foundation.webfilter.refusals import MethodRefusedError, RequestMalformedError
from foundation.webfilter.target import InvalidTargetError, Target, read_target

_NOT_IN_AN_AUTHORITY = frozenset("/?#@\\ \t")
_REFUSED_METHODS = frozenset({"TRACE", "PRI"})

NO_TARGET = Target("", "", "http", "", 80, "", is_path_visible=False)
"""Stands where the request line has not been read."""


def target_of(head: RequestHead, inside: Target | None = None) -> Target:
    """Return the target of a request; `inside` is the CONNECT that it came through, decrypted.

    Raises:
        RequestMalformedError: There is no usable URL.
        MethodRefusedError: The method is not forwarded.
    """
    if head.method in _REFUSED_METHODS:
        raise MethodRefusedError(f"{head.method} is not forwarded")
    try:
        target = read_target(_url_of(head, inside), head.method)
    except InvalidTargetError as error:
        raise RequestMalformedError(str(error)) from error
    if target.scheme == "https" and inside is None and head.method != "CONNECT":
        raise RequestMalformedError("https URLs are reached with CONNECT")
    return target


def _url_of(head: RequestHead, inside: Target | None) -> str:
    if inside is not None and (head.method == "CONNECT" or not head.target.startswith("/")):
        raise RequestMalformedError("a site is asked for a path")
    if not head.target.startswith("/") or head.method == "CONNECT":
        if head.target == "*":
            raise RequestMalformedError("a proxy has no * of its own")
        return head.target
    host = head.text(b"host")
    if not host or not _NOT_IN_AN_AUTHORITY.isdisjoint(host):
        raise RequestMalformedError("the request names no host")
    scheme = "http" if inside is None else "https"
    return f"{scheme}://{host}{head.target}"
