"""Sites that an admin listed: allow and block lists, and the local site list.

- Domains compare as normalised hosts; a port is not part of a domain. An entry with a path
  (`a.example/private`) holds below that path, where the path can be seen.
- Patterns search the whole visible URL. `restrict` limits them to the entry's domains
  (documented).
- Of local sites the nearest one (longest host, then longest path) gives category and reputation;
  tags come from all that match (switch `local_site_tags`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from foundation.categories.category import Reputation
from foundation.categories.hosts import InvalidHostError, is_within, normalise_host
from foundation.webfilter.patterns import pattern_or_none
from foundation.webfilter.policy import LocalSite, SiteList
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import Target


@dataclass(frozen=True, slots=True)
class Override:
    """What the local site list says about a target; `sites` are the entries that matched."""

    category: int | None = None
    reputation: Reputation | None = None
    tags: tuple[str, ...] = ()
    sites: tuple[LocalSite, ...] = ()


def explain_site_list(entry: SiteList, target: Target, board: SwitchBoard) -> tuple[bool, str]:
    """Tell whether the entry matches, and why or why not."""
    if entry.mode == "Domain":
        domain = _matching_domain(entry, target)
        return (True, f"domain {domain}") if domain else (False, "no domain matches")
    if entry.restrict and not _matching_domain(entry, target, subdomains=True):
        return False, "the host is none of the domains that the pattern is restricted to"
    case, refused = board.value("pattern_case"), []
    for text in entry.regexps:
        pattern = pattern_or_none(text, case)
        if pattern is None:
            refused.append(text)
        elif pattern.is_found_in(target.visible):
            return True, f"pattern {text}"
    if refused:
        return False, f"no pattern matches; RE2 refuses {', '.join(refused)}"
    return False, "no pattern matches"


def _matching_domain(entry: SiteList, target: Target, *, subdomains: bool = False) -> str:
    inside = subdomains or entry.include_subdomains
    return next((text for text in entry.domains if _covers(text, target, inside=inside)), "")


def _covers(site: str, target: Target, *, inside: bool) -> bool:
    host, path = split_site(site)
    if not host or not (is_within(target.host, host) if inside else target.host == host):
        return False
    if not path:
        return True
    here = target.path.partition("?")[0]
    return target.is_path_visible and (here == path or here.startswith(path.rstrip("/") + "/"))


def split_site(site: str) -> tuple[str, str]:
    """Return the normalised host and the path of a listed site; no host when it is not one."""
    text = site.strip()
    if "://" in text:
        text = text.partition("://")[2]
    host, slash, path = text.partition("/")
    try:
        return normalise_host(host), slash + path if path else ""
    except InvalidHostError:
        return "", ""


def override_for(sites: Iterable[LocalSite], target: Target, board: SwitchBoard) -> Override:
    """Return what the local site list says about the target."""
    return override_of(
        (site for site in sites if _covers(site.site, target, inside=site.include_subdomains)),
        board,
    )


def override_of(covering: Iterable[LocalSite], board: SwitchBoard) -> Override:
    """Return what local sites say together of a target that they all cover."""
    matching = sorted(covering, key=_nearness, reverse=True)
    if not matching:
        return Override()
    nearest = matching[:1] if board.value("local_site_tags") == "nearest" else matching
    reputations = (site.reputation for site in matching)
    return Override(
        category=next((site.category for site in matching if site.category is not None), None),
        reputation=next((each for each in reputations if each != "off"), None),
        tags=tuple(dict.fromkeys(tag for site in nearest for tag in site.tags)),
        sites=tuple(matching),
    )


def _nearness(site: LocalSite) -> tuple[int, int]:
    host, path = split_site(site.site)
    return len(host), len(path)
