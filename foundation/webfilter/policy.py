"""The web-control policy: everything a verdict needs, with nothing left to look up.

- Compiled by the UTM from its objects for one endpoint group, carried as XML by `policy_xml`,
  evaluated by `evaluate`. All references are resolved: users are names, networks are CIDR text,
  categories are numeric ids, tags are opaque strings that local sites and actions share.
- `ref` fields keep the UTM's object references, because logs and traces name them.
- Profiles are tried in order and the first that matches decides; the base profile is last.
  Rules of a profile are tried in order; the profile's default action comes after them.
- On endpoints a quota acts as `quota_action` (documented: quotas do not exist there; default warn).
  The compiler may fold quotas into the warn lists; the quota lists are kept for the gateway.
- Provenance: names follow http/profile, http/cff_profile, http/cff_action, http/exception,
  http/domain_regex and http/local_site (documented); the document itself is ours.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal

Mode = Literal["allow", "deny"]
Outcome = Literal["allow", "warn", "block"]
WithQuota = Literal["allow", "warn", "block", "quota"]
Threshold = Literal["off", "malicious", "suspicious", "unverified", "neutral", "trusted"]
Operator = Literal["AND", "OR"]
SiteListMode = Literal["Domain", "Regex"]
SafeSearchEngine = Literal["google", "bing", "yahoo"]

SKIPS: Final = frozenset(
    {
        "av",
        "cache",
        "certcheck",
        "certdate",
        "check_max_download",
        "content_removal",
        "contenttype_blacklist",
        "extensions",
        "log_access",
        "log_blocked",
        "patience",
        "sandbox",
        "ssl_scanning",
        "url_filter",
        "user_auth",
    }
)
"""Values of an exception's skip list (documented; "sandbox" inferred)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """When a rule applies: recurring on weekdays (0 is Monday), or once between two moments.

    A recurring window whose end is not after its start runs past midnight and belongs to the
    weekday on which it began. Times are those of `WebPolicy.timezone`.
    """

    ref: str = ""
    name: str = ""
    kind: Literal["recurring", "single"] = "recurring"
    start: time = time(0, 0)
    end: time = time(0, 0)
    weekdays: tuple[int, ...] = ()
    start_date: date | None = None
    end_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteList:
    """An entry of an allow or block list: domains, or patterns over the whole URL.

    In mode Regex, `restrict` limits the patterns to the domains (documented: restrict_regex).
    """

    ref: str = ""
    name: str = ""
    mode: SiteListMode = "Domain"
    domains: tuple[str, ...] = ()
    include_subdomains: bool = False
    regexps: tuple[str, ...] = ()
    restrict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterAction:
    """What is allowed, warned of and blocked (http/cff_action).

    With mode "allow" `categories` are the blocked ones, with "deny" the only allowed ones.
    `spyware` blocks spyware sites whatever the lists of categories say (switch `spyware_sites`).
    """

    ref: str
    name: str = ""
    mode: Mode = "allow"
    categories: tuple[int, ...] = ()
    warn_categories: tuple[int, ...] = ()
    quota_categories: tuple[int, ...] = ()
    allow_tags: tuple[str, ...] = ()
    block_tags: tuple[str, ...] = ()
    warn_tags: tuple[str, ...] = ()
    quota_tags: tuple[str, ...] = ()
    url_whitelist: tuple[SiteList, ...] = ()
    url_blacklist: tuple[SiteList, ...] = ()
    uncategorized: WithQuota = "allow"
    min_reputation: Threshold = "off"
    spyware: bool = False
    extensions: tuple[str, ...] = ()
    extensions_warn: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()
    content_types_warn: tuple[str, ...] = ()
    safe_search: tuple[SafeSearchEngine, ...] = ()
    log_access: bool = True
    log_blocked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """One policy of a profile (http/cff_profile): for whom, when, which action.

    No users means everybody; no time means always.
    """

    ref: str
    name: str = ""
    users: tuple[str, ...] = ()
    time: TimeWindow | None = None
    action_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Rules for those it matches (http/profile); no networks means every source address."""

    ref: str
    name: str = ""
    rules: tuple[PolicyRule, ...] = ()
    default_action_ref: str = ""
    is_base: bool = False
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebException:
    """Requests that skip checks (http/exception); `domains` are patterns over the whole URL.

    Criteria that are empty do not take part; an exception without any matches nothing.
    """

    ref: str
    name: str = ""
    operator: Operator = "OR"
    domains: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    categories: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()
    endpoints_groups: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSite:
    """A site whose category or reputation the admin overrides, or that carries tags."""

    ref: str = ""
    site: str
    include_subdomains: bool = False
    category: int | None = None
    reputation: Threshold = "off"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPolicy:
    """The whole policy of one endpoint group; `switches` override defaults of `switches`."""

    group_ref: str
    group_name: str = ""
    web_control: bool = True
    profiles: tuple[Profile, ...] = ()
    actions: tuple[FilterAction, ...] = ()
    exceptions: tuple[WebException, ...] = ()
    local_sites: tuple[LocalSite, ...] = ()
    quota_action: Outcome = "warn"
    proceed_timeout_s: int = 1800
    timezone: str = "UTC"
    switches: tuple[tuple[str, str], ...] = ()

    def action(self, ref: str) -> FilterAction | None:
        """Return the filter action of that reference, or None."""
        return next((action for action in self.actions if action.ref == ref), None)
