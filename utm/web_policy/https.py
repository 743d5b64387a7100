"""What the gateway does with HTTPS, profile by profile (http/profile, `scan_ssl_opt`).

- `simple_https_filtering`: the host of the CONNECT and the server name decide, undecrypted.
- `full_https_scanning`: every tunnel is looked into.
- `selective_https_scanning`: those to sites of the categories in `selective_scan_cat`, or with a
  tag of `selective_scan_tags`; the others are filtered by their host.
- `no_https_filtering`: HTTPS passes as it comes.
- Of sites with a path only the host counts here: a CONNECT has no path.

Provenance: attribute and values are documented; that a passed tunnel is still logged is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from foundation.webfilter.decrypted import is_decrypted
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.sites import split_site
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest
from utm.confd.objects import Object
from utm.confd.snapshot import Snapshot
from utm.web_policy.criteria import category_ids
from utm.web_policy.reading import Reading


@dataclass(frozen=True, slots=True)
class HttpsFiltering:
    """The choice of one profile."""

    option: str = "simple_https_filtering"
    categories: frozenset[int] = frozenset()
    tagged: Mapping[str, bool] = field(default_factory=dict)
    """Hosts with one of the tags, and whether their subdomains have it too."""

    @property
    def is_off(self) -> bool:
        """Whether HTTPS is left alone."""
        return self.option == "no_https_filtering"

    def scans(self, verdict: Verdict) -> bool:
        """Tell whether the tunnel of a CONNECT is looked into."""
        if self.option == "selective_https_scanning":
            is_chosen = not self.categories.isdisjoint(verdict.category_ids)
            return is_chosen or self._is_tagged(verdict.host)
        return self.option == "full_https_scanning"

    def _is_tagged(self, host: str) -> bool:
        if host in self.tagged:
            return True
        while host := host.partition(".")[2]:
            if self.tagged.get(host, False):
                return True
        return False


HOST_ONLY = HttpsFiltering()


def https_filtering(snapshot: Snapshot, policy: WebPolicy) -> dict[str, HttpsFiltering]:
    """Return what each profile of the gateway's compiled policy does with HTTPS, by reference.

    Raises:
        ReferencedObjectGoneError: If a profile refers to an object that is gone.
    """
    reading = Reading(snapshot)
    found = {}
    for compiled in policy.profiles:
        profile = snapshot.find(compiled.ref)
        if profile is not None:
            found[compiled.ref] = _of(reading, profile, policy)
    return found


def what_decides(
    https: Mapping[str, HttpsFiltering], verdict: Verdict, request: WebRequest
) -> Literal["host", "url", "nothing"]:
    """Tell by what a request inside HTTPS is decided; any other one counts as decided by its host.

    Args:
        https: As `https_filtering` returns it; empty when it is not the gateway that decides.
        verdict: The one on the host.
        request: What it is about.
    """
    if not is_decrypted(request) or verdict.reason is VerdictReason.INVALID_URL:
        return "host"
    filtering = https.get(verdict.profile_ref, HOST_ONLY)
    if filtering.is_off:
        return "nothing"
    is_inside = filtering.scans(verdict) and "ssl_scanning" not in verdict.exception_skips
    return "url" if is_inside else "host"


def left_alone(verdict: Verdict, policy: WebPolicy) -> Verdict:
    """Return the verdict on a CONNECT whose profile leaves HTTPS alone: it passes."""
    action = policy.action(verdict.filter_action_ref)
    return replace(
        verdict,
        action="allow",
        reason=VerdictReason.HTTPS_UNFILTERED,
        is_logged=action is not None
        and action.log_access
        and "log_access" not in verdict.exception_skips,
    )


def _of(reading: Reading, profile: Object, policy: WebPolicy) -> HttpsFiltering:
    option = profile.text("scan_ssl_opt")
    if option != "selective_https_scanning":
        return HttpsFiltering(option)
    tags = {tag.ref for tag in reading.follow_all(profile, "selective_scan_tags")}
    tagged: dict[str, bool] = {}
    for site in policy.local_sites:
        host, path = split_site(site.site)
        if host and not path and not tags.isdisjoint(site.tags):
            tagged[host] = tagged.get(host, False) or site.include_subdomains
    categories = frozenset(category_ids(reading, profile, "selective_scan_cat"))
    return HttpsFiltering(option, categories, tagged)
