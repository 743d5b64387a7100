"""What whoever decides knows of a site, from stored state, and where each category comes from.

- A computer: its own demo set, what LiveConnect told it and still holds, then LiveConnect, which
  answers from the list that was imported. The gateway: the demo set. A policy that is nobody's: the
  demo set, then the imported list.
- The list is read from LiveConnect's folder, whether it runs or not; nothing is asked over a
  network, nothing is written. `is_offline` leaves LiveConnect out, as it is out of reach then.
- The local site list is the policy's; it is looked at only to tell what set a category.

Provenance: the order is Web Control's own, `endpoint/web_control/categories.py`.
"""

from collections.abc import Mapping
from typing import Final

from endpoint.web_control.category_cache import answers_at, cache_file
from foundation.categories.category import Category, CategorySource
from foundation.categories.category_set import CategoryDataError
from foundation.categories.demo import demo_categories
from foundation.categories.large_set import LargeCategorySet
from foundation.categories.lookup_document import Answer
from foundation.durable.folder import holder_of
from foundation.service import utc_now
from foundation.webfilter.policy import LocalSite, WebPolicy
from foundation.webfilter.sites import override_for, split_site
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import InvalidTargetError, read_target
from foundation.webfilter.verdict import Verdict, WebRequest
from liveconnect.config import category_file
from utmlab.cli.output import say
from utmlab.cli.stored_names import archive_of
from utmlab.cli.stored_policies import GATEWAY, NamedPolicy
from utmlab.places import Places

LOCAL_SITES: Final = "local site list"
DEMO_SET: Final = "demo set"
CACHE: Final = "endpoint's cache"
IMPORTED_SET: Final = "imported set"
LOOK_UP: Final = "LiveConnect look-up"
UNKNOWN: Final = "unknown"
UNKNOWN_OFFLINE: Final = "unknown offline"
SOURCES: Final = (LOCAL_SITES, DEMO_SET, CACHE, IMPORTED_SET, LOOK_UP, UNKNOWN, UNKNOWN_OFFLINE)


class SiteKnowledge:
    """A category source that says where it found a host.

    Args:
        cached: What LiveConnect told the computer.
        liveconnect: What LiveConnect answers from; None when nobody asks it.
        answered_by: What to call that source.
        not_found: What to call it when no source knows a host.
    """

    def __init__(
        self,
        cached: Mapping[str, Answer],
        liveconnect: CategorySource | None,
        *,
        answered_by: str = IMPORTED_SET,
        not_found: str = UNKNOWN,
    ) -> None:
        self._demo = demo_categories()
        self._cached = cached
        self._liveconnect = liveconnect
        self._answered_by = answered_by
        self._not_found = not_found

    def lookup(self, host: str) -> Category | None:
        """Return what is known of a normalised host, or None."""
        return self.found(host)[0]

    def found(self, host: str) -> tuple[Category | None, str]:
        """Return what is known of a host, and which source says so."""
        known = self._demo.lookup(host)
        if known is not None:
            return known, DEMO_SET
        answer = self._cached.get(host)
        if answer is not None:
            return answer.category, CACHE
        known = self._liveconnect.lookup(host) if self._liveconnect is not None else None
        return known, self._not_found if known is None else self._answered_by


def knowledge_of(
    places: Places, decider: NamedPolicy, *, is_offline: bool = False
) -> SiteKnowledge:
    """Return what the one who decides knows of sites.

    Args:
        places: The lab's folders.
        decider: Whose policy decides.
        is_offline: LiveConnect is out of reach.
    """
    if decider.kind == GATEWAY:
        return SiteKnowledge({}, None)
    cached: Mapping[str, Answer] = {}
    if decider.kind == "endpoint":
        host = archive_of(places, decider.name).host
        cached = answers_at(cache_file(host.web_control), utc_now())
    if is_offline:
        return SiteKnowledge(cached, None, not_found=UNKNOWN_OFFLINE)
    is_running = holder_of(places.liveconnect) is not None
    asked = is_running and decider.kind == "endpoint"
    return SiteKnowledge(cached, _imported(places), answered_by=LOOK_UP if asked else IMPORTED_SET)


def _imported(places: Places) -> CategorySource | None:
    path = category_file(places.liveconnect)
    try:
        return LargeCategorySet.open(path)
    except FileNotFoundError:
        return None
    except (CategoryDataError, OSError) as error:
        say(f"utmlab: {error}; the verdicts are without it, as LiveConnect's answers are")
        return None


class Origins:
    """Tells where the categories in verdicts of one policy come from.

    Args:
        policy: The policy.
        known: What its verdicts were made with.
    """

    def __init__(self, policy: WebPolicy, known: SiteKnowledge) -> None:
        self._known = known
        self._board = SwitchBoard(policy.switches)
        self._sites: dict[str, list[LocalSite]] = {}
        for site in policy.local_sites:
            if site.category is not None:
                self._sites.setdefault(split_site(site.site)[0], []).append(site)

    def of(self, request: WebRequest, verdict: Verdict) -> str:
        """Return where the verdict's category comes from; empty when it has none."""
        if not verdict.category_ids:
            return ""
        if self._sites and self._is_local(request):
            return LOCAL_SITES
        return self._known.found(verdict.host)[1]

    def _is_local(self, request: WebRequest) -> bool:
        sees = self._board.value("https_sees")
        try:
            target = read_target(request.url, request.method, https_sees=sees)
        except InvalidTargetError:
            return False
        labels = target.host.split(".")
        parents = (".".join(labels[start:]) for start in range(len(labels)))
        near = [site for parent in parents for site in self._sites.get(parent, ())]
        return override_for(near, target, self._board).category is not None
