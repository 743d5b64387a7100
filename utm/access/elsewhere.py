"""Whether a browser says that another site sent a request.

A browser sends a cookie or a stored password along with whatever asks for it, so a change of the
configuration is refused when another site asked, whichever way it came in.
"""

from aiohttp import hdrs, web


def is_from_elsewhere(request: web.Request) -> bool:
    """Whether a browser says that another site sent this; other clients say nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get(hdrs.ORIGIN)
    return origin is not None and origin != f"{request.scheme}://{request.host}"
