"""Website lists and the local site list, with a warning for each entry that can never match.

- A pattern that RE2 refuses stays in the policy, where it matches nothing; the warning tells what
  was probably meant (documented pain point: `*.example.com` is no regular expression).
- Tags travel as references: opaque strings that local sites and filter actions share. Only those
  that the policy asks about travel, so that a site tagged for one group changes no other's policy.
  An entry with nothing left to say stays where it is the nearest one below tags that travel
  (switch `local_site_tags`).
"""

from typing import cast

from foundation.webfilter.patterns import PatternRefusedError, compile_pattern
from foundation.webfilter.policy import LocalSite, SiteList, SiteListMode, Threshold
from foundation.webfilter.sites import split_site
from utm.confd.objects import Object
from utm.web_policy.criteria import category_id
from utm.web_policy.reading import Reading


def site_lists(reading: Reading, action: Object, attribute: str) -> tuple[SiteList, ...]:
    """Return the entries of an allow or block list."""
    return tuple(_site_list(reading, each) for each in reading.follow_all(action, attribute))


def local_sites(reading: Reading, tags_in_use: frozenset[str]) -> tuple[LocalSite, ...]:
    """Return the entries of the local site list, in its order, that say something here."""
    compiled = [
        _local_site(reading, each, tags_in_use)
        for each in reading.follow_node("http.local_site_list")
    ]
    tagged = {split_site(site.site)[0] for site in compiled if site.tags} - {""}
    return tuple(
        site
        for site in compiled
        if site.category is not None
        or site.reputation != "off"
        or site.tags
        or _is_within_any(site, tagged)
    )


def warn_of_patterns(reading: Reading, holder: Object, patterns: tuple[str, ...]) -> None:
    """Warn of each pattern that an endpoint cannot run."""
    for pattern in patterns:
        try:
            compile_pattern(pattern)
        except PatternRefusedError as error:
            meant = f"; perhaps {error.suggestion} is meant" if error.suggestion else ""
            reading.warn(holder, "pattern_refused", f"{error}; it matches nothing{meant}")


def _site_list(reading: Reading, entry: Object) -> SiteList:
    compiled = SiteList(
        ref=entry.ref,
        name=entry.name,
        mode=cast("SiteListMode", entry.text("mode")),
        domains=entry.texts("domain"),
        include_subdomains=entry.is_on("include_subdomains"),
        regexps=entry.texts("regexps"),
        restrict=entry.is_on("restrict_regex"),
    )
    if compiled.mode == "Regex":
        warn_of_patterns(reading, entry, compiled.regexps)
    if compiled.mode == "Domain" or compiled.restrict:
        _warn_of_sites(reading, entry, compiled.domains)
    return compiled


def _local_site(reading: Reading, entry: Object, tags_in_use: frozenset[str]) -> LocalSite:
    category = reading.follow(entry, "category")
    _warn_of_sites(reading, entry, (entry.text("site"),))
    return LocalSite(
        ref=entry.ref,
        site=entry.text("site"),
        include_subdomains=entry.is_on("include_subdomains"),
        category=None if category is None else category_id(reading, category),
        reputation=cast("Threshold", entry.text("reputation")),
        tags=tuple(tag.ref for tag in reading.follow_all(entry, "tags") if tag.ref in tags_in_use),
    )


def _is_within_any(site: LocalSite, hosts: set[str]) -> bool:
    host = split_site(site.site)[0] if hosts else ""
    while host and host not in hosts:
        host = host.partition(".")[2]
    return bool(host)


def _warn_of_sites(reading: Reading, holder: Object, sites: tuple[str, ...]) -> None:
    for site in sites:
        if not split_site(site)[0]:
            reading.warn(holder, "site_unusable", f"{site!r} is no host: it matches nothing")
