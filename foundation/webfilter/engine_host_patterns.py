r"""Patterns that can only match below one domain, told by how they are written.

- Most patterns of a real policy are like `^https?://([A-Za-z0-9.-]*\.)?games\.example/`: appliances
  write them so, and people copy that. Such a pattern needs no search where the host is another,
  and so it lies with the sites instead of in the set.
- What is told here is necessary for a match, never enough: whoever finds the host still asks the
  pattern itself, because of ports and odd hosts.
- Everything up to the first slash behind `//` must be unable to match a slash, and nothing may be
  an alternative to it; what is not plainly of that form is searched for as before.

Provenance: ours; the form of the patterns is public.
"""

import re
from typing import Final

from foundation.categories.hosts import InvalidHostError, normalise_host

_CLASS: Final = r"\[(?:\^/|(?:A-Z|a-z|0-9)+[._]*-?)\]"
_ANY_PARENT: Final = rf"(?:\((?:\?:)?{_CLASS}[*+]\\\.\)[?*]?)?"
_DOMAIN: Final = r"((?:[A-Za-z0-9-]+\\\.)*[A-Za-z0-9-]+)"
# Behind the slash no quantifier, and no alternative anywhere.
_BELOW_A_DOMAIN: Final = re.compile(
    rf"\^https?\??:(?://|\\/\\/){_ANY_PARENT}{_DOMAIN}\\?/(?![?*+{{])[^|]*"
)


def domain_of(pattern: str) -> str:
    """Return the domain whose hosts alone the pattern can match; empty when there is none."""
    found = _BELOW_A_DOMAIN.fullmatch(pattern)
    if found is None:
        return ""
    domain = found[1].replace("\\", "").lower()
    try:
        # 0.1 is no part of a host's name, but an address in another spelling.
        return domain if normalise_host(domain) == domain else ""
    except InvalidHostError:
        return ""
