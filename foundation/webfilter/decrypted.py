"""Requests that were found inside a CONNECT: their whole URL is known, and judged.

- `https_sees` speaks of HTTPS that nobody decrypts; what was decrypted is judged by its URL.
- Such a policy's engine is made when the first decrypted request needs it: who decrypts nothing
  pays nothing.
"""

from dataclasses import replace

from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.verdict import WebRequest


def is_decrypted(request: WebRequest) -> bool:
    """Tell whether a request came out of a CONNECT; elsewhere nobody sends https URLs."""
    return request.method != "CONNECT" and request.url.startswith("https://")


def seeing_urls(policy: WebPolicy) -> WebPolicy:
    """Return the policy as it holds for decrypted requests."""
    settings = dict(policy.switches) | {"https_sees": "url"}
    return replace(policy, switches=tuple(sorted(settings.items())))
